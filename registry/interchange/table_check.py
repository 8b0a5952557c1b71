"""Printed tables of a document against the values that it transcribes: every reference leads somewhere, no value of a
table stands outside its cells."""

from collections.abc import Callable

from registry.interchange.publication_document import Path_, PublicationDocument, ReportedValuePart
from registry.literature.models import CitedSeries
from registry.literature.printed_tables import PrintedTable, TableRow

Refuse = Callable[[Path_, str], None]


def check_tables(document: PublicationDocument, refuse: Refuse) -> None:
    """Say everything that is wrong with the tables of a document."""
    seen: set[str] = set()
    for number, table in enumerate(document.tables):
        path: Path_ = ("tables", number)
        if table.label in seen:
            refuse((*path, "label"), f"“{table.label}” stands twice.")
        seen.add(table.label)
        _columns(document, table, path, refuse)
        for index, row in enumerate(table.rows):
            _row(document, table, row, (*path, "rows", index), refuse)
        _left_out(document, table, path, refuse)


def _columns(document: PublicationDocument, table: PrintedTable, path: Path_, refuse: Refuse) -> None:
    arms = {arm.code for arm in document.arms}
    for index, column in enumerate(table.columns):
        if column.arm is not None and column.arm not in arms:
            refuse((*path, "columns", index, "arm"), f"“{column.arm}” is no arm of this publication.")
        known = {field.name for field in CitedSeries._meta.concrete_fields} if table.lists_series else None
        for name in column.fields:
            if known is not None and name not in known:
                refuse((*path, "columns", index, "fields"), f"“{name}” is no field of a cited series.")


def _row(
    document: PublicationDocument, table: PrintedTable, row: TableRow, path: Path_, refuse: Refuse
) -> None:
    if len(row.cells) != len(table.columns):
        refuse((*path, "cells"), f"has {len(row.cells)} cells for {len(table.columns)} columns.")
    if sum(part is not None for part in (row.variable, row.patient, row.series)) != 1:
        refuse(path, "is about one of: variable, patient, series.")
    if row.patient is not None and row.patient not in {part.source_label for part in document.patients}:
        refuse((*path, "patient"), f"“{row.patient}” is no patient of this document.")
    if row.series is not None and row.series not in {part.order for part in document.cited_series}:
        refuse((*path, "series"), f"“{row.series}” is the order of no cited series.")
    if row.variable is not None and not any(_prints(table, row, value) for value in document.reported_values):
        refuse((*path, "variable"), f"no value of “{row.variable}” has the location “{table.label}”.")


def _prints(table: PrintedTable, row: TableRow, value: ReportedValuePart) -> bool:
    return (
        value.location == table.label
        and value.variable == row.variable
        and (not row.categories or (value.category or "") in row.categories)
        and any(column.arm == value.arm and column.holds(value.statistic) for column in table.columns)
    )


def _left_out(document: PublicationDocument, table: PrintedTable, path: Path_, refuse: Refuse) -> None:
    """A value that is said to stand in the table and is in none of its cells; sizes of arms stand in the heads."""
    rows = [row for row in table.rows if row.variable is not None]
    if not rows:
        return
    heads = {column.arm for column in table.columns if column.arm is not None}
    for value in document.reported_values:
        in_head = value.variable in ("patients", "lesions") and value.arm in heads
        if (
            value.location == table.label
            and not in_head
            and not any(_prints(table, row, value) for row in rows)
        ):
            refuse(path, f"no cell prints {value.variable} {value.category or ''} {value.statistic}.")
