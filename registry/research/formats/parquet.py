"""Parquet: typed columns in row groups, each with its label, unit and codes as metadata of the column."""

import io
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from registry.research.columns import Column, ColumnType
from registry.research.formats import sql
from registry.research.formats.base import Format, Rows, Sheet, Sink
from registry.research.formats.values import TYPED, is_given

#: Cells of a row group: few enough for flat memory, many enough to compress well.
GROUP_CELLS = 500_000
#: Rows that a group has all the same: what a file says of each column of each group stays in memory until its end.
LEAST_ROWS = 3_000


def group_rows(columns: int) -> int:
    return max(LEAST_ROWS, GROUP_CELLS // max(columns, 1))


def _arrow_type(column: Column) -> Any:
    import pyarrow as pa

    match column.type:
        case ColumnType.NUMBER:
            return pa.float64()
        case ColumnType.INTEGER:
            return pa.int64()
        case ColumnType.BOOLEAN:
            return pa.bool_()
        case ColumnType.DATE:
            return pa.date32()
        case ColumnType.DATETIME:
            return pa.timestamp("s", tz="UTC")
        case _:
            return pa.string()


def schema(sheet: Sheet) -> Any:
    """The schema of the file; what a reader must know of a column stands at the column."""
    import pyarrow as pa

    def described(column: Column) -> dict[str, str]:
        said = {
            "label": column.label,
            "unit": column.unit,
            "source": column.source,
            "codes": json.dumps(dict(column.codes), ensure_ascii=False) if column.codes else "",
        }
        return {name: value for name, value in said.items() if value}

    fields = [
        pa.field(column.name, _arrow_type(column), metadata=described(column)) for column in sheet.columns
    ]
    about = {"table": sheet.name, "note": sheet.note}
    return pa.schema(fields, metadata={name: value for name, value in about.items() if value})


def _written(sheet: Sheet, groups: Iterable[Any]) -> Iterator[bytes]:
    """The file of these tables, one row group each."""
    from pyarrow import parquet

    sink = Sink()
    with parquet.ParquetWriter(sink, schema(sheet)) as writer:
        for group in groups:
            writer.write_table(group, row_group_size=max(len(group), 1))
            yield sink.taken()
    yield sink.taken()


def encode(sheet: Sheet, rows: Rows) -> Iterator[bytes]:
    import pyarrow as pa

    fields = schema(sheet)
    readers = [TYPED[column.type] for column in sheet.columns]
    source = iter(rows)

    def groups() -> Iterator[Any]:
        while batch := list(islice(source, group_rows(len(sheet.columns)))):
            arrays = [
                pa.array(
                    [read(value) if is_given(value) else None for value in column], type=fields.field(at).type
                )
                for at, (read, column) in enumerate(zip(readers, zip(*batch, strict=True), strict=True))
            ]
            yield pa.Table.from_arrays(arrays, schema=fields)

    yield from _written(sheet, groups())


class Copied:
    """The database's CSV read by Arrow, in the same row groups."""

    options = "(FORMAT csv)"

    def written(self, sheet: Sheet, position: int, expression: Any, field: Any) -> Any:
        return sql.plain(sheet.columns[position], expression, field)

    def encode(self, sheet: Sheet, source: Any) -> Iterator[bytes]:
        yield from _written(sheet, self._groups(sheet, source))

    @staticmethod
    def _groups(sheet: Sheet, source: Any) -> Iterator[Any]:
        import pyarrow as pa
        from pyarrow import csv

        fields, size = schema(sheet), group_rows(len(sheet.columns))
        first = source.read(1)
        if not first:
            return  # Arrow takes an empty file for a broken one.
        reader = csv.open_csv(
            _Prefixed(first, source),
            csv.ReadOptions(column_names=fields.names, use_threads=False),
            csv.ParseOptions(newlines_in_values=True),
            csv.ConvertOptions(
                column_types=fields,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                true_values=["true"],
                false_values=["false"],
            ),
        )
        waiting: list[Any] = []
        held = 0
        for batch in reader:
            while batch.num_rows:
                part = batch.slice(0, size - held)
                waiting.append(part)
                held += part.num_rows
                batch = batch.slice(part.num_rows)
                if held == size:
                    yield pa.Table.from_batches(waiting, fields).combine_chunks()
                    waiting, held = [], 0
        if held:
            yield pa.Table.from_batches(waiting, fields).combine_chunks()


class _Prefixed(io.RawIOBase):
    """A stream whose first bytes have been read already."""

    def __init__(self, first: bytes, rest: Any) -> None:
        self.first, self.rest = first, rest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self.first:
            first, self.first = self.first, b""
            return first
        return self.rest.read(size)


PARQUET = Format(
    "parquet",
    "Parquet",
    "application/vnd.apache.parquet",
    encode,
    copy=Copied(),
    modules=("pyarrow",),
    extra="parquet",
    compressed=True,
)
