"""The same quantity printed at several places: abstract, text and tables must name the same number."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from registry.literature.consistency.quantities import About, Cell, Series, statistic_words
from registry.literature.consistency.relations import TWO_WORDINGS
from registry.literature.consistency.result import Check, Family, Outcome, Verdict, make
from registry.literature.models import ReportedValue
from registry.literature.words import variable_label

# -- arithmetic -------------------------------------------------------------------------------------------------------


def alike(cells: Sequence[Cell]) -> Outcome:
    """Whether numbers printed at several places may all be the same value."""
    differing = [
        (one, other)
        for number, one in enumerate(cells)
        for other in cells[number + 1 :]
        if not one.number.meets(other.number)
    ]
    text = "; ".join(f"{cell.number.shown} ({cell.location})" for cell in cells)
    remark = ""
    if differing:
        remark = _("Two places name different numbers; which of them holds cannot be told from the paper.")
    return Outcome.of(
        not differing,
        formula=_("one value that rounds to every printed number"),
        arithmetic=text,
        computed=" ∩ ".join(dict.fromkeys(cell.number.shown_range for cell in cells)),
        remark=remark,
    )


# -- which cells ------------------------------------------------------------------------------------------------------


def checks(series: Series) -> Iterator[Check]:
    yield from _wordings(series)
    for key, values in _same(series).items():
        places = list(dict.fromkeys((value.location, value.origin) for value in values))
        if len(places) < 2:
            continue
        cells = [series.cell(value) for value in values]
        about = cells[0].about
        statistic = statistic_words(values[0].statistic)
        yield make(
            Family.PLACES,
            series.label(about, f"{statistic}, {_('%(n)s places') % {'n': len(places)}}"),
            tuple(str(part) for part in key),
            about.variable,
            [cell.input() for cell in cells],
            "; ".join(dict.fromkeys(cell.number.shown for cell in cells)),
            alike(cells),
        )


def _wordings(series: Series) -> Iterator[Check]:
    """Two names under which a paper prints counts of the same groups, told apart by the words alone."""
    for one, other in TWO_WORDINGS:
        for arm in ["", *series.arms]:
            first, second = (_counts(series, name, arm) for name in (one, other))
            if not first or [cell.count for cell in first] != [cell.count for cell in second]:
                continue
            about = first[0].about
            names = {"one": variable_label(one), "other": variable_label(other)}
            yield make(
                Family.PLACES,
                series.label(About(one, "", about.time_point, arm), _("two wordings")),
                (one, other, arm),
                one,
                [cell.input() for cell in (*first, *second)],
                " / ".join(cell.number.shown for cell in first),
                Outcome(
                    Verdict.CONSISTENT,
                    _("same counts under both names"),
                    "; ".join(
                        f"{cell.label} {cell.number.shown} ({cell.location})" for cell in (*first, *second)
                    ),
                    " / ".join(cell.number.shown for cell in second),
                    _("The numbers agree, the words do not: “%(one)s” in one place, “%(other)s” in another.")
                    % names,
                ),
            )


def _counts(series: Series, variable: str, arm: str) -> list[Cell]:
    return [bundle.cells["n"] for bundle in series.find(variable, arm=arm) if "n" in bundle.cells]


def _same(series: Series) -> dict[tuple[Any, ...], list[ReportedValue]]:
    """Values by what they say. One without a time point is of the only time point at which the same is said."""
    points: dict[tuple[Any, ...], set[str]] = {}
    for value in series.values:
        points.setdefault(_key(value), set()).add(value.time_point)
    found: dict[tuple[Any, ...], list[ReportedValue]] = {}
    for value in series.values:
        named = points[_key(value)] - {""}
        at = value.time_point or (next(iter(named)) if len(named) == 1 else "")
        found.setdefault((*_key(value), at), []).append(value)
    return found


def _key(value: ReportedValue) -> tuple[Any, ...]:
    arm = value.arm.code if value.arm is not None else ""
    return value.variable, value.category, arm, value.statistic, value.comparison
