"""Tables as a paper prints them: heads, rows and the words of every cell, and which stored values a cell prints.

A row says what it is about (a variable, a patient, a cited series), a column says of whom or which fields; together
they name the stored values behind a cell. A cell may say it of itself where that is not enough.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from registry.literature.models import Statistic

Text = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class TableColumn(_Part):
    """A printed column: its head, and what stands beneath it."""

    head: str = ""
    #: Code of the arm whose values the column holds.
    arm: str | None = None
    #: Statistics that the column holds; all but P values where nothing is said.
    statistics: list[Statistic] = []
    #: Fields of a patient's records, or of a cited series.
    fields: list[str] = []

    def holds(self, statistic: str) -> bool:
        return statistic in self.statistics if self.statistics else statistic != Statistic.P_VALUE


class TableCell(_Part):
    """A cell that says itself what it prints, where row and column do not."""

    text: str
    fields: list[str] = []


class TableRow(_Part):
    """A printed row. Exactly one of ``variable``, ``patient`` and ``series`` says what it is about; a row of heads has
    none."""

    cells: Annotated[list[str | TableCell], Field(min_length=1)]
    variable: str | None = None
    categories: list[str] = []
    patient: str | None = None
    series: Annotated[int, Field(ge=1)] | None = None

    def text(self, number: int) -> str:
        cell = self.cells[number]
        return cell if isinstance(cell, str) else cell.text

    def fields(self, number: int, column: TableColumn) -> list[str]:
        cell = self.cells[number]
        return column.fields if isinstance(cell, str) or not cell.fields else cell.fields


class PrintedTable(_Part):
    """One table of a paper. Its label is the location of the values that it prints."""

    label: Text
    caption: str = ""
    columns: Annotated[list[TableColumn], Field(min_length=1)]
    rows: Annotated[list[TableRow], Field(min_length=1)]
    notes: list[Text] = []

    @property
    def lists_series(self) -> bool:
        return any(row.series is not None for row in self.rows)
