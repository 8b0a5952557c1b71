"""What a statistic answers with: the numbers, how they were found, or why there are none."""

from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

#: Confidence level of every interval.
LEVEL = 0.95


@cache
def library_version(name: str) -> str:
    """``scipy 1.17.1``, read without importing the library."""
    return f"{name} {version(name)}"


@dataclass(frozen=True)
class Method:
    """How a number was found, so that a reader can find it again.

    ``formula`` is written out; ``function`` names what a library contributed (``scipy.special.stdtr``), empty where the
    formula was computed here; ``source`` is where the formula is published.
    """

    name: "StrOrPromise"
    formula: "StrOrPromise"
    function: str = ""
    source: str = ""

    @property
    def library(self) -> str:
        """The library with its version and the function called, or that there was none."""
        if not self.function:
            return _("computed by the formula, without a library")
        return f"{library_version(self.function.split('.')[0])}, {self.function}"

    @property
    def text(self) -> str:
        """Name, formula, source and library in one line, for a cell of a file."""
        parts = [f"{self.name}: {self.formula}", self.source, self.library]
        return "; ".join(part for part in parts if part)


@dataclass(frozen=True)
class Interval:
    """A confidence interval; an end without a limit is infinite."""

    low: float
    high: float
    level: float = LEVEL


@dataclass(frozen=True)
class Result:
    """One estimate, or one comparison.

    ``n`` are the numbers of values of each group that took part. ``measure`` is a word for programs
    (``mean_difference``), ``label`` the same for readers. ``reason`` says why there is no estimate; ``note`` what a
    reader must know about one that there is. A P value stands only beside an estimate with its interval; that of a test
    over several groups, which has no single estimate, beside ``effects`` that have theirs.
    """

    measure: str
    label: "StrOrPromise"
    method: Method
    n: tuple[int, ...]
    estimate: float | None = None
    interval: Interval | None = None
    p: float | None = None
    statistic: float | None = None
    df: float | tuple[float, float] | None = None
    reason: str = ""
    note: str = ""
    #: Further numbers of the same calculation, such as how many clusters or zeros there were.
    details: dict[str, float] = field(default_factory=dict)
    effects: tuple["Result", ...] = ()

    def __post_init__(self) -> None:
        shown = [effect for effect in (self, *self.effects) if effect.estimate is not None]
        if self.p is not None and not any(effect.interval for effect in shown):
            raise ValueError(f"{self.measure}: a P value without an effect and its interval.")
        if bool(shown) == bool(self.reason):
            raise ValueError(f"{self.measure}: either an estimate or a reason why there is none.")

    @property
    def total(self) -> int:
        return sum(self.n)

    def as_rows(self) -> list[dict[str, Any]]:
        """Rows for a file, numbers as numbers: this one, then its effects."""
        own = (
            {
                "measure": self.measure,
                "n": ";".join(str(n) for n in self.n),
                "estimate": self.estimate,
                "ci_low": self.interval.low if self.interval else None,
                "ci_high": self.interval.high if self.interval else None,
                "ci_level": self.interval.level if self.interval else None,
                "statistic": self.statistic,
                "df": _df_text(self.df),
                "p": self.p,
                "method": self.method.text,
                "reason": self.reason,
                "note": self.note,
            },
        )
        return [*own, *(row for effect in self.effects for row in effect.as_rows())]


def _df_text(df: Any) -> str:
    if df is None:
        return ""
    return ";".join(f"{one:.12g}" for one in (df if isinstance(df, tuple) else (df,)))


def from_zero(estimate: float, ends: tuple[float, float] | None) -> Interval | None:
    """The interval of an effect that cannot be negative, from its inverted test.

    A statistic far smaller than chance would make it leaves both ends at 0; the interval is widened to its estimate.
    """
    return ends and Interval(min(ends[0], estimate), max(ends[1], estimate))


# -- reasons that several families share -------------------------------------------------------------------------------


def no_values() -> str:
    return _("There is no value.")


def too_few(needed: int) -> str:
    return _("Needs at least %(needed)d values.") % {"needed": needed}


def too_few_each(needed: int) -> str:
    return _("Needs at least %(needed)d values in each group.") % {"needed": needed}


def needs_groups() -> str:
    return _("Needs at least two groups with values.")


def all_equal() -> str:
    return _("All values are equal: there is no spread to test against.")


def no_spread() -> str:
    return _("Within each group all values are equal: there is no spread to test against.")


def without_interval() -> str:
    """A note: the estimate stands, its interval and therefore P do not."""
    return _("The interval cannot be computed, so no P value is given either.")
