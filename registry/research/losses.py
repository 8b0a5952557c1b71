"""Deaths and losses of a published series against the patients that it reports on at later time points."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from outcomes.codes import WINDOWS, FollowupState, TimePoint, VitalStatus
from outcomes.models import FollowUpStatus
from registry.literature.consistency.quantities import Bundle, Series
from registry.literature.consistency.result import Check, Family, Input, Outcome, make
from registry.literature.models import Statistic
from registry.research.consistency import PatientRows

#: What is reported of the follow-up itself counts those who were followed to its end.
FOLLOWUP = "followup_months"


@dataclass(frozen=True)
class Loss:
    """A patient who left the series: when (``None``: not printed), how, and where that stands."""

    label: str
    died: bool
    day: float | None
    source: Input

    @property
    def words(self) -> str:
        if not self.died:
            return _("%(patient)s lost to follow-up") % {"patient": self.label}
        if self.day is None:
            return _("%(patient)s died") % {"patient": self.label}
        return _("%(patient)s died, day %(day)d") % {"patient": self.label, "day": round(self.day)}


def losses_of(rows: PatientRows) -> list[Loss]:
    """Everyone whom the rows name as dead or lost."""
    found = []
    for label, record in rows.records(FollowUpStatus):
        if not isinstance(record, FollowUpStatus):
            continue
        died = record.vital_status == VitalStatus.DEAD
        if died or record.followup_state == FollowupState.LOST:
            day = record.event_day("death") if died else None
            names = ("death_interval_value", "death_date", "vital_status") if died else ("followup_state",)
            found.append(Loss(label, died, day, rows.source(record, label, *names)))
    return found


def gone_by(losses: Sequence[Loss], time_point: str) -> list[Loss]:
    """Who had left for certain at a time point: losses without a day count at the last follow-up alone."""
    if time_point == TimePoint.LAST_FOLLOWUP:
        return list(losses)
    if time_point not in WINDOWS:
        return []
    day = WINDOWS[TimePoint(time_point)].day
    return [loss for loss in losses if loss.day is not None and loss.day < day]


def still_there(patients: int, gone: Sequence[Loss], n: int | None) -> Outcome:
    """Whether a number of patients at a time point fits with those who had left before."""
    left = patients - len(gone)
    parts = {
        "formula": _("n ≤ patients − died − lost"),
        "arithmetic": f"{patients} − {len(gone)} ({'; '.join(loss.words for loss in gone)}) = {left}",
        "computed": f"≤ {left}",
    }
    if n is None:
        return Outcome.untestable(
            _("No n is printed at this time point; at most %(left)s of %(patients)s patients could be seen.")
            % {"left": left, "patients": patients},
            **parts,
        )
    return Outcome.of(
        n <= left,
        remark="" if n <= left else _("The statement may be about the patients who were still seen."),
        **parts,
    )


def checks(series: Series) -> Iterator[Check]:
    rows = PatientRows(series.publication)
    losses = losses_of(rows)
    if not losses:
        return
    for bundle in series.bundles:
        about = bundle.about
        point = TimePoint.LAST_FOLLOWUP if about.variable == FOLLOWUP else about.time_point
        gone = gone_by(losses, point)
        patients = series.size("patient", about.arm)
        if not gone or patients is None or bundle.unit != "patient" or about.category == VitalStatus.DEAD:
            continue
        cell = next(iter(bundle.cells.values()))
        n, words = _behind(bundle)
        yield make(
            Family.DEATHS,
            series.label(about, _("patients still there")),
            (about.variable, about.category, about.time_point, about.arm, bundle.locations),
            about.variable,
            [*patients.inputs, *(loss.source for loss in gone), cell.input()],
            words or cell.number.shown,
            still_there(patients.n, gone, n),
        )


def _behind(bundle: Bundle) -> tuple[int | None, str]:
    """The number of patients that a quantity is printed of."""
    count = bundle.get(Statistic.N)
    if count is not None:
        return count.count, f"n = {count.count}"
    if bundle.denominator is not None:
        return bundle.denominator, f"N = {bundle.denominator}"
    return None, ""
