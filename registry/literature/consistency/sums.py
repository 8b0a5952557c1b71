"""Sums against totals: categories of a group, arms of a series, kinds, and parts within their whole."""

from collections.abc import Iterable, Iterator, Sequence

from django.utils.translation import gettext as _

from registry.literature.consistency.quantities import About, Bundle, Cell, Series
from registry.literature.consistency.relations import DENOMINATOR, EXCLUDED, KINDS, PARTS, SUBSETS
from registry.literature.consistency.result import Check, Family, Input, Outcome, make
from registry.literature.models import Statistic, UnitOfAnalysis

#: Categories that gather what is not named begin with this word.
OTHER = "other "

# -- arithmetic -------------------------------------------------------------------------------------------------------


def add_up(parts: Sequence[int], total: int, remark: str = "") -> Outcome:
    """Whether parts add up to a printed total; all of them are exact counts."""
    found = sum(parts)
    agrees = found == total
    if not agrees:
        remark = _(
            "The sum differs by %(difference)s. Missing or doubly counted patients can explain it."
        ) % {"difference": _signed(found - total)} + (f" {remark}" if remark else "")
    return Outcome.of(
        agrees,
        formula=_("sum of the parts = total"),
        arithmetic=f"{' + '.join(str(part) for part in parts)} = {found}",
        computed=str(found),
        remark=remark,
    )


def at_most(part: int, whole: int) -> Outcome:
    """Whether a part is no larger than what it is part of."""
    return Outcome.of(
        part <= whole,
        formula=_("part ≤ whole"),
        arithmetic=f"{part} {'≤' if part <= whole else '>'} {whole}",
        computed=f"≤ {whole}",
    )


def apart(successes: int, events: int, total: int) -> Outcome:
    """Whether successes, and the events that their definition excludes, are different patients of one group."""
    found = successes + events
    agrees = found <= total
    return Outcome.of(
        agrees,
        formula=_("successes + events that their definition excludes ≤ size of the group"),
        arithmetic=f"{successes} + {events} = {found} {'≤' if agrees else '>'} {total}",
        computed=f"{found}",
        remark=""
        if agrees
        else _("An event that was noticed after the success was recorded, or counted apart, can explain it."),
    )


def _signed(number: int) -> str:
    return f"+{number}" if number > 0 else f"−{-number}"


# -- which cells ------------------------------------------------------------------------------------------------------


def checks(series: Series) -> Iterator[Check]:
    for arm in ["", *series.arms]:
        for variable in PARTS:
            yield from _categories(series, variable, arm)
    yield from _arms(series)
    yield from _others(series)
    yield from _kinds(series)
    yield from _subsets(series)
    yield from _excluded(series)


def counts(bundles: Iterable[Bundle]) -> list[Cell]:
    return [bundle.cells[Statistic.N] for bundle in bundles if Statistic.N in bundle.cells]


def listed(series: Series, variable: str, arm: str) -> list[list[Cell]]:
    """The categories of a variable in a group, as each place and time point lists them; two or more of them."""
    found: dict[tuple[str, str], list[Cell]] = {}
    for bundle in series.find(variable, arm=arm):
        cell = bundle.get(Statistic.N)
        if cell is None or not bundle.about.category:
            continue
        for row in cell.rows:
            group = found.setdefault((row.location, bundle.about.time_point), [])
            if cell not in group:
                group.append(cell)
    lists: list[list[Cell]] = []
    for cells in found.values():
        if len(cells) > 1 and cells not in lists:
            lists.append(cells)
    return lists


def _categories(series: Series, variable: str, arm: str) -> Iterator[Check]:
    for cells in listed(series, variable, arm):
        about = cells[0].about
        total, words = _total(series, variable, cells)
        title = series.label(About(variable, "", about.time_point, arm), _("categories add up"))
        key = (variable, arm, about.time_point, cells[0].location)
        inputs = [cell.input() for cell in cells]
        shown = " + ".join(cell.number.text for cell in cells)
        if isinstance(total, Cell):
            yield make(
                Family.SUM,
                title,
                key,
                variable,
                [*inputs, total.input()],
                shown,
                _against(cells, total.count, words),
            )
        elif total is not None:
            yield make(Family.SUM, title, key, variable, inputs, shown, _against(cells, total, words))


def _against(cells: Sequence[Cell], total: int, words: str) -> Outcome:
    outcome = add_up([cell.count for cell in cells], total)
    sign = "=" if outcome.verdict == "consistent" else "≠"
    return Outcome(
        outcome.verdict,
        outcome.formula,
        f"{outcome.arithmetic} {sign} {total} ({words})",
        outcome.computed,
        outcome.remark,
    )


def _total(series: Series, variable: str, cells: Sequence[Cell]) -> tuple[Cell | int | None, str]:
    """What the categories are to add up to, and how that is called."""
    about = cells[0].about
    for name in PARTS[variable]:
        if name == DENOMINATOR:
            denominators = {cell.denominator for cell in cells}
            if len(denominators) == 1 and None not in denominators:
                return denominators.pop(), _("their denominator")
            continue
        total = series.count(name, about.arm, "", about.time_point) or series.count(name, about.arm)
        if total is not None:
            return total, total.label
    return None, ""


def _arms(series: Series) -> Iterator[Check]:
    """What the arms print against what is printed of the whole series."""
    for bundle in series.bundles:
        whole = bundle.get(Statistic.N)
        about = bundle.about
        if whole is None or about.arm or not series.arms:
            continue
        parts = [
            cell
            for arm in series.arms
            if (cell := series.count(about.variable, arm, about.category, about.time_point)) is not None
        ]
        if not parts:
            continue
        key = (about.variable, about.category, about.time_point, "arms")
        inputs = [*(part.input() for part in parts), whole.input()]
        numbers = [part.count for part in parts]
        remark = ""
        if any(part.unit != whole.unit for part in parts):
            remark = _("The arms count %(arms)s, the whole series is worded in %(whole)s.") % {
                "arms": UnitOfAnalysis(parts[0].unit).label,
                "whole": UnitOfAnalysis(whole.unit).label,
            }
        if len(parts) == len(series.arms):
            outcome = add_up(numbers, whole.count, remark)
            title = series.label(about, _("arms add up"))
        else:
            outcome = at_most(sum(numbers), whole.count)
            title = series.label(about, _("no arm above the series"))
        yield make(Family.SUM, title, key, about.variable, inputs, whole.number.shown, outcome)
    yield from _categories_of_arms(series)


def _categories_of_arms(series: Series) -> Iterator[Check]:
    """Categories of every arm together, where only the whole series has a printed total."""
    for variable, wholes in PARTS.items():
        lists = [lists[0] for arm in series.arms if (lists := listed(series, variable, arm))]
        if len(lists) < 2 or len(lists) != len(series.arms) or wholes[0] == DENOMINATOR:
            continue
        if any(_total(series, variable, cells)[0] is not None for cells in lists):
            continue
        total = series.count(wholes[0], "")
        if total is None:
            continue
        cells = [cell for group in lists for cell in group]
        yield make(
            Family.SUM,
            series.label(total.about, _("categories of all arms add up")),
            (variable, "all-arms"),
            variable,
            [*(cell.input() for cell in cells), total.input()],
            total.number.shown,
            add_up([cell.count for cell in cells], total.count),
        )


def _others(series: Series) -> Iterator[Check]:
    """“Other” of the arms against the categories that the whole series names and the arms do not."""
    if not series.arms:
        return
    for variable in PARTS:
        whole_lists = listed(series, variable, "")
        arm_lists = [lists[0] for arm in series.arms if (lists := listed(series, variable, arm))]
        if not whole_lists or len(arm_lists) != len(series.arms):
            continue
        rest = [cell for cells in arm_lists for cell in cells if cell.about.category.startswith(OTHER)]
        named = {cell.about.category for cells in arm_lists for cell in cells}
        remaining = [cell for cell in whole_lists[0] if cell.about.category not in named]
        if not rest or not remaining:
            continue
        total = sum(cell.count for cell in rest)
        outcome = add_up([cell.count for cell in remaining], total)
        words = " + ".join(str(cell.count) for cell in rest)
        sign = "=" if outcome.verdict == "consistent" else "≠"
        yield make(
            Family.SUM,
            series.label(About(variable, rest[0].about.category, "", ""), _("against those named")),
            (variable, "other"),
            variable,
            [cell.input() for cell in (*rest, *remaining)],
            words,
            Outcome(
                outcome.verdict,
                _("sum of “other” over the arms = sum of the categories the arms do not name"),
                f"{words} = {total} {sign} {outcome.arithmetic}",
                outcome.computed,
                outcome.remark,
            ),
        )


def _kinds(series: Series) -> Iterator[Check]:
    for variable, of in KINDS.items():
        for cell in counts(series.find(variable)):
            lists = listed(series, of, cell.about.arm)
            if not lists:
                continue
            longest = max(lists, key=len)
            outcome = add_up([1] * len(longest), cell.count)
            names = ", ".join(each.about.category for each in longest)
            yield make(
                Family.SUM,
                series.label(cell.about, _("as many as are listed")),
                (variable, cell.about.arm),
                variable,
                [cell.input(), *(each.input() for each in longest)],
                cell.number.shown,
                Outcome(
                    outcome.verdict,
                    _("number of kinds = kinds listed"),
                    f"{names}: {len(longest)}",
                    str(len(longest)),
                    outcome.remark,
                ),
            )


def _subsets(series: Series) -> Iterator[Check]:
    for part_name, whole_name in SUBSETS:
        for arm in ["", *series.arms]:
            part, whole = series.count(part_name, arm), series.count(whole_name, arm)
            if part is None or whole is None:
                continue
            yield make(
                Family.SUM,
                series.label(part.about, _("among the larger group")),
                (part_name, whole_name, arm),
                part_name,
                inputs_of(part, whole),
                part.number.shown,
                at_most(part.count, whole.count),
            )


def _excluded(series: Series) -> Iterator[Check]:
    """A success that the paper defines as being without an event, beside the number of those events."""
    for definition, (success_name, event_name, category) in EXCLUDED.items():
        allowed = next(iter(series.find(definition)), None)
        limit = allowed.get(Statistic.MAX) if allowed is not None else None
        if limit is None or limit.count:
            continue
        for arm in ["", *series.arms]:
            success = series.count(success_name, arm)
            event = series.count(event_name, arm, category)
            if success is None or event is None or success.denominator is None:
                continue
            yield make(
                Family.SUM,
                series.label(success.about, _("without the events that its definition excludes")),
                (success_name, event_name, category, arm),
                success_name,
                inputs_of(limit, success, event),
                success.number.shown,
                apart(success.count, event.count, success.denominator),
            )


def inputs_of(*cells: Cell) -> list[Input]:
    return [cell.input() for cell in cells]
