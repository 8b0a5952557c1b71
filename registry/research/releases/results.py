"""The main results of a release: the numbers that a paper would quote, out of the statistics of its cohort."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from registry.research.cohort_statistics.data import CohortData
from registry.research.cohort_statistics.tables import About, Cell
from registry.research.cohort_statistics.whole import statistics_of

#: Table → variable → measures that are main results.
MAIN: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "outcomes": {"assessments.vas_pain": ("value", "change", "responder")},
    "complications": {"complications.sir_grade": ("value",)},
    "survival": {"case_summary.death_day": ("median_survival",)},
}
#: What is kept of each.
NUMBERS = ("n", "missing", "count", "share", "mean", "sd", "estimate", "ci_low", "ci_high")
#: Digits that mean something; the last ones of a floating point number are the machine's own.
DIGITS = 10


def main_results(data: CohortData) -> list[dict[str, Any]]:
    """One entry per number: what it is (``result``, ``time_point``, ``group``) and what it comes to."""
    found = [*_sizes(data)]
    for table in statistics_of(data, *MAIN).tables:
        for block in table.blocks:
            if block.about.measure not in MAIN[table.name].get(block.about.variable, ()):
                continue
            for line in block.lines:
                found += [_kept(line.about, code, cell) for code, cell in line.cells.items()]
    return found


def _sizes(data: CohortData) -> Iterator[dict[str, Any]]:
    for group in data.groups:
        members = set(group.members)
        counted = {
            "cases": group.n,
            "patients": group.patients,
            **{
                name: sum(case in members for case in data.frames[name].case)
                for name in ("lesions", "procedures")
            },
        }
        for name, count in counted.items():
            yield {
                "result": name,
                "label": f"Number of {name}",
                "unit": "",
                "time_point": "",
                "group": group.code or "all",
                "n": count,
            }


def _kept(about: About, group: str, cell: Cell) -> dict[str, Any]:
    said, row = about.as_dict(), cell.as_dict()
    # “Yes” is counted of a question that has been asked in the words before.
    category = "" if about.category == "yes" else said["category_label"]
    words = (said["label"], str(about.measure_label), category)
    found = {
        "result": " ".join(part for part in (about.variable, about.measure, about.category) if part),
        "label": ", ".join(word for word in words if word),
        "unit": said["unit"],
        "time_point": said["time_point"],
        "group": group or "all",
    }
    found |= {name: _plain(row[name]) for name in NUMBERS if row.get(name) not in (None, "")}
    return found | ({"reason": row["reason"]} if row.get("reason") else {})


def _plain(value: Any) -> Any:
    """A number as JSON holds it; how many a result of one group is about comes as text."""
    if isinstance(value, str):
        return int(value)
    if not isinstance(value, float):
        return value
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
