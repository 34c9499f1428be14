"""Whole columns through COPY in binary: the fastest way between numpy and PostgreSQL that needs no extra driver."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

Array = NDArray[Any]
Columns = dict[str, Array]

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"
_EPOCH = np.datetime64("2000-01-01", "D")
# bytes of the value by type; every type here has a fixed length
_FORMATS = {
    "float8": ">f8",
    "int8": ">i8",
    "int4": ">i4",
    "int2": ">i2",
    "date": ">i4",
    "bool": "u1",
    "uuid": "V16",
    "label": "V12",
    "name": "V48",
}
# text, of up to as many ASCII characters as the value has bytes
TEXTS = ("label", "name")
_CHUNK = 1 << 22


def read_columns(conn: psycopg.Connection, query: str, types: Mapping[str, str]) -> Columns:
    """The result of `query`, whose columns are `types` (name → float8, int8, int4, int2, date, uuid) without nulls.

    Rows without nulls all have the same length, so that the bytes are looked at as one array. Dates come as
    datetime64[D], uuids as 16 bytes, and names, which the query has to pad to 48 characters, as bytes without what they
    were padded with.
    """
    fields: list[tuple[str, str]] = [("_count", ">i2")]
    for name, type_ in types.items():
        fields += [(f"_{name}", ">i4"), (name, _FORMATS[type_])]
    layout = np.dtype(fields)
    with conn.cursor() as cursor, cursor.copy(f"copy ({query}) to stdout (format binary)") as copy:
        received = b"".join(copy)
    start = len(_HEADER)
    rows, rest = divmod(len(received) - start - len(_TRAILER), layout.itemsize)
    if rest:
        raise ValueError(f"a value of the query is null or not of the type given: {query[:80]}")
    table = np.frombuffer(received, layout, rows, start)
    return {name: _native(table[name], type_) for name, type_ in types.items()}


def _native(values: Array, type_: str) -> Array:
    if type_ == "date":
        return _EPOCH + values.astype("i8").astype("m8[D]")
    if type_ == "uuid":
        return np.ascontiguousarray(values)
    if type_ in TEXTS:
        return np.char.rstrip(np.ascontiguousarray(values).view(f"S{values.itemsize}"))
    return values.astype(values.dtype.newbyteorder("="))


def write_columns(conn: psycopg.Connection, table: str, types: Mapping[str, str], columns: Mapping[str, Array]) -> None:
    """Append rows to `table`. NaN, NaT and what a masked array hides are written as null.

    `types`: column → float8, int8, int4, int2, date (datetime64[D]), bool, uuid (16 bytes), label or name (text of up
    to 12 or 48 ASCII characters as a numpy bytes array).
    """
    row_count = len(next(iter(columns.values())))
    fields: list[tuple[str, str]] = [("_count", ">i2")]
    for name, type_ in types.items():
        fields += [(f"_{name}", ">i4"), (name, _FORMATS[type_])]
    layout = np.dtype(fields)
    names = ", ".join(types)
    with conn.cursor() as cursor, cursor.copy(f"copy {table} ({names}) from stdin (format binary)") as copy:
        copy.write(_HEADER)
        step = max(1, _CHUNK // layout.itemsize)
        for first in range(0, row_count, step):
            part = {name: columns[name][first : first + step] for name in types}
            copy.write(_rows(layout, types, part))
        copy.write(_TRAILER)


def _rows(layout: np.dtype[Any], types: Mapping[str, str], columns: Mapping[str, Array]) -> bytes:
    table = np.empty(len(next(iter(columns.values()))), layout)
    table["_count"] = len(types)
    # bytes of a row that are not sent: values that are null, and what a short label leaves free
    dropped: list[tuple[str, Array]] = []
    for name, type_ in types.items():
        values = columns[name]
        length = table.dtype[name].itemsize
        null: Array | None = None
        if isinstance(values, np.ma.MaskedArray):
            null = np.ma.getmaskarray(values)
            values = values.data
        if type_ == "float8":
            nan = np.isnan(values)
            null = nan if null is None else null | nan
        if type_ == "date":
            absent = np.isnat(values)
            null = absent if null is None else null | absent
            values = (np.where(absent, _EPOCH, values.astype("M8[D]")) - _EPOCH).astype("i4")
        elif type_ in TEXTS:
            values = values.astype(f"S{length}")
        table[name] = values.view(f"V{length}") if type_ in TEXTS else values
        if type_ in TEXTS:
            lengths = np.char.str_len(values)
            table[f"_{name}"] = lengths
            dropped.append((name, np.arange(length)[None, :] >= lengths[:, None]))
        elif null is not None and null.any():
            table[f"_{name}"] = np.where(null, -1, length)
            dropped.append((name, np.broadcast_to(null[:, None], (len(null), length))))
        else:
            table[f"_{name}"] = length
    if not dropped:
        return table.tobytes()
    raw = table.view("u1").reshape(len(table), layout.itemsize)
    kept = np.ones(raw.shape, bool)
    for name, missing in dropped:
        _, offset = layout.fields[name][:2]  # type: ignore[index]
        kept[:, offset : offset + missing.shape[1]] = ~missing
    return raw[kept].tobytes()


def write_rows(conn: psycopg.Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Append a few rows of any types to `table`."""
    with conn.cursor() as cursor, cursor.copy(f"copy {table} ({', '.join(columns)}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)
