"""All statistics of a cohort: what page, API, files and figures show."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registry.research.cohort_statistics.baseline import baseline
from registry.research.cohort_statistics.complications import complications
from registry.research.cohort_statistics.data import CohortData, read
from registry.research.cohort_statistics.lesions import lesions
from registry.research.cohort_statistics.outcomes import outcomes
from registry.research.cohort_statistics.survival import recurrence, survival
from registry.research.cohort_statistics.tables import StatisticsTable
from registry.research.cohorts.choosing import Chosen

#: Every table by its name in files and addresses, in the order in which they are shown.
TABLES: dict[str, Any] = {
    "table1": baseline,
    "outcomes": outcomes,
    "complications": complications,
    "survival": survival,
    "recurrence": recurrence,
    "lesions": lesions,
}


@dataclass(frozen=True)
class CohortStatistics:
    """The tables of a cohort, with what must be known of all of them."""

    data: CohortData
    tables: tuple[StatisticsTable, ...]
    #: Which groups have a column: all, and the arms.
    groups: tuple[str, ...]
    warnings: tuple[str, ...]
    profile: str

    def table(self, name: str) -> StatisticsTable | None:
        return next((table for table in self.tables if table.name == name), None)


def statistics_of(data: CohortData, *names: str) -> CohortStatistics:
    """Every table, or those named, with every number that there is."""
    tables = tuple(made(data) for name, made in TABLES.items() if not names or name in names)
    groups = tuple(group.code for group in data.groups)
    return CohortStatistics(data, tables, groups, tuple(warnings(data)), "pseudonymised")


def statistics_of_cohort(chosen: Chosen, *names: str) -> CohortStatistics:
    """The same of a cohort as its reader sees it."""
    return statistics_of(read(chosen), *names)


def warnings(data: CohortData) -> list[str]:
    """What somebody should know before reading a number."""
    if not data.whole.n:
        return [_("No case fits: there is nothing to compute.")]
    found = []
    for first, second, cases in data.overlaps:
        text = ngettext(
            "%(cases)d case is in both arms %(first)s and %(second)s, so no arm is compared with another.",
            "%(cases)d cases are in both arms %(first)s and %(second)s, so no arm is compared with another.",
            cases,
        )
        found.append(text % {"cases": cases, "first": first, "second": second})
    found += [_("No case is in arm %(code)s.") % {"code": arm.code} for arm in data.arms if not arm.n]
    if data.without_arm:
        text = ngettext("%(n)d case is in no arm.", "%(n)d cases are in no arm.", data.without_arm)
        found.append(text % {"n": data.without_arm})
    if data.compared:
        seen: dict[Any, str] = {}
        both = set()
        for arm in data.compared:
            for patient in {data.patients[n] for n in arm.members}:
                if seen.setdefault(patient, arm.code) != arm.code:
                    both.add(patient)
        if both:
            text = ngettext(
                "%(n)d patient has cases in two arms; the tests take cases as independent.",
                "%(n)d patients have cases in two arms; the tests take cases as independent.",
                len(both),
            )
            found.append(text % {"n": len(both)})
    return found
