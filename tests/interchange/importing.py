"""Files for the tests of imports, and what the dry run says of them."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook

from registry.access.models import Center
from registry.interchange.importing.checking import Checked, check
from registry.interchange.importing.reading import Source

Rows = Sequence[Mapping[str, Any]]


def as_csv(rows: Rows, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, delimiter=delimiter, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def as_xlsx(**tables: Rows) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for table, rows in tables.items():
        page = book.create_sheet(table)
        names = list(dict.fromkeys(name for row in rows for name in row))
        page.append(names)
        for row in rows:
            page.append([row.get(name) for name in names])
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def sources(**files: bytes | Rows) -> list[Source]:
    """``cases=[…]`` is a CSV file; ``cases_xlsx=b"…"`` the bytes of a file of that kind."""
    made = []
    for name, content in files.items():
        stem, _separator, suffix = name.rpartition("_")
        if suffix not in ("csv", "xlsx", "json", "yaml"):
            stem, suffix = name, "csv"
        taken = content if isinstance(content, bytes) else as_csv(content)
        made.append(Source(f"{stem}.{suffix}", lambda taken=taken: taken))
    return made


def checked(user: Any, *centers: Center, **files: bytes | Rows) -> Checked:
    return check(sources(**files), by=user, centers=list(centers))


def errors(found: Checked) -> list[tuple[str, str, str, str]]:
    return [(e["file"], e["row"], e["column"], e["message"]) for e in found.report.errors]


#: A patient with a case, two lesions, two procedures and scores: nothing is stored yet, so labels name what belongs.
NEW: dict[str, Rows] = {
    "patients": [{"patient_ref": "A", "sex": "weiblich", "birth_year": "1960", "hospital_number": "4711"}],
    "cases": [
        {
            "patient_ref": "A",
            "case_ref": "A1",
            "case_status": "complete",
            "diagnosis": "other",
            "diagnosis_text": "=SUM(1) <b>bold</b>'; DROP TABLE",
            "disease_status": "metastasis",
            "index_date": "01.03.2021",
            "age_years": "60",
            "height_cm": "171,5",
        }
    ],
    "lesions": [
        {"case_ref": "A1", "lesion_ref": "L", "number": "1", "levels": "S1", "volume_ml": "6,8"},
        {"case_ref": "A1", "lesion_ref": "M", "number": "2", "levels": "L4;L3", "side": "left"},
    ],
    "procedures": [
        {
            "case_ref": "A1",
            "procedure_ref": "P",
            "kind": "rfa",
            "date": "2021-03-01",
            "anesthesia": "general",
            "guidance": "ct",
            "technical_success": "ja",
            "duration_min": "60",
            "complications_answered": "none",
            "electrode": "SpineStar",
        }
    ],
    "treated_lesions": [{"procedure_ref": "P", "lesion_ref": "L", "treated_lesion_ref": "T"}],
    "ablations": [
        {
            "treated_lesion_ref": "T",
            "active_tip_cm": "1,5",
            "power_w": "20",
            "ablation_time_min": "10",
            "temperature_mean_celsius": "75",
        }
    ],
    "assessments": [
        {"case_ref": "A1", "time_point": "baseline", "vas_pain": "7", "kps": "60"},
        {"case_ref": "A1", "time_point": "day_1", "vas_pain": "0", "kps__missing": "nicht durchgeführt"},
    ],
    "followup_status": [{"case_ref": "A1", "vital_status": "alive"}],
}
