"""What a letter says of the course: scores before and after with their change, follow-up, and what is planned."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.models import Case
from outcomes import plan
from outcomes.codes import WINDOWS, AnalgesicClass, TimePoint
from outcomes.intervals import Moment
from outcomes.models import Assessment, FollowUpStatus
from outcomes.report.phrases import Facts, Joined, Missing, Phrase, Sheet, interval, label_within
from registry.core.policies import Gap
from registry.core.units import rounded, shown_number

#: Scores that every letter gives at each time point, or shows to be missing.
ALWAYS = ("vas_pain", "odi", "kps", "analgesic_class")
#: Given where something was entered.
WHERE_KNOWN = ("analgesic_scale", "pain_relief", "barthel", "ecog", "ambulatory", "satisfaction")
#: Where the instrument or version of a score is kept.
VERSIONS = {
    "vas_pain": "pain_instrument",
    "barthel": "barthel_version",
    "analgesic_scale": "analgesic_scale_version",
}
#: Scores whose change since baseline says something; in points of the score.
WITH_CHANGE = frozenset({"vas_pain", "odi", "kps", "barthel"})


@dataclass(frozen=True)
class Score:
    """One score over all time points, as a line of the letter."""

    label: str
    values: Phrase


Points = list[tuple[Facts, str]]


def points_of(sheet: Sheet, rows: list[Assessment]) -> Points:
    """The assessments, in the order of time, with the words for when each was made."""
    return [(sheet.of(row, _heading(row)), _when(sheet, row)) for row in rows]


def scores(points: Points) -> list[Score]:
    rows = [facts.record for facts, _when in points]
    known = [name for name in WHERE_KNOWN if any(_value(facts, name) for facts, _when in points)]
    lines = [Score(_label(rows, name), _line(points, name)) for name in (*ALWAYS, *known) if rows]
    return [line for line in lines if line.values]


def scores_unsaid(points: Points) -> Phrase:
    """The further scores of which there is only a reason, by that reason."""
    silent = [name for name in WHERE_KNOWN if not any(_value(facts, name) for facts, _when in points)]
    by_reason: dict[str, list[tuple[Missing, str]]] = {}
    for facts, when in points:
        for missing in map(facts.missing, silent):
            if missing.reason:
                by_reason.setdefault(missing.reason, []).append((missing, when))
    return Joined([_lacking(points, group) for group in by_reason.values()], " ")


def _heading(row: Assessment) -> str:
    return capfirst(str(row.get_time_point_display()))


def _when(sheet: Sheet, row: Assessment) -> str:
    """The time point; with its date or interval where the time point alone does not tell the day."""
    label = str(row.get_time_point_display())
    if row.time_point in WINDOWS:
        return label
    day = sheet.reader.date(row.date)
    if not day and row.interval_value is not None:
        day = interval(row.interval_value, row.interval_unit)
    return f"{label} ({day})" if day else label


def _label(rows: list[Assessment], name: str) -> str:
    """The name of a score, with the instrument or version that all its values share."""
    used = _versions(rows, name)
    if name == "vas_pain" and len(used) == 1 and all(used):
        return _("Pain (%(instrument)s)") % {"instrument": used.pop()}
    label = _("ODI in per cent") if name == "odi" else capfirst(label_within(rows[0], name))
    return f"{label} ({used.pop()})" if len(used) == 1 and all(used) else label


def _versions(rows: list[Assessment], name: str) -> set[str]:
    return {_version(row, name) for row in rows if getattr(row, name) is not None}


def _version(row: Assessment, name: str) -> str:
    """In a sentence “VAS” says enough of “VAS (100 mm line, one decimal)”."""
    kept_in = VERSIONS.get(name)
    words = str(getattr(row, f"get_{kept_in}_display")() or "") if kept_in else ""
    return words.partition(" (")[0]


def _line(points: Points, name: str) -> Phrase:
    """The values of a score by time point, then what is missing, by reason.

    No change is given between values of different instruments. Analgesics are known by their class or by the scale.
    """
    rows = [facts.record for facts, _when in points]
    first = next((_number(row, name) for row in rows if _is_baseline(row)), None)
    mixed = len(_versions(rows, name)) > 1
    needed = name in ALWAYS and not (name == "analgesic_class" and _versions(rows, "analgesic_scale"))
    parts: list[Any] = []
    lacking: dict[str, list[tuple[Missing, str]]] = {}
    for facts, when in points:
        value = _value(facts, name)
        if value:
            change = "" if _is_baseline(facts.record) else _change(first, _number(facts.record, name), name)
            version = _version(facts.record, name) if mixed else ""
            beside = ", ".join(filter(None, (version, "" if mixed else change)))
            parts.append(f"{when}: {value} ({beside})" if beside else f"{when}: {value}")
        elif needed or facts.missing(name).reason:
            missing = facts.missing(name)
            lacking.setdefault(missing.reason, []).append((missing, when))
    return Joined([*parts, *(_lacking(points, group, named=False) for group in lacking.values())], "; ")


def _lacking(points: Points, group: list[tuple[Missing, str]], *, named: bool = True) -> Phrase:
    """“[VAS pain, day 1, 1 month: not done]”; the time points are left out where it is all of them, the names of the
    scores where the line begins with one.
    """
    labels = list(dict.fromkeys(missing.label for missing, _when in group if named))
    whens = list(dict.fromkeys(when for _missing, when in group))
    what = labels if len(whens) == len(points) else labels + whens
    return points[0][0].sheet.absent(*(missing for missing, _when in group), what=", ".join(what))


def _is_baseline(row: Assessment) -> bool:
    return row.time_point == TimePoint.BASELINE


def _value(facts: Facts, name: str) -> str:
    """The value in words, empty for none; an ODI that was entered by its sections is their score."""
    row: Assessment = facts.record
    if not facts.given(name):
        if name == "odi" and facts.given("odi_from_sections"):
            return _("%(score)s (from its sections)") % {"score": facts.phrase("odi_from_sections")}
        return ""
    value = str(facts.phrase(name))
    if name == "analgesic_class" and row.analgesic_adjuvant:
        if row.analgesic_class == AnalgesicClass.NONE:
            return _("adjuvant analgesic only")
        return _("%(analgesics)s with adjuvant") % {"analgesics": value}
    return value


def _number(row: Assessment, name: str) -> Decimal | None:
    value = getattr(row, name)
    if value is None and name == "odi":
        computed = row.derived_value("odi_from_sections")
        return None if computed is None else rounded(computed, 1)
    return None if value is None or name not in WITH_CHANGE else Decimal(str(value))


def _change(before: Decimal | None, after: Decimal | None, name: str) -> str:
    """The change since baseline, with its sign."""
    if before is None or after is None or name not in WITH_CHANGE:
        return ""
    change = after - before
    if change == 0:
        return _("unchanged")
    sign = "+" if change > 0 else "−"
    return f"{sign}{shown_number(abs(change))}"


# -- follow-up -------------------------------------------------------------------------------------------------------


def followup_facts(sheet: Sheet, followup: FollowUpStatus | None) -> Facts | None:
    if followup is None:
        return None
    facts = sheet.of(followup, _("Follow-up"))
    facts.more.update(
        (f"{event}_when", _event(facts, followup, event)) for event in ("last_contact", "death", "recurrence")
    )
    facts.more["last_contact_known"] = followup.moment("last_contact") != Moment(None, None)
    return facts


def _event(facts: Facts, followup: FollowUpStatus, event: str) -> Any:
    """The day of an event, or its interval from the index procedure as printed; else the gap of its date."""
    value = getattr(followup, f"{event}_interval_value")
    if getattr(followup, f"{event}_date") is None and value is not None:
        unit = getattr(followup, f"{event}_interval_unit")
        return _("%(interval)s after the index procedure") % {"interval": interval(value, unit)}
    reason = followup.missing.get(f"{event}_interval_value")
    dated = followup.missing.get(f"{event}_date")
    return facts.phrase(f"{event}_interval_value" if reason and not dated else f"{event}_date")


def planned(sheet: Sheet, case: Case, today: datetime.date) -> list[str]:
    """The planned time points that can still be kept, each with its day and its window."""
    index_day = case.index_day()
    return [
        _("%(time_point)s: %(day)s (between %(first)s and %(last)s)")
        % {
            "time_point": capfirst(str(open_.point.label)),
            "day": sheet.reader.date(index_day + datetime.timedelta(WINDOWS[open_.point].day)),
            "first": sheet.reader.date(open_.first),
            "last": sheet.reader.date(open_.last),
        }
        for open_ in plan.open_of(case, today)
        if index_day is not None and open_.state != plan.State.OVERDUE and open_.point != TimePoint.BASELINE
    ]


def plan_missing(sheet: Sheet, case: Case, rows: Iterable[Assessment]) -> Phrase:
    """Without an index day nothing can be planned: its gap, unless follow-up has ended."""
    ended = plan.ending_of(getattr(case, "followup_status", None), rows) is not None
    if ended or case.index_day() is not None:
        return Phrase("")
    label = label_within(case, "index_date")
    reason = sheet.reader.value(case, "index_date").reason
    if case.index_date is not None:
        reason = _("not known to the day")
    return sheet.absent(Missing(Gap(case, "index_date", label), _("Diagnosis"), label, reason))
