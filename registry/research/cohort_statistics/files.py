"""A table of statistics as a file: a row per line and group, a row per comparison, numbers in full."""

import csv
import io
import math
from typing import Any

from registry.core.spreadsheets import defused_text
from registry.research.cohort_statistics.tables import HEADER, StatisticsTable, file_rows
from registry.research.formats.values import boolean_text

CSV_TYPE = "text/csv; charset=utf-8"


def as_csv(table: StatisticsTable) -> bytes:
    """RFC 4180 in UTF-8, the same columns for every table; an empty field does not apply."""
    buffer = io.StringIO(newline="")
    out = csv.writer(buffer)
    out.writerow(HEADER)
    for row in file_rows(table):
        out.writerow([_text(row.get(name)) for name in HEADER])
    return buffer.getvalue().encode()


def _text(value: Any) -> str:
    """Fifteen digits of a number, which read back as the same; an end without a limit as ``inf``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return boolean_text(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.15g}" if math.isfinite(value) else str(value)
    return defused_text(value)
