"""Reads TOML tables: each entry is asked for by name, with what is expected of it.

Whatever does not fit becomes a `ProfileError` that names the entry, says what was expected and what
came, and offers the nearest word where one is close.
"""

import difflib
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NoReturn, TypeVar

from imuhip.core.errors import ProfileError
from imuhip.core.toml_text import parse_toml

Choice = TypeVar("Choice", bound=str)

_SHOWN: Final = 60
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SHORT_UUID: Final = re.compile(r"[0-9a-f]{4}")
_HEX: Final = re.compile(r"(\s*[0-9a-fA-F]{2})*\s*", re.ASCII)  # as bytes.fromhex reads it


def open_toml(text: str, known: Iterable[str]) -> "Table":
    """Return the whole of a TOML text as a table with the entries `known`."""
    try:
        entries = parse_toml(text)
    except ValueError as error:
        raise ProfileError(f"This is not valid TOML: {error}") from error
    return Table(entries, "", known)


def fail(key: str, expected: str, came: str) -> NoReturn:
    """Raise the `ProfileError` of the entry `key`."""
    raise ProfileError(f"expected {expected}, got {came}", key=key)


def shown(value: object) -> str:
    """`value` as a message shows it: short, and text in quotes."""
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def nearest(word: str, words: Iterable[str]) -> str:
    """The words that may be meant by `word`, as the end of a message."""
    words = list(words)
    close = difflib.get_close_matches(word, words, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return "; known are " + ", ".join(words) if words else ""


class Table:
    """One table of the TOML, at `key`; an entry that is not `known` is an error at once."""

    def __init__(self, entries: Mapping[str, Any], key: str, known: Iterable[str]) -> None:
        self._entries = entries
        self.key = key
        known = list(known)
        for name in entries:
            if name not in known:
                raise ProfileError(
                    f"unknown key{nearest(name, known)}",
                    key=self.at(name),
                )

    def at(self, name: str) -> str:
        """Dotted key of the entry `name`."""
        return f"{self.key}.{name}" if self.key else name

    def has(self, name: str) -> bool:
        """Whether the entry is there."""
        return name in self._entries

    def fail(self, name: str, expected: str) -> NoReturn:
        """Raise the `ProfileError` of the entry `name`, with what came."""
        came = shown(self._entries[name]) if name in self._entries else "nothing"
        fail(self.at(name), expected, came)

    def text(self, name: str, default: str | None = None, expected: str = "a text") -> str:
        """A text that is not empty."""
        value = self._entries.get(name, default)
        if not isinstance(value, str) or not value.strip():
            self.fail(name, expected)
        return value

    def choice(self, name: str, options: Sequence[Choice], default: Choice | None = None) -> Choice:
        """One of `options`."""
        value = self._entries.get(name, default)
        for option in options:
            if value == option and isinstance(value, str):
                return option
        close = difflib.get_close_matches(value, options, n=1) if isinstance(value, str) else []
        hint = f"; did you mean {close[0]!r}?" if close else ""
        came = (shown(value) if name in self._entries else "nothing") + hint
        fail(self.at(name), "one of " + ", ".join(options), came)

    def integer(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number from `low` to `high`."""
        value = self._entries.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.fail(name, f"a whole number from {low} to {high}")
        return value

    def number(
        self, name: str, default: float | None = None, *, low: float = -math.inf, zero: bool = True
    ) -> float:
        """A finite number, at least `low`; `zero` says whether 0 is one."""
        value = self._entries.get(name, default)
        number = as_number(value)
        if number is None or number < low or (number == 0.0 and not zero):
            least = "" if low == -math.inf else f" of {low:g} or more"
            self.fail(name, "a finite number" + least + ("" if zero else " other than 0"))
        return number

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false."""
        value = self._entries.get(name, default)
        if not isinstance(value, bool):
            self.fail(name, "true or false")
        return value

    def hex(self, name: str, default: str | None = None) -> bytes:
        """Bytes, written as pairs of hex digits; spaces may separate them."""
        value = self._entries.get(name, default)
        if not isinstance(value, str) or not _HEX.fullmatch(value):
            self.fail(name, "pairs of hex digits such as '55 61'")
        return bytes.fromhex(value)

    def hexes(self, name: str) -> tuple[bytes, ...]:
        """A list of bytes, each not empty; empty when it is not there."""
        found = []
        for index, text in enumerate(self.texts(name)):
            if not text.strip() or not _HEX.fullmatch(text):
                expected = "at least one pair of hex digits"
                fail(f"{self.at(name)}[{index}]", expected, shown(text))
            found.append(bytes.fromhex(text))
        return tuple(found)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; empty when it is not there."""
        value = self._entries.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.fail(name, "a list of texts")
        return tuple(value)

    def uuid(self, name: str, *, words: bool, default: str | None = None) -> str:
        """UUID of a characteristic, in lower case and full length.

        `words` allows a plain name instead, for what comes from no radio.
        """
        value = self._entries.get(name, default)
        text = value if isinstance(value, str) else ""
        found = as_uuid(text)
        if found is None and not (words and re.fullmatch("[a-z][a-z0-9_]*", text)):
            self.fail(name, "a UUID such as '2a19' or '15172003-4947-11e9-8646-d663bd873d93'")
        return found or text

    def uuids(self, name: str) -> tuple[str, ...]:
        """A list of UUIDs, in lower case and full length."""
        found = []
        for index, value in enumerate(self.texts(name)):
            uuid = as_uuid(value)
            if uuid is None:
                fail(f"{self.at(name)}[{index}]", "a UUID", shown(value))
            found.append(uuid)
        return tuple(found)

    def rows(self, name: str, width: int) -> tuple[tuple[float, ...], ...]:
        """Rows of `width` numbers; a single row may be written without its brackets."""
        value = self._entries.get(name)
        rows = [value] if isinstance(value, list) and not _all_lists(value) else value
        if not isinstance(rows, list):
            self.fail(name, f"rows of {width} numbers")
        return tuple(self._row(name, row, width) for row in rows)

    def _row(self, name: str, row: object, width: int) -> tuple[float, ...]:
        numbers = [as_number(item) for item in row] if isinstance(row, list) else []
        kept = tuple(number for number in numbers if number is not None)
        if len(kept) != width or len(numbers) != width:
            self.fail(name, f"rows of {width} numbers")
        return kept

    def numbers(self, name: str) -> tuple[float, ...]:
        """A list of finite numbers."""
        value = self._entries.get(name)
        if not isinstance(value, list):
            self.fail(name, "a list of numbers")
        return self._row(name, value, len(value))

    def table(self, name: str, known: Iterable[str]) -> "Table":
        """A table in this one; an empty one when it is not there."""
        value = self._entries.get(name, {})
        if not isinstance(value, dict):
            self.fail(name, f"a table [{self.at(name)}]")
        return Table(value, self.at(name), known)

    def tables(self, name: str, known: Iterable[str]) -> list["Table"]:
        """A list of tables in this one; empty when it is not there."""
        value = self._entries.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.fail(name, f"tables [[{self.at(name)}]]")
        return [Table(item, f"{self.at(name)}[{i}]", known) for i, item in enumerate(value)]

    def pairs(self, name: str) -> dict[str, str]:
        """A table of texts under free names; empty when it is not there."""
        value = self._entries.get(name, {})
        if not isinstance(value, dict):
            self.fail(name, f"a table [{self.at(name)}]")
        for entry, text in value.items():
            if not isinstance(text, str):
                fail(f"{self.at(name)}.{entry}", "a text", shown(text))
        return value


def as_uuid(text: str) -> str | None:
    """`text` as a full UUID in lower case; None when it is none. Four digits are a short one."""
    text = text.lower()
    if _SHORT_UUID.fullmatch(text):
        return f"0000{text}-0000-1000-8000-00805f9b34fb"
    return text if _UUID.fullmatch(text) else None


def as_number(value: object) -> float | None:
    """`value` as a finite float; None when it is none."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _all_lists(value: list[object]) -> bool:
    return bool(value) and all(isinstance(item, list) for item in value)
