"""P values from printed counts: χ² without and with Yates' correction, and Fisher's exact test."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.literature.consistency.numbers import Number, p_is, shown, shown_p
from registry.literature.consistency.result import Input, Outcome, joined
from registry.literature.consistency.tails import chi2_statistic, chi2_tail, fisher, freedom_of

#: Larger tables are left to χ² alone.
TWO_BY_TWO = 2


@dataclass(frozen=True)
class Table:
    """Counts of two or more groups (rows) by category (columns), and how they were read from the paper."""

    rows: tuple[tuple[int, ...], ...]
    words: str
    inputs: tuple[Input, ...] = ()

    @property
    def text(self) -> str:
        """``46 : 5 / 57 : 18``"""
        return " / ".join(" : ".join(str(count) for count in row) for row in self.rows)

    @property
    def empty(self) -> bool:
        """Whether a category or a group holds nobody: then there is nothing to compare."""
        return any(sum(row) == 0 for row in self.rows) or any(
            sum(column) == 0 for column in zip(*self.rows, strict=True)
        )

    @cached_property
    def statistics(self) -> dict[str, float]:
        """χ² without and, for four counts, with Yates' correction."""
        if self.empty:
            return {}
        found = {"χ²": chi2_statistic(self.rows)}
        if self._is_two_by_two:
            found[_("χ² with Yates' correction")] = chi2_statistic(self.rows, yates=True)
        return found

    @cached_property
    def results(self) -> dict[str, float]:
        """Two-sided P value of each test that the table admits."""
        freedom = freedom_of(self.rows)
        found = {name: chi2_tail(statistic, freedom) for name, statistic in self.statistics.items()}
        if found and self._is_two_by_two:
            found[_("Fisher's exact test")] = fisher(*self.rows[0], *self.rows[1])
        return found

    @property
    def _is_two_by_two(self) -> bool:
        return len(self.rows) == TWO_BY_TWO and len(self.rows[0]) == TWO_BY_TWO

    def agreeing(self, p: Number) -> list[str]:
        return [name for name, value in self.results.items() if p.may_be(value, value)]

    @property
    def line(self) -> str:
        return f"{self.text}: " + "; ".join(
            f"{name}{self._statistic(name)} {p_is(shown_p(value))}" for name, value in self.results.items()
        )

    def _statistic(self, name: str) -> str:
        """`` = 0.115, df 1,``"""
        statistic = self.statistics.get(name)
        if statistic is None:
            return ""
        return f" = {shown(statistic, 4)}, {_('df')} {freedom_of(self.rows)},"


FORMULA = gettext_lazy("P of χ², χ² with Yates' correction or Fisher's exact test")


def from_counts(p: Number, tables: Sequence[Table], elsewhere: Sequence[Table] = ()) -> Outcome:
    """Whether any test on any of the tables gives the printed P value.

    Several tables are different readings of the same printed counts; the verdict says which of them agree. Tables from
    ``elsewhere`` (other places, other sizes of the groups) change no verdict: they can only explain one.
    """
    testable = [table for table in tables if not table.empty]
    if not testable:
        return Outcome.untestable(
            _(
                "A category or a group is empty, so χ² has no value and Fisher's P is 1 whatever was observed."
            ),
            formula=str(FORMULA),
            arithmetic="; ".join(table.text for table in tables),
        )
    agreeing = [(table, names) for table in testable if (names := table.agreeing(p))]
    disagreeing = [table for table in testable if not table.agreeing(p)]
    remarks = []
    if agreeing:
        table, names = agreeing[0]
        if len(table.results) > 1 and len(names) < len(table.results) and p.closed:
            remarks.append(_("Agrees with %(tests)s.") % {"tests": ", ".join(names)})
        if disagreeing:
            remarks.append(
                _("Agrees for %(one)s, not for %(other)s.")
                % {"one": table.words, "other": ", ".join(other.words for other in disagreeing)}
            )
    else:
        remarks.append(_("Another test, or counts other than the printed ones, can explain it."))
        remarks += [
            _("It agrees with %(tests)s for %(counts)s, %(words)s.")
            % {"tests": ", ".join(names), "counts": table.text, "words": table.words}
            for table in elsewhere
            if (names := table.agreeing(p))
        ]
    return Outcome.of(
        bool(agreeing),
        formula=str(FORMULA),
        arithmetic="; ".join(table.line for table in testable),
        computed=", ".join(
            dict.fromkeys(shown_p(value) for table in testable for value in table.results.values())
        ),
        remark=joined(remarks),
    )
