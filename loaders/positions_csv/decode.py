"""Bytes of a file to text: encodings, and the things that are not a CSV file at all."""

import codecs

from loaders.positions_csv.errors import RowError

MAX_BYTES = 10 * 1024 * 1024
EMPTY = "the file is empty. It needs a line that names the columns and at least one position."

_NOT_CSV = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook (.xlsx)"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)"),
    (b"%PDF", "a PDF document"),
)


def decode(data: bytes) -> str | RowError:
    """The text of `data`, without a byte order mark: UTF-8, or UTF-16 with its mark. A RowError says why not."""
    if len(data) > MAX_BYTES:
        return _refused(
            f"the file has {len(data):,} bytes, and at most {MAX_BYTES:,} (10 MB) are read. "
            "Remove what are not positions, or split it and import the parts in append mode."
        )
    for magic, what in _NOT_CSV:
        if data.startswith(magic):
            return _refused(f"this is {what}, not a CSV file. Unpack it, or save the sheet as 'CSV UTF-8'.")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError:
            return _refused("the file begins as UTF-16 and is broken further on. Save it as 'CSV UTF-8'.")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            return _not_utf8(data, error.start)
    if "\0" in text:
        line = _line_of(text[: text.index("\0")])
        return RowError(line, None, None, "the line holds a NUL character. Save the file again as 'CSV UTF-8'.")
    if not text.strip():
        return _refused(EMPTY)
    return text


def _not_utf8(data: bytes, position: int) -> RowError:
    before = data[:position].decode("utf-8", errors="replace")
    line = _line_of(before)
    start = max(data.rfind(b"\n", 0, position), data.rfind(b"\r", 0, position)) + 1
    end = min((i for i in (data.find(b"\n", position), data.find(b"\r", position)) if i >= 0), default=len(data))
    guess = data[start:end].decode("latin-1")
    return RowError(
        line,
        None,
        guess,
        f"byte 0x{data[position]:02x} is not UTF-8; the file seems to be in another encoding, such as Windows-1252. "
        "Save it as 'CSV UTF-8'.",
    )


def _line_of(before: str) -> int:
    """Number of the line that follows the text `before`, whichever line ends the file uses."""
    return before.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1


def _refused(message: str) -> RowError:
    return RowError(None, None, None, message)
