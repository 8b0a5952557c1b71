"""Values of which several belong to one patient, such as those of lesions: means and differences robust to that.

The sandwich variance sums the residuals of each patient before squaring them, so that two lesions of one patient do
not count as two patients. Small-sample correction CR1 as in Stata: G/(G − 1) · (N − 1)/(N − K). Shares are means of 0
and 1.
"""

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.research.statistics.distributions import t_quantile, t_two_sided
from registry.research.statistics.result import (
    Interval,
    Method,
    Result,
    no_values,
)
from registry.research.statistics.sample import SAME, Sample, number_of

SOURCE = "Liang & Zeger, Biometrika 1986;73:13–22; Cameron & Miller, J Hum Resour 2015;50:317–372"
CLUSTERED_MEAN = Method(
    gettext_lazy("Mean with cluster-robust interval"),
    gettext_lazy(
        "mean ± t(G − 1) · √(G/(G − 1) · Σ(sum of residuals per patient)² / N²), G patients, N values"
    ),
    "scipy.special.stdtrit",
    SOURCE,
)
CLUSTERED_DIFFERENCE = Method(
    gettext_lazy("Cluster-robust difference"),
    gettext_lazy(
        "mean₁ − mean₂ ± t(G − 1) · √(G/(G − 1) · (N − 1)/(N − 2) · Σ(residuals per patient / nᵢ)²), sandwich variance "
        "by patient with correction CR1, G patients, N values"
    ),
    "scipy.special.stdtr, scipy.special.stdtrit",
    SOURCE,
)
MEAN = gettext_lazy("mean")
DIFFERENCE = gettext_lazy("difference of means")


@dataclass(frozen=True)
class Clustered:
    """Values with the patient each belongs to."""

    sample: Sample
    patients: tuple[Hashable, ...]

    @classmethod
    def of(cls, values: Iterable[Any], patients: Iterable[Hashable]) -> "Clustered":
        pairs = [(number_of(value), patient) for value, patient in zip(values, patients, strict=True)]
        there = [(value, patient) for value, patient in pairs if value is not None]
        sample = Sample(tuple(value for value, _patient in there), len(pairs) - len(there))
        return cls(sample, tuple(patient for _value, patient in there))

    @property
    def groups(self) -> int:
        return len(set(self.patients))

    def residuals(self, scale: float = 1.0) -> dict[Hashable, float]:
        """The sum of the residuals of each patient, times ``scale``."""
        found: dict[Hashable, list[float]] = {}
        for value, patient in zip(self.sample.values, self.patients, strict=True):
            found.setdefault(patient, []).append(value - self.sample.mean)
        return {patient: math.fsum(rests) * scale for patient, rests in found.items()}


def clustered_mean(values: Iterable[Any], patients: Iterable[Hashable]) -> Result:
    """The mean of all values, its interval by patient."""
    found = Clustered.of(values, patients)
    n, groups = (found.sample.n,), found.groups
    details = {"patients": float(groups)}
    if not found.sample.n:
        return Result("mean", MEAN, CLUSTERED_MEAN, n, reason=no_values(), details=details)
    middle = found.sample.mean
    error = 0.0
    if groups > 1:
        squares = math.fsum(rest**2 for rest in found.residuals(1 / found.sample.n).values())
        error = math.sqrt(groups / (groups - 1) * squares)
    if error <= SAME * found.sample.sd:
        why = _patients_alike() if groups > 1 else _("Needs at least two patients.")
        note = _("No interval: %(why)s") % {"why": why}
        return Result("mean", MEAN, CLUSTERED_MEAN, n, middle, note=note, details=details)
    df = groups - 1
    half = t_quantile(df) * error
    between = Interval(middle - half, middle + half)
    return Result("mean", MEAN, CLUSTERED_MEAN, n, middle, between, df=float(df), details=details)


def clustered_share(answers: Iterable[bool | None], patients: Iterable[Hashable]) -> Result:
    """The share of yes: the mean of 1 and 0, its interval cut at 0 and 1."""
    found = clustered_mean([None if answer is None else float(answer) for answer in answers], patients)
    between = found.interval
    cut = between and Interval(max(0.0, between.low), min(1.0, between.high))
    return replace(found, measure="share", label=gettext_lazy("share"), interval=cut)


def clustered_difference(
    first: Sequence[Any],
    first_patients: Sequence[Hashable],
    second: Sequence[Any],
    second_patients: Sequence[Hashable],
) -> Result:
    """First mean less second; a patient with values in both groups is one cluster."""
    a, b = Clustered.of(first, first_patients), Clustered.of(second, second_patients)
    n = (a.sample.n, b.sample.n)
    patients = sorted(set(a.patients) | set(b.patients), key=str)
    groups, total = len(patients), sum(n)
    details = {"patients": float(groups)}

    def none(reason: str) -> Result:
        return Result("mean_difference", DIFFERENCE, CLUSTERED_DIFFERENCE, n, reason=reason, details=details)

    if min(a.groups, b.groups) < 2 or groups < 3:
        return none(_("Needs at least two patients in each group."))
    one, other = a.residuals(1 / a.sample.n), b.residuals(-1 / b.sample.n)
    squares = math.fsum((one.get(patient, 0.0) + other.get(patient, 0.0)) ** 2 for patient in patients)
    error = math.sqrt(groups / (groups - 1) * (total - 1) / (total - 2) * squares)
    if error <= SAME * max(a.sample.sd, b.sample.sd):
        return none(_patients_alike())
    difference, df = a.sample.mean - b.sample.mean, groups - 1
    half, t = t_quantile(df) * error, difference / error
    constant = a.sample.constant or b.sample.constant
    return Result(
        "mean_difference",
        DIFFERENCE,
        CLUSTERED_DIFFERENCE,
        n,
        difference,
        Interval(difference - half, difference + half),
        t_two_sided(t, df),
        t,
        float(df),
        note=_("One group has no spread, so the interval is narrower than it should be.") if constant else "",
        details=details,
    )


def _patients_alike() -> str:
    return _("The patients do not differ: there is no spread to test against.")
