"""The codebook: what readers, programs and files get to see of the catalogue of variables."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

from registry.core.spreadsheets import defused_text
from registry.research.columns import Column
from registry.research.formats.dta import variable_name
from registry.research.formats.values import boolean_text, number_text
from registry.research.selection import Selection
from registry.research.variables import Variable, catalogue

#: Between the codes of a variable in one cell of a file.
BETWEEN_CODES = " | "


def entry(variable: Variable) -> dict[str, Any]:
    """One variable as plain values; open and absent limits are ``None``, codes a list of code and label."""
    column = variable.column
    low, high = variable.limits or (None, None)
    usual_low, usual_high = variable.usual or (None, None)
    return {
        "variable": variable.key,
        "table": variable.table,
        "name": variable.name,
        "label": column.label,
        "definition": variable.definition,
        "type": column.type.value,
        "unit": column.unit,
        "minimum": _number(low),
        "maximum": _number(high),
        "limits": variable.limits_in_words,
        "usual_minimum": _number(usual_low),
        "usual_maximum": _number(usual_high),
        "usual": variable.usual_in_words,
        "codes": [{"code": code, "label": label} for code, label in column.codes],
        "missable": variable.missable,
        "identifying": variable.identifying,
        "derived": column.derived,
        "time_point": variable.time_point,
        "loinc": variable.loinc,
        "code_system": variable.code_system,
        "source": column.source,
        "stata_name": variable_name(variable.name),
    }


def _number(end: Decimal | None) -> float | int | None:
    if end is None:
        return None
    return int(end) if end == end.to_integral_value() else float(end)


def as_csv(variables: Iterable[Variable]) -> str:
    """A line per variable, RFC 4180; the codes of one stand in one cell as ``code=label | code=label``."""
    return _written(_head(), (entry(variable) for variable in variables))


def of_files(selections: Sequence[Selection]) -> str:
    """The codebook that goes with files: the variables of their tables, and what the profile does to each.

    ``withheld`` says why one is left out or shown otherwise; it is empty for what is shown as it stands.
    """
    described = (
        {**entry(variable), "withheld": reason}
        for selection in selections
        for variable, reason in _of_file(selection)
    )
    return _written([*_head(), "withheld"], described)


def _of_file(selection: Selection) -> Iterator[tuple[Variable, str]]:
    """The variables of a table in their order, those that a profile puts in the place of another behind it."""
    reasons = {entry["column"]: entry["reason"] for entry in selection.withheld}
    known = {column.name for column in selection.table.columns}
    instead = {column.source: column for column in selection.columns if column.name not in known}
    for variable in catalogue().values():
        if variable.table == selection.table.name:
            yield variable, reasons.get(variable.name, "")
            if variable.column.source in instead:
                yield _year_of(variable, instead[variable.column.source]), ""


def _year_of(date: Variable, year: Column) -> Variable:
    definition = f"{date.definition} The year alone."
    return Variable(date.table, year.name, year, definition, time_point=date.time_point)


def _head() -> list[str]:
    return list(entry(next(iter(catalogue().values()))))


def _written(head: Sequence[str], entries: Iterable[dict[str, Any]]) -> str:
    buffer = io.StringIO(newline="")
    out = csv.writer(buffer)
    out.writerow(head)
    for described in entries:
        out.writerow(_cell(described[name]) for name in head)
    return buffer.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return boolean_text(value)
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, list):
        return BETWEEN_CODES.join(f"{one['code']}={one['label']}" for one in value)
    return defused_text(value)


def search(text: str = "", table: str = "") -> list[Variable]:
    """The variables of a table, or of all, that have every word of ``text`` somewhere in their entry."""
    words = text.casefold().split()
    return [
        variable
        for variable in catalogue().values()
        if (not table or variable.table == table) and all(word in _searched(variable.key) for word in words)
    ]


@cache
def _searched(key: str) -> str:
    """All that can be found of a variable."""
    return " ".join(_cell(value) for value in entry(catalogue()[key]).values()).casefold()
