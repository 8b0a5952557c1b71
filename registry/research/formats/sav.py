"""SPSS: variable and value labels, and the reasons for missing values as user-missing numbers.

−91 … −99 are the missing codes in their order. Variables that may hold such numbers themselves (days before the index
procedure, minutes before the incision) have −9999991 … −9999999 in their place.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps

from registry.research.columns import Column, ColumnType
from registry.research.formats.base import Format, Rows, Sheet
from registry.research.formats.labelled import (
    EXTRA,
    MODULES,
    MOST_CELLS,
    Spool,
    Variable,
    collected,
    cut,
    frame,
    label_of,
    labels_of,
    reason_labels,
)
from registry.research.ranges import limits_of

NEAR, FAR = -90, -9_999_990
_FORMATS = {ColumnType.NUMBER: "F12.2"}
#: What the file format holds, in bytes.
_LABEL, _VALUE_LABEL, _FILE_LABEL, _NOTE, _TEXT = 250, 120, 64, 80, 32_000


def first_missing(column: Column) -> int:
    """The number above the user-missing values of a variable: they are this less the place of the missing code."""
    if column.unit == "d" and column.derived:
        return FAR
    label, _dot, field = column.declaration.rpartition(".")
    limits = limits_of(apps.get_model(label), field) if label else None
    return FAR if limits is not None and limits.low is not None and limits.low <= NEAR else NEAR


def missing_value(column: Column, place: int) -> int:
    return first_missing(column) - place


def _values(variable: Variable) -> Any:
    import numpy

    if not variable.numeric:
        return variable.values if variable.is_date else [cut(text, _TEXT) for text in variable.values]
    values = numpy.frombuffer(variable.values, dtype=float).copy()
    if variable.reasons is not None:
        reasons = numpy.frombuffer(variable.reasons, dtype=numpy.uint8)
        values[reasons > 0] = first_missing(variable.column) - reasons[reasons > 0].astype(float)
    return values


def encode(sheet: Sheet, rows: Rows) -> Iterator[bytes]:
    import pyreadstat

    variables = collected(sheet, rows)
    reasons = reason_labels()
    labels: dict[str, dict[int | float, str]] = {}
    ranges: dict[str, list[Any]] = {}
    formats, measures = {}, {}
    for variable in variables:
        column = variable.column
        listed = dict(labels_of(column))
        if variable.reasons is not None:
            listed |= {missing_value(column, place): label for place, label in reasons.items()}
            first = first_missing(column)
            ranges[column.name] = [{"lo": first - 9, "hi": first - 1}]
        if listed:
            labels[column.name] = {number: cut(label, _VALUE_LABEL) for number, label in listed.items()}
        if variable.numeric:
            formats[column.name] = _FORMATS.get(column.type, "F8.0")
        measured = column.type in (ColumnType.NUMBER, ColumnType.INTEGER)
        measures[column.name] = "scale" if measured else "nominal"
    with Spool(".sav") as spool:
        pyreadstat.write_sav(
            frame({variable.column.name: _values(variable) for variable in variables}),
            spool.path,
            file_label=cut(sheet.name, _FILE_LABEL),
            note=[cut(sheet.note, _NOTE)] if sheet.note else None,
            column_labels={column.name: cut(label_of(column), _LABEL) for column in sheet.columns},
            variable_value_labels=labels,
            missing_ranges=ranges,
            variable_format=formats,
            variable_measure=measures,
            row_compress=True,
        )
        del variables
        yield from spool.chunks()


SAV = Format(
    "sav",
    "SPSS",
    "application/x-spss-sav",
    encode,
    modules=MODULES,
    extra=EXTRA,
    cost=10,
    most_cells=MOST_CELLS,
)
