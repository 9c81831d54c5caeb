"""Kernels run the same compiled ahead or by numba, and what is stale is not run."""

import json
import types
from pathlib import Path

import numpy as np
import pytest

from imuhip.core import kernels
from imuhip.core.kernels import Kernel, kernel

STEP = 2.0


@kernel
def advance(values: np.ndarray, times: int, out: np.ndarray) -> float:
    for i in range(len(values)):
        out[i] = _twice(values[i]) * times
    return values[0]


@kernel
def _twice(value: float) -> float:
    return value * STEP


ARRAY = {"dtype": "<f8", "ndim": 1, "layout": "C"}
LOOSE = {"dtype": "<f8", "ndim": 1, "layout": "A"}


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple]:
    """An extension that holds `advance` alone; what it was called with."""
    seen: list[tuple] = []

    def compiled(*args):
        seen.append(args)
        return advance.function(*args)

    entry = {
        "digest": advance.digest(),
        "ways": [{"symbol": "advance", "arguments": [ARRAY, "int", ARRAY]}],
    }
    monkeypatch.setattr(kernels, "_index", lambda: {advance.key: entry})
    monkeypatch.setattr(kernels, "_extension", lambda: types.SimpleNamespace(advance=compiled))
    return seen


def test_what_is_compiled_ahead_is_run(called: list[tuple]) -> None:
    """A kernel of the extension is called with the very arrays, and nothing is compiled."""
    fresh = Kernel(advance.function)
    values, out = np.arange(3.0), np.empty(3)
    assert fresh(values, 2, out) == 0.0
    assert called[0][0] is values
    assert out.tolist() == [0.0, 4.0, 8.0]
    assert fresh.compilations() == 0


def test_arrays_in_another_order_come_back_written(called: list[tuple]) -> None:
    """Columns of a table are copied for a kernel in C order, and hold what it has written."""
    table = np.arange(6.0).reshape(3, 2)
    fresh = Kernel(advance.function)
    fresh(table[:, 0], 1, table[:, 1])
    assert table[:, 1].tolist() == [0.0, 4.0, 8.0]
    assert all(array.flags.c_contiguous for array in called[0][::2])


def test_other_arguments_are_left_to_numba(called: list[tuple]) -> None:
    """Arguments that were not foreseen never reach the extension: it would read beyond them."""
    fresh, out = Kernel(advance.function), np.empty(3)
    fresh(np.arange(3), 1, out)
    fresh(np.arange(3.0, dtype=np.float32), 1, out)
    fresh(np.arange(3.0), True, out)
    assert not called
    assert out.tolist() == [0.0, 2.0, 4.0]


def test_a_changed_constant_makes_the_extension_stale(
    called: list[tuple], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kernel whose constant, or that of one it calls, has changed since is not run from there."""
    assert not kernels.outdated()
    monkeypatch.setitem(globals(), "STEP", 3.0)
    fresh, out = Kernel(advance.function), np.empty(3)
    fresh(np.arange(3.0), 1, out)
    assert not called
    assert set(kernels.outdated()) == {advance.key}


def test_the_index_survives_json() -> None:
    """Fields of records, tuples and scalars mean the same after the way through the file."""
    fields = np.dtype([("lean", "<f8"), ("row", "<i8")])
    rows = {"dtype": [list(each) for each in fields.descr], "ndim": 1, "layout": "C"}
    kinds = json.loads(json.dumps([[rows, "float"], "bool", LOOSE]))
    signature = kernels._Signature(kinds)
    fitting = ((np.zeros(2, fields), 1.0), np.bool_(True), np.arange(6.0)[::2])
    assert signature.holds(fitting)
    assert not signature.holds(((np.zeros(2), 1.0), True, np.arange(3.0)))
    assert not signature.holds((fitting[0], 1, fitting[2]))


def test_the_extension_of_this_checkout_has_its_index() -> None:
    """Where kernels are compiled ahead, the index names every function of the extension."""
    folder = Path(kernels.__file__).parent
    made = list(folder.glob("_compiled*.so")) + list(folder.glob("_compiled*.pyd"))
    assert bool(made) == kernels.INDEX.exists()
