"""The wide form: one row per case, for those whose data is one large table.

- columns of the patient, the case and the follow-up status stand as they are;
- ``lesion_1__volume_ml`` is a value of the first lesion, up to nine;
- ``treatment_1__kind`` a treatment;
- ``rfa__duration_min`` belongs to the procedure of that kind and its details;
- ``rfa__lesion_1__approach`` to the first lesion in that procedure, ``rfa__lesion_1__ablation_1__power_w`` to a cycle;
- ``reboa__inflation_1__inflated_min``, ``vertebroplasty__session_1__kind``, ``rfa__complication_1__kind`` likewise;
- ``vas_pain__baseline`` is an assessment's value at a time point.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from outcomes.codes import TimePoint
from procedures.codes import Kind
from registry.core.codes import MISSING_SUFFIX
from registry.interchange.importing.findings import Findings
from registry.interchange.importing.layout import Row, columns_of
from registry.interchange.importing.sheets import Sheet, cells_of, checked_head

#: Rows of one kind that a case can have in the wide form.
MOST = 9
_PATIENT_NAMES = ("patient_id", "patient_ref", "registry_id", "center")
_CASE_NAMES = ("case_id", "case_ref")

#: Part of a name → table, of the case and of a procedure.
_OF_CASE = {"lesion": "lesions", "treatment": "treatments"}
_OF_PROCEDURE = {
    "lesion": "treated_lesions",
    "inflation": "balloon_inflations",
    "session": "transarterial_sessions",
    "complication": "complications",
}
#: What the template shows beneath each kind.
_WORDS = {
    Kind.REBOA: ("inflation", "complication"),
    Kind.VERTEBROPLASTY: ("lesion", "session", "complication"),
    Kind.SACROPLASTY: ("lesion", "complication"),
    Kind.RFA: ("lesion", "complication"),
}
_NUMBERED = re.compile(r"([a-z]+)_([1-9])")


@dataclass(frozen=True)
class Place:
    """Where a column of the wide form belongs: the rows that lead there, and the column of the last one's table."""

    steps: tuple[tuple[str, str], ...]
    column: str


@cache
def place_of(name: str) -> Place | None:
    """What a column fills; ``None`` for a name that is none."""
    missing = MISSING_SUFFIX if name.endswith(MISSING_SUFFIX) else ""
    *parts, last = name.removesuffix(MISSING_SUFFIX).split("__")
    if not parts:
        return _plain(last, missing)
    if len(parts) == 1 and last in TimePoint.values:
        return _known((("assessments", last),), parts[0] + missing)
    kind = parts[0] if parts[0] in Kind.values else ""
    steps: list[tuple[str, str]] = [("procedures", kind)] if kind else []
    tables = _OF_PROCEDURE if kind else _OF_CASE
    for part in parts[1:] if kind else parts:
        found = _NUMBERED.fullmatch(part)
        if found is None:
            return None
        word, number = found.groups()
        if steps and steps[-1][0] == "treated_lesions" and word == "ablation":
            steps.append(("ablations", number))
        elif word in tables and len(steps) == bool(kind):
            steps.append((tables[word], number))
        else:
            return None
    return _known(tuple(steps), last + missing)


def _plain(name: str, missing: str) -> Place | None:
    if name in _PATIENT_NAMES or name + missing in columns_of("patients").values:
        return Place((("patients", ""),), name + missing)
    if name in _CASE_NAMES or name + missing in columns_of("cases").values:
        return Place((), name + missing)
    return _known((("followup_status", ""),), name + missing)


def _known(steps: tuple[tuple[str, str], ...], column: str) -> Place | None:
    return Place(steps, column) if column in columns_of(steps[-1][0]).values else None


@cache
def names() -> tuple[str, ...]:
    """Every column of the wide form, with one lesion, treatment and the like of each."""
    listed = [*_PATIENT_NAMES, *columns_of("patients").values, *_CASE_NAMES, *columns_of("cases").values]
    for word, table in _OF_CASE.items():
        listed += [f"{word}_1__{name}" for name in columns_of(table).values]
    for kind in Kind:
        own = columns_of("procedures").values.items()
        listed += [
            f"{kind}__{name}"
            for name, target in own
            if name != "kind" and (not target.kinds or kind in target.kinds)
        ]
        for word in _WORDS[kind]:
            listed += [f"{kind}__{word}_1__{name}" for name in columns_of(_OF_PROCEDURE[word]).values]
        if kind == Kind.RFA:
            listed += [f"rfa__lesion_1__ablation_1__{name}" for name in columns_of("ablations").values]
    for point in TimePoint.values:
        for name in columns_of("assessments").values:
            if name != "time_point":
                stem = name.removesuffix(MISSING_SUFFIX)
                listed.append(f"{stem}__{point}{MISSING_SUFFIX if name != stem else ''}")
    listed += columns_of("followup_status").values
    return tuple(dict.fromkeys(listed))


class _Known(list[str]):
    """The names that are known, also those with higher numbers than the template's."""

    def __contains__(self, name: object) -> bool:
        return place_of(str(name)) is not None


def rows_of(sheet: Sheet, findings: Findings) -> Iterator[Row]:
    """The records of each row of the wide form."""
    head = checked_head(sheet, _Known(names()), findings)
    for line, cells in cells_of(sheet, head, findings):
        yield from _of_case(sheet.file, str(line), cells)


def _of_case(file: str, line: str, cells: dict[str, Any]) -> Iterator[Row]:
    made: dict[tuple[tuple[str, str], ...], Row] = {}

    def row(steps: tuple[tuple[str, str], ...]) -> Row:
        if steps in made:
            return made[steps]
        table, key = steps[-1]
        new = made[steps] = Row(table, file, line, {}, likeliest=True)
        if table == "patients":
            return new
        owner = row(steps[:-1] or (("cases", ""),)) if table != "cases" else row((("patients", ""),))
        new.owners[new.layout.references[0].field] = owner
        if table == "treated_lesions":
            new.owners["lesion"] = row((("lesions", key),))
        column = new.layout.key_column
        if table == "assessments":
            new.cells["time_point"] = key
        elif table == "procedures":
            new.cells["kind"] = key
        elif (
            column
            and key
            and table in ("lesions", "balloon_inflations", "transarterial_sessions", "ablations")
        ):
            new.cells[column] = key
        return new

    row((("cases", ""),))
    for name, cell in cells.items():
        place = place_of(name)
        if place is None:
            continue
        target = row(place.steps or (("cases", ""),))
        target.cells[place.column] = cell
        target.columns[place.column] = name
    yield from made.values()
