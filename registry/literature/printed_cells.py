"""The cells of a printed table with the stored values, cited series and checks behind each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from registry.literature.consistency.result import Check, Verdict
from registry.literature.models import CitedSeries, Publication, ReportedValue
from registry.literature.printed_tables import PrintedTable, TableColumn, TableRow


@dataclass(frozen=True)
class PrintedCell:
    """One cell: its words, where it stands, and what it prints."""

    text: str
    table: int
    row: int
    column: int
    #: The words of the row's first cell and of the column's head: how a cell is called.
    row_head: str
    column_head: str
    values: tuple[ReportedValue, ...] = ()
    patient: str = ""
    fields: tuple[str, ...] = ()
    series: CitedSeries | None = None
    checks: tuple[Check, ...] = field(default=(), repr=False)

    @property
    def is_head(self) -> bool:
        return self.column == 0

    @property
    def opens(self) -> bool:
        return bool(self.values or self.fields)

    @property
    def inconsistent(self) -> int:
        return sum(check.verdict == Verdict.INCONSISTENT for check in self.checks)


@dataclass(frozen=True)
class ShownTable:
    """A table with its cells, ready for a page."""

    number: int
    printed: PrintedTable
    rows: tuple[tuple[PrintedCell, ...], ...]

    @property
    def anchor(self) -> str:
        return f"table-{self.number + 1}"


def tables_of(publication: Publication) -> list[PrintedTable]:
    """The tables as they were stored; the loader has checked them."""
    return [PrintedTable.model_validate(table) for table in publication.tables]


def shown_tables(
    publication: Publication,
    values: Sequence[ReportedValue],
    cited: Sequence[CitedSeries],
    checks: Sequence[Check],
) -> list[ShownTable]:
    """Every table of a publication with what stands behind its cells; no query."""
    of_value: dict[int, list[Check]] = {}
    for check in checks:
        for pk in check.values:
            of_value.setdefault(pk, []).append(check)
    series = {row.order: row for row in cited}
    found = []
    for number, printed in enumerate(tables_of(publication)):
        here = [value for value in values if value.location == printed.label]
        rows = tuple(
            tuple(
                _cell(
                    printed,
                    (number, index, column),
                    row,
                    printed.columns[column],
                    here,
                    series,
                    of_value,
                    checks,
                )
                for column in range(len(row.cells))
            )
            for index, row in enumerate(printed.rows)
        )
        found.append(ShownTable(number, printed, rows))
    return found


def _cell(
    printed: PrintedTable,
    at: tuple[int, int, int],
    row: TableRow,
    column: TableColumn,
    values: Sequence[ReportedValue],
    series: Mapping[int, CitedSeries],
    of_value: Mapping[int, Sequence[Check]],
    checks: Sequence[Check],
) -> PrintedCell:
    number, index, position = at
    own = tuple(value for value in values if _prints(row, column, value))
    fields = tuple(row.fields(position, column))
    found = {check.key: check for value in own for check in of_value.get(value.pk, ())}
    if row.patient and fields:
        found |= {check.key: check for check in checks if _names(check, row.patient, fields)}
    return PrintedCell(
        text=row.text(position),
        table=number,
        row=index,
        column=position,
        row_head=row.text(0),
        column_head=column.head,
        values=own,
        patient=row.patient or "",
        fields=fields,
        series=series.get(row.series) if row.series is not None else None,
        checks=tuple(found.values()),
    )


def _prints(row: TableRow, column: TableColumn, value: ReportedValue) -> bool:
    if row.variable is None or value.variable != row.variable or not column.holds(value.statistic):
        return False
    if row.categories and value.category not in row.categories:
        return False
    arm = value.arm.code if value.arm is not None else None
    return arm == column.arm and (column.arm is not None or bool(column.statistics))


def _names(check: Check, patient: str, fields: Sequence[str]) -> bool:
    """Whether a check of patient rows used one of these fields of this patient."""
    return check.variable in fields and any(cell.label == patient for cell in check.inputs)
