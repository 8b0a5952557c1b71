"""Complications: how many cases had any, and how bad the worst of each was by SIR grade."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext as _

from outcomes.codes import ComplicationKind, SirGrade
from outcomes.models.complication import MAJOR_GRADES
from registry.research.cohort_statistics.blocks import Units, about, answers_block, categories_block
from registry.research.cohort_statistics.data import CohortData
from registry.research.cohort_statistics.tables import Block, StatisticsTable

NONE, UNGRADED = "none", "ungraded"
GRADES = tuple(grade.value for grade in SirGrade)


def complications(data: CohortData) -> StatisticsTable:
    """Cases by their worst complication; who is not recorded to have had one has none once all procedures say so."""
    units = Units(data)
    return StatisticsTable(
        "complications",
        _("Complications"),
        tuple(_blocks(data, units)),
        (
            _("n/N (%): cases, of those for whose procedures the question has been answered."),
            _("SIR grades: minor A and B, major C to F."),
        ),
        sizes=units.sizes,
    )


def _blocks(data: CohortData, units: Units) -> Iterator[Block]:
    worst = worst_grades(data)
    any_at_all = [None if grade is None else grade != NONE for grade in worst]
    # An ungraded complication may have been a major one.
    major = [None if grade in (None, UNGRADED) else grade in MAJOR_GRADES for grade in worst]
    what = "complications.sir_grade"
    for category, label, answers in (
        ("any", _("any complication"), any_at_all),
        ("major", _("any major complication"), major),
    ):
        asked = replace(about(what, category=category, category_label=label), label=_("Complications"))
        yield replace(answers_block(asked, answers, units), fixed=True)
    words = {grade.value: str(grade.label) for grade in SirGrade}
    words |= {NONE: _("none"), UNGRADED: _("not graded")}
    graded = categories_block(
        about(what, measure="worst", measure_label=_("worst SIR grade")),
        worst,
        units,
        lambda code: words[code],
        (NONE, *GRADES, UNGRADED),
    )
    yield replace(graded, fixed=True)
    yield from _kinds(data, units, any_at_all)


def worst_grades(data: CohortData) -> list[str | None]:
    """Of each case the worst grade, ``none``, ``ungraded`` where none of its complications has one, or ``None``."""
    rows = data.frames["complications"]
    grades: dict[int, list[str | None]] = defaultdict(list)
    for case, grade in zip(rows.case, rows["sir_grade"], strict=True):
        grades[case].append(grade)
    procedures = data.frames["procedures"]
    asked: Counter[int] = Counter(procedures.case)
    answered: Counter[int] = Counter(
        case
        for case, answer in zip(procedures.case, procedures["complications_answered"], strict=True)
        if answer
    )
    found: list[str | None] = []
    for case in range(len(data.cases)):
        if case in grades:
            found.append(max((grade for grade in grades[case] if grade), default=UNGRADED))
        else:
            found.append(NONE if asked[case] and answered[case] == asked[case] else None)
    return found


def _kinds(data: CohortData, units: Units, known: list[bool | None]) -> Iterator[Block]:
    """Cases with each kind of complication, the commonest first."""
    rows = data.frames["complications"]
    cases: dict[str, set[int]] = defaultdict(set)
    for case, kind in zip(rows.case, rows["kind"], strict=True):
        cases[kind].add(case)
    for kind in sorted(cases, key=lambda one: (-len(cases[one]), one)):
        words = str(ComplicationKind(kind).label)
        answers = [None if answer is None else n in cases[kind] for n, answer in enumerate(known)]
        asked = about("complications.kind", category=kind, category_label=words)
        yield answers_block(replace(asked, label=_("Kind of complication")), answers, units)
