"""Functions of plain loops over arrays, as machine code.

For recurrences over time that neither numpy, scipy nor vqf has in blocks. Strict IEEE arithmetic
(no fastmath), so a kernel gives the same bits for any cut of its input.

A kernel has two ways to run, of the same bits, for the same compiler makes both:

- compiled ahead, in an extension that a wheel brings and `compile_kernels.py` makes in a checkout:
  nothing is compiled on the user's machine, and numba need not be installed;
- compiled by numba at its first call and cached on disk: where there is no extension, where a
  kernel has changed since, or where it is called with arrays that were not foreseen.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache, update_wrapper
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final, Generic, ParamSpec, TypeVar, cast

import numpy as np

from imuhip.core.extras import need

P = ParamSpec("P")
R = TypeVar("R")


class Kernel(Generic[P, R]):
    """A function of plain loops that runs as machine code.

    Parameters
    ----------
    function
        Loops over arrays in the part of Python that numba compiles (nopython mode).
    """

    def __init__(self, function: Callable[P, R]) -> None:
        self.function = function
        self.module, self.name = function.__module__, function.__qualname__
        self.key = f"{self.module}.{self.name}"
        self._jitted: Any = None
        self._run: Callable[..., Any] = self._first_call
        update_wrapper(self, function)
        KERNELS.append(self)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run it; arguments as the function has them, by position."""
        return cast("R", self._run(*args, **kwargs))

    def digest(self) -> str:
        """Return a fingerprint of the function, of its constants and of the kernels it calls."""
        text = hashlib.sha256()
        for part in _parts(self, set()):
            text.update(part.encode())
        return text.hexdigest()

    def jitted(self) -> Any:
        """Return the function as numba compiles it at its first call.

        Raises
        ------
        ImuhipError
            When numba is not installed.
        """
        if self._jitted is None:
            self._jitted = need("numba").njit(cache=True)(self.function)
        return self._jitted

    @property
    def _numba_type_(self) -> Any:
        """How numba sees a kernel that another one calls."""
        return self.jitted()._numba_type_

    def listen(self, heard: Callable[[tuple[Any, ...]], None]) -> None:
        """Let `heard` be called with the arguments of every call from Python."""

        def run(*args: Any) -> Any:
            heard(args)
            return self.jitted()(*args)

        self._run = run

    def compilations(self) -> int:
        """Return how often this process compiled it instead of reading it from the disk."""
        return sum(self._jitted.stats.cache_misses.values()) if self._jitted is not None else 0

    def _first_call(self, *args: Any) -> Any:
        """Find out how to run, and run."""
        self._run = self._ahead() or self.jitted()
        return self._run(*args)

    def _ahead(self) -> Callable[..., Any] | None:
        """Return the way to the extension, or None where it has not this very kernel."""
        entry = _index().get(self.key)
        module = _extension()
        if entry is None or module is None or entry["digest"] != self.digest():
            return None
        ways = [
            (_Signature(way["arguments"]), getattr(module, way["symbol"])) for way in entry["ways"]
        ]
        first, straight = ways[0]
        checks = first.checks

        def run(*args: Any) -> Any:
            for fits, arg in zip(checks, args, strict=True):
                if not fits(arg):
                    break
            else:
                return straight(*args)
            for signature, compiled in ways:
                if signature.holds(args):
                    return signature.call(compiled, args)
            return self.jitted()(*args)

        return run


class _Signature:
    """Arguments that a kernel was compiled for: kinds as `compile_kernels.py` writes them.

    A kind is ``float``, ``int``, ``bool``, a list of kinds for a tuple, or
    ``{"dtype": …, "ndim": …, "layout": …}`` for an array; layout ``C`` wants C order.
    """

    def __init__(self, kinds: list[Any]) -> None:
        self.kinds = kinds
        self.checks = [_check(kind) for kind in kinds]
        self._loose = [_check(kind, ordered=False) for kind in kinds]

    def holds(self, args: tuple[Any, ...]) -> bool:
        """Say whether the arguments fit but for the order of arrays in memory."""
        return all(fits(arg) for fits, arg in zip(self._loose, args, strict=True))

    def call(self, compiled: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """Call with copies in C order where they are needed, and bring back what was written."""
        copies: list[tuple[Any, Any]] = []
        done = compiled(*_ordered(self.kinds, args, copies))
        for original, copy in copies:
            if original.flags.writeable:
                original[...] = copy
        return done


def _check(kind: Any, *, ordered: bool = True) -> Callable[[Any], bool]:
    """Return what says whether an argument is of a kind."""
    if isinstance(kind, list):
        inner = [_check(each, ordered=ordered) for each in kind]
        return lambda arg: (
            type(arg) is tuple
            and len(arg) == len(inner)
            and all(fits(each) for fits, each in zip(inner, arg, strict=True))
        )
    if isinstance(kind, dict):
        dtype, ndim = _dtype(kind["dtype"]), int(kind["ndim"])
        if kind["layout"] == "C" and ordered:
            return lambda arg: (
                type(arg) is np.ndarray
                and arg.ndim == ndim
                and arg.dtype == dtype
                and arg.flags.c_contiguous
            )
        return lambda arg: type(arg) is np.ndarray and arg.ndim == ndim and arg.dtype == dtype
    types = _SCALARS[kind]
    return lambda arg: type(arg) in types


def _ordered(
    kinds: list[Any], args: tuple[Any, ...], copies: list[tuple[Any, Any]]
) -> Iterator[Any]:
    """Yield the arguments, in C order where the kind wants it."""
    for kind, arg in zip(kinds, args, strict=True):
        if isinstance(kind, list):
            yield tuple(_ordered(kind, arg, copies))
        elif isinstance(kind, dict) and kind["layout"] == "C" and not arg.flags.c_contiguous:
            copy = np.ascontiguousarray(arg)
            copies.append((arg, copy))
            yield copy
        else:
            yield arg


def _dtype(text: Any) -> np.dtype[Any]:
    """A data type out of the index, which knows no tuples."""
    if isinstance(text, str):
        return np.dtype(text)
    return np.dtype([(name, inner) for name, inner in text])


def _parts(kernel: Kernel[Any, Any], seen: set[str]) -> Iterator[str]:
    """All that decides what a kernel does, as text."""
    yield kernel.key
    if kernel.key in seen:
        return
    seen.add(kernel.key)
    code = kernel.function.__code__
    yield from _code_parts(code)
    for name, value in _globals(kernel):
        if isinstance(value, Kernel):
            yield from _parts(value, seen)
        elif isinstance(value, _CONSTANTS):
            yield f"{name} {value!r}"


def _globals(kernel: Kernel[Any, Any]) -> Iterator[tuple[str, Any]]:
    """What a kernel uses of its module, by name."""
    known = kernel.function.__globals__
    names = sorted(_names(kernel.function.__code__))
    return ((name, known[name]) for name in names if name in known)


def _code_parts(code: CodeType) -> Iterator[str]:
    yield code.co_code.hex()
    for value in code.co_consts:
        if isinstance(value, CodeType):
            yield from _code_parts(value)
        else:
            yield repr(value)
    yield " ".join((*code.co_names, *code.co_varnames))


def _names(code: CodeType) -> set[str]:
    inner: Iterable[CodeType] = (c for c in code.co_consts if isinstance(c, CodeType))
    return set(code.co_names).union(*(_names(each) for each in inner))


@cache
def _extension() -> ModuleType | None:
    """The compiled kernels, where there are some for this Python."""
    return import_module(EXTENSION) if find_spec(EXTENSION) is not None else None


@cache
def _index() -> dict[str, Any]:
    """What the extension holds, by kernel."""
    try:
        text = INDEX.read_text(encoding="utf-8")
    except OSError:
        return {}
    return cast("dict[str, Any]", json.loads(text))


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Return `function` as machine code: compiled ahead, or else by numba at its first call."""
    return Kernel(function)


def called_by(each: Kernel[Any, Any]) -> list[Kernel[Any, Any]]:
    """Return the kernels that a kernel calls itself."""
    return [value for _, value in _globals(each) if isinstance(value, Kernel)]


def compilations() -> int:
    """Return how often this process compiled a kernel instead of reading it from the disk."""
    return sum(each.compilations() for each in KERNELS)


def compiled_ahead() -> bool:
    """Say whether there is an extension for this Python."""
    return _extension() is not None


def outdated() -> list[str]:
    """Return the imported kernels that have changed since the extension was compiled."""
    index = _index()
    return [k.key for k in KERNELS if k.key in index and index[k.key]["digest"] != k.digest()]


EXTENSION: Final = "imuhip.core._compiled"
INDEX: Final = Path(__file__).with_name("_compiled.json")

KERNELS: Final[list[Kernel[Any, Any]]] = []
"""All kernels that were imported."""

_CONSTANTS: Final = (bool, int, float, str, tuple, np.generic, np.ndarray, np.dtype)

_SCALARS: Final[dict[str, tuple[type, ...]]] = {
    "float": (float, np.float64),
    "int": (int, np.int64),
    "bool": (bool, np.bool_),
}
