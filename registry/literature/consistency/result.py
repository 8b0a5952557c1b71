"""What a check answers: its verdict, the printed numbers it used, and the arithmetic."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Verdict(models.TextChoices):
    CONSISTENT = "consistent", _("consistent")
    INCONSISTENT = "inconsistent", _("inconsistent")
    NOT_TESTABLE = "not_testable", _("not testable")


class Family(models.TextChoices):
    """What kind of arithmetic a check does; in the order in which lists show them."""

    SUM = "sum", _("Sums and totals")
    PERCENT = "percent", _("Counts and percentages")
    POOLED = "pooled", _("Whole series against its arms")
    RANGE = "range", _("Mean and range")
    SPREAD = "spread", _("Standard deviation and range")
    GRIM = "grim", _("Mean of whole numbers (GRIM)")
    GRIMMER = "grimmer", _("Standard deviation of whole numbers (GRIMMER)")
    P_COUNTS = "p_counts", _("P value from counts")
    P_MEANS = "p_means", _("P value from means")
    CHANGE = "change", _("Change from baseline")
    LIMITS = "limits", _("Scale and limits")
    PLACES = "places", _("Same quantity at several places")
    DEATHS = "deaths", _("Deaths and losses against n")
    ROWS = "rows", _("Patient rows against the group")


@dataclass(frozen=True)
class Input:
    """One printed number that a check used."""

    label: str
    printed: str
    location: str
    #: Primary keys of the reported values that print it; empty for patient rows and cited series.
    values: tuple[int, ...] = ()
    #: Their positions in the transcription.
    positions: tuple[int, ...] = ()
    #: The number of patients, lesions or approaches that the transcription puts beside it.
    denominator: int | None = None


@dataclass(frozen=True)
class Outcome:
    """What the arithmetic says. ``formula`` in symbols, ``arithmetic`` with the numbers put in, ``computed`` the result
    over everything that the inputs may stand for."""

    verdict: Verdict
    formula: str = ""
    arithmetic: str = ""
    computed: str = ""
    remark: str = ""

    @classmethod
    def of(cls, agrees: bool, **parts: str) -> "Outcome":
        return cls(Verdict.CONSISTENT if agrees else Verdict.INCONSISTENT, **parts)

    @classmethod
    def untestable(cls, remark: str, **parts: str) -> "Outcome":
        return cls(Verdict.NOT_TESTABLE, remark=remark, **parts)


@dataclass(frozen=True)
class Check:
    """One check of one publication."""

    family: Family
    #: What is checked, in words: ``Age, whole series: mean``.
    title: str
    #: Names the check within its publication, and stays the same while what it checks does.
    key: str
    variable: str
    inputs: tuple[Input, ...]
    #: The number that is checked, as it is printed.
    printed: str
    outcome: Outcome

    @property
    def verdict(self) -> Verdict:
        return self.outcome.verdict

    @property
    def values(self) -> frozenset[int]:
        """Primary keys of the reported values that it used."""
        return frozenset(pk for one in self.inputs for pk in one.values)


def make(
    family: Family,
    title: str,
    key: Iterable[str],
    variable: str,
    inputs: Iterable[Input],
    printed: str,
    outcome: Outcome,
) -> Check:
    """A check, with its key in one form."""
    return Check(family, title, _key(family, key), variable, tuple(inputs), printed, outcome)


def _key(family: Family, parts: Iterable[str]) -> str:
    text = ".".join([family.value, *(part or "-" for part in parts)]).lower()
    return "".join(letter if letter.isalnum() or letter in "._" else "-" for letter in text)


def joined(remarks: Iterable[str]) -> str:
    return " ".join(remark for remark in remarks if remark)
