"""Many mixed rows, drawn as the synthetic patients are, and errors planted among them."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from procedures.models import Procedure
from procedures.models.details import Details
from registry.core.codes import MISSING_SUFFIX
from registry.interchange.importing.layout import BY_MODEL, LAYOUTS, columns_of
from registry.research.synthetic import Synthesis

Tables = dict[str, list[dict[str, Any]]]
#: Table, column, value that is wrong there, and what the message says of it.
WRONG: list[tuple[str, str, Any, str]] = [
    ("patients", "sex", "frau und mann", "is not one of"),
    ("patients", "birth_year", "19O5", "Accepted: 1880 to 2100"),
    ("patients", "birth_year", "neunzehnhundert", "Accepted: 1880 to 2100"),
    ("patients", "consent_date", "2024-13-01", "is not a date"),
    ("patients", "center", "NOWHERE", "No such"),
    ("cases", "age_years", "sixty", "Accepted: 0 to 120"),
    ("cases", "height_cm", "17.0.1", "more than one decimal separator"),
    ("cases", "height_cm", "1,75", "40 to 250 cm"),
    ("cases", "weight_kg", "-7", "2 to 400 kg"),
    ("cases", "inr", "1,234", "decimal places"),
    ("cases", "disease_status", "unclear", "is not one of"),
    ("cases", "index_date", "31.02.2021", "is not a date"),
    ("cases", "diagnosis", "no such thing", "not on the list of diagnoses"),
    ("cases", "case_status", "signed", "not signed"),
    ("cases", "recurrent", "vielleicht", "yes or no"),
    ("cases", "asa_class", "9", "is not one of"),
    ("lesions", "volume_ml", "7000", "above 0 to 6000 mL"),
    ("lesions", "volume_ml", "0", "above 0 to 6000 mL"),
    ("lesions", "levels", "S1;S9", "is not one of"),
    ("lesions", "side", "up", "is not one of"),
    ("lesions", "case_ref", "nobody", "has the label"),
    ("procedures", "duration_min", "0", "1 to 1800 min"),
    ("procedures", "duration_min", "an hour", "Accepted: 1 to 1800 min"),
    ("procedures", "hospital_stay_days", "400", "0 to 365"),
    ("procedures", "guidance", "feeling", "is not one of"),
    ("procedures", "technical_success", "partly", "yes or no"),
    ("procedures", "anesthesia", "hypnosis", "is not one of"),
    ("treated_lesions", "cement_volume_ml", "68", "0 to 30 mL"),
    ("treated_lesions", "needle_gauge", "11,5", "not a whole number"),
    ("treated_lesions", "procedure_ref", "nobody", "has the label"),
    ("assessments", "vas_pain", "11", "0 to 10"),
    ("assessments", "vas_pain", "x", "Accepted: 0 to 10"),
    ("assessments", "kps", "55", "is not one of"),
    ("assessments", "odi", "101", "0 to 100"),
    ("assessments", "time_point", "day_99", "is not one of"),
    ("assessments", "barthel", "-5", "0 to 100"),
    ("followup_status", "followup_state", "missing in action", "is not one of"),
]


def drawn(center: Any, most: int, seed: int = 1) -> Tables:
    """At least ``most`` rows of synthetic patients, by table; labels say what belongs to what."""
    synthesis = Synthesis(center, seed)
    while len(synthesis.records) < most:
        synthesis.patient()
    found: Tables = {table: [] for table in LAYOUTS}
    procedures: dict[Any, dict[str, Any]] = {}
    for record in synthesis.records:
        layout = BY_MODEL.get(type(record))
        if layout is None:  # the details of a procedure
            procedures[record.procedure.uuid] |= _cells(record, "procedures")
            continue
        row = {layout.ref_column: str(record.uuid)}
        for reference in layout.references:
            other = getattr(record, reference.field)
            if other is not None:
                row[f"{reference.stem}_ref"] = str(other.uuid)
        row |= _cells(record, layout.name)
        if isinstance(record, Procedure):
            procedures[record.uuid] = row
        found[layout.name].append(row)
    return {table: rows for table, rows in found.items() if rows}


def _cells(record: Any, table: str) -> dict[str, Any]:
    cells = {}
    for name, target in columns_of(table).values.items():
        # A column that several kinds of procedure share is declared by the first of them.
        own = record.kind in target.kinds if isinstance(record, Details) else isinstance(record, target.model)
        if not own:
            continue
        name_of = target.field.name
        value = record.missing.get(name_of) if target.missing else getattr(record, name_of)
        if value is not None and value != "":
            cells[name] = _text(value)
    return cells


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return format(value, "f").replace(".", ",")
    if isinstance(value, datetime.date | datetime.datetime):
        return value.isoformat()
    return str(getattr(value, "slug", value))


def plant(tables: Tables) -> tuple[Tables, list[tuple[str, str, str, str]]]:
    """A copy with every one of ``WRONG`` in a row of its own; answers file, row, column and words of each."""
    copy = {table: [dict(row) for row in rows] for table, rows in tables.items()}
    planted = []
    for table in copy:
        wrong = [each for each in WRONG if each[0] == table]
        # From the end, far apart: what hangs together with a wrong row has no wrong row of its own.
        places = [
            len(copy[table]) - 1 - number * (len(copy[table]) // (len(wrong) + 1))
            for number in range(len(wrong))
        ]
        for place, (_table, column, value, words) in zip(places, wrong, strict=True):
            row: dict[str, Any] = copy[table][place]
            row[column] = value
            row.pop(f"{column}{MISSING_SUFFIX}", None)
            planted.append((f"{table}.csv", str(place + 2), column, words))
    return copy, planted


def faults(
    found: list[tuple[str, str, str, str]], planted: list[tuple[str, str, str, str]]
) -> list[Mapping[str, Any]]:
    """Errors that nobody planted, and planted ones that were not found."""
    wanted = {each[:3]: each[3] for each in planted}
    listed = {each[:3]: each[3] for each in found}
    extra = [{"extra": each} for each in found if each[:3] not in wanted]
    lost = [{"lost": place} for place in wanted if place not in listed]
    unclear = [
        {"unclear": (place, listed[place])}
        for place in wanted
        if place in listed and wanted[place] not in listed[place]
    ]
    return [*extra, *lost, *unclear]
