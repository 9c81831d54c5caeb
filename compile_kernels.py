"""Compile the numeric kernels ahead of time, into imuhip/core/.

    python compile_kernels.py

Simulated sessions are analyzed with every further column, and what the kernels are called with is
noted; for that they are compiled into one extension. This needs numba, setuptools and a C compiler;
whoever has the extension needs none of them. It is for this version of Python, and for every
processor of this kind. Where it cannot be made, kernels are compiled at their first use, and the
exit code is 1.
"""

import itertools
import json
import pkgutil
import sys
import tempfile
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parent
CORE = ROOT / "imuhip" / "core"
SAMPLE = ROOT / "recordings" / "squats_and_pivots.mcap"
ROOMS = ("imuhip.estimate", "imuhip.assess")
"""Where kernels are."""


def main() -> int:
    """Compile, and say what came of it."""
    sys.path.insert(0, str(ROOT))
    for left in CORE.glob("_compiled*"):
        left.unlink()
    try:
        from setuptools.errors import BaseError

        extension = import_module("numba.pycc").CC("_compiled", source_module="__main__")
    except ImportError as error:
        return not_made(error)
    index = exported(extension)
    with tempfile.TemporaryDirectory() as folder:
        extension.output_dir = folder
        try:
            extension.compile()
        except (BaseError, OSError) as error:
            return not_made(error)
        made = Path(folder) / extension.output_file
        (CORE / made.name).write_bytes(made.read_bytes())
    (CORE / "_compiled.json").write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")
    print(f"{len(index)} kernels compiled ahead: {made.name}")
    return 0


def not_made(error: Exception) -> int:
    """Say why there is no extension."""
    print(f"The kernels will be compiled at their first use, for here they cannot be: {error}")
    return 1


def exported(extension: Any) -> dict[str, Any]:
    """Hand the kernels to the extension; return what `core.kernels` must know to call them."""
    from imuhip.core.kernels import called_by

    index, noted = {}, noted_calls()
    inner = {other.key for kernel, _ in noted for other in called_by(kernel)}
    for kernel, calls in noted:
        ways = []
        for number, kinds in enumerate(merged(calls)):
            symbol = f"{kernel.key.replace('.', '_')}_{number}"
            extension.export(symbol, tuple(map(numba_type, kinds)))(kernel.function)
            ways.append({"symbol": symbol, "arguments": kinds})
        if not ways and kernel.key not in inner:
            raise RuntimeError(f"{kernel.key} was never called: run it in this script")
        if ways:
            index[kernel.key] = {"digest": kernel.digest(), "ways": ways}
    return index


def noted_calls() -> list[tuple[Any, list[Any]]]:
    """Analyze sessions; return all kernels with the arguments that Python called them with."""
    from imuhip.core.kernels import KERNELS
    from imuhip.live.warm_up import warm
    from imuhip.results.analysis import analyze
    from imuhip.results.extra_columns import COLUMNS

    for room in map(import_module, ROOMS):
        for found in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            import_module(found.name)
    noted: list[tuple[Any, list[Any]]] = [(kernel, []) for kernel in KERNELS]
    for kernel, calls in noted:
        kernel.listen(lambda args, calls=calls: note(calls, [kind_of(arg) for arg in args]))
    warm()
    with tempfile.TemporaryDirectory() as folder:
        analyze(SAMPLE, Path(folder) / "results", columns=tuple(COLUMNS))
    run_what_is_rare()
    return noted


def run_what_is_rare() -> None:
    """Run what usual sessions do not need."""
    from imuhip.estimate import angle_errors, joint_errors, sequence
    from imuhip.pipeline.all_sensors import Params, Pipeline
    from imuhip.simulate.radio import Radio
    from imuhip.simulate.session import simulate
    from imuhip.simulate.setup import Setup

    radio = Radio(0.03, 0.003, loss_rate=0.3, loss_burst=5.0)  # something is always missing
    setup = Setup(radio=radio, radio_gaps=(("thigh_left", 20.0, 1.0),))
    session = simulate("calibration", seed=2, setup=setup)
    unmarked = replace(session.header, parameters={"detect_steps": True})
    waiting = Params(sequence=sequence.SequenceParams(always=True))
    for header, params, stop in ((unmarked, Params(), None), (session.header, waiting, 11)):
        pipeline = Pipeline(header, params)
        for batch in itertools.islice(session.batches(2.0), stop):
            pipeline.push(batch)
        pipeline.finish()
    known = (angle_errors.ErrorParams(), 1.0)
    q, none = np.tile((1.0, 0.0, 0.0, 0.0), (2, 1)), np.zeros(2)
    joint_errors.lean_sd(q, none, np.zeros((2, 2)), none, known)


def note(calls: list[Any], kinds: list[Any]) -> None:
    """Keep what is new."""
    if kinds not in calls:
        calls.append(kinds)


def kind_of(arg: Any) -> Any:
    """What kind an argument is, as `core.kernels` reads it."""
    if isinstance(arg, tuple):
        return [kind_of(each) for each in arg]
    if isinstance(arg, np.ndarray):
        fields = arg.dtype.names
        dtype = [list(each) for each in arg.dtype.descr] if fields else arg.dtype.str
        layout = "C" if arg.flags.c_contiguous else "A"
        return {"dtype": dtype, "ndim": arg.ndim, "layout": layout}
    for name, types in (("bool", (bool, np.bool_)), ("int", (int, np.int64)), ("float", (float,))):
        if isinstance(arg, types):
            return name
    raise TypeError(f"a kernel was called with {arg!r}: say in core.kernels how to pass it")


def merged(calls: list[Any]) -> list[Any]:
    """Calls that differ in nothing but the order of arrays in memory, made one."""
    ways: list[Any] = []
    for kinds in calls:
        for number, way in enumerate(ways):
            if loose(way) == loose(kinds):
                ways[number] = both(way, kinds)
                break
        else:
            ways.append(kinds)
    return ways


def loose(kind: Any) -> Any:
    """A kind without the order of arrays."""
    if isinstance(kind, list):
        return [loose(each) for each in kind]
    return {**kind, "layout": "any"} if isinstance(kind, dict) else kind


def both(one: Any, other: Any) -> Any:
    """A kind that holds two; arrays keep C order where both have it."""
    if isinstance(one, list):
        return [both(*pair) for pair in zip(one, other, strict=True)]
    return one if one == other else {**one, "layout": "A"}


def numba_type(kind: Any) -> Any:
    """What numba calls a kind."""
    from numba import from_dtype, types

    if isinstance(kind, list):
        return types.Tuple([numba_type(each) for each in kind])
    if isinstance(kind, dict):
        dtype = kind["dtype"]
        fields = dtype if isinstance(dtype, str) else [tuple(each) for each in dtype]
        return types.Array(from_dtype(np.dtype(fields)), kind["ndim"], kind["layout"])
    return {"bool": types.boolean, "int": types.int64, "float": types.float64}[kind]


if __name__ == "__main__":
    sys.exit(main())
