"""Text files as UTF-8, whatever program wrote them."""

from pathlib import Path
from typing import Final

from imuhip.core.errors import RecordingError
from imuhip.core.files import read_file


def read_text(path: Path) -> bytes:
    """Return a text file as UTF-8 with bare line feeds, or say what it is instead."""
    data = read_file(path, MAX_TEXT_BYTES)
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            encoding_used = encoding
            break
    else:
        encoding_used = _unmarked(data)
    try:
        if encoding_used != "utf-8":
            data = data.decode(encoding_used).encode()
        else:
            data.decode()
    except UnicodeError as error:
        encoding = _odd_encoding(data)
        if not encoding:
            raise RecordingError(
                "The file is not text. Save it as CSV in UTF-8.", path=path
            ) from error
        data = data.decode(encoding, errors="replace").encode()
    if b"\n" in data or b"\r" in data:
        data = data.rstrip(_PADDING)
    if b"\0" in data:
        raise RecordingError(
            "The file is not text: it holds zero bytes. Save it as CSV.", path=path
        )
    if not data.strip():
        raise RecordingError("The file is empty.", path=path)
    return data.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _unmarked(data: bytes) -> str:
    """Return the encoding of a text without a byte order mark: UTF-16 shows by its zero bytes."""
    head = data[:_LOOKED_AT] if len(data) % 2 == 0 else b""
    first, second = head[0::2].count(0), head[1::2].count(0)
    if first == 0 and 4 * second > len(head):
        return "utf-16-le"
    return "utf-16-be" if second == 0 and 4 * first > len(head) else "utf-8"


def _odd_encoding(data: bytes) -> str:
    """Return the encoding of a text that is not UTF-8; empty where it is no text at all.

    Chinese programs write GB 18030 and are known by their words. Whatever else has no bytes that
    only binary files hold is taken as Windows writes it in the west: numbers are the same in all.
    """
    head = data[:_LOOKED_AT]
    if any(sign in head for sign in _CHINESE_SIGNS):
        return "gb18030"
    binary = b"\0" in data or any(byte < 32 and byte not in b"\t\n\r\f" for byte in head)
    return "" if binary else "cp1252"


MAX_TEXT_BYTES: Final = 2 << 30
"""Eight hours of one sensor at 200 Hz take less than a GB."""

_PADDING: Final = b"\0\x1a"
"""What loggers that lost their power, and old editors, leave behind the last line."""
_LOOKED_AT: Final = 65536
_BYTE_ORDER_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)

_CHINESE_SIGNS: Final = tuple(
    sign.encode("gb18030") for sign in ("加速度", "角速度", "时间", "°/s")
)
