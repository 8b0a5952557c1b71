"""Main results of a release as a reader sees them: rows of results, a column for each group."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from registry.core.units import shown_unit
from registry.research.cohort_statistics.number_words import decimal, percent, places_for
from registry.research.course import long_label
from registry.research.releases.difference import Moved


@dataclass(frozen=True)
class Line:
    """One result: what it is, at which time point, and what it comes to in each group."""

    label: str
    time: str
    cells: tuple[str, ...]


def groups_of(results: Iterable[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(result["group"] for result in results))


def lines_of(results: Iterable[Mapping[str, Any]]) -> list[Line]:
    """Every result that any group has a number of."""
    results = list(results)
    groups = groups_of(results)
    found: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}
    for result in results:
        found.setdefault((result["result"], result["time_point"]), {})[result["group"]] = result
    return [
        Line(
            label_of(first), long_label(first["time_point"]), tuple(text_of(of.get(code)) for code in groups)
        )
        for of in found.values()
        if (first := next(iter(of.values()))) and any(text_of(result) for result in of.values())
    ]


def label_of(result: Mapping[str, Any]) -> str:
    unit = f" ({shown_unit(result['unit'])})" if result["unit"] else ""
    return capfirst(result["label"]) + unit


def text_of(result: Mapping[str, Any] | None) -> str:
    """``7.4 (1.6), n = 12``; ``10/58 (17 %)``; ``20.0 (12.1 to 31.0), n = 5``; a plain number of units.

    Where nothing is known, that nobody is: ``n = 0``, which is not none of them.
    """
    if result is None or result.get("n") is None:
        return ""
    if not result["n"]:
        return "n = 0" if "missing" in result else "0"
    n = result["n"]
    if result.get("share") is not None:
        return f"{result['count']}/{n} ({percent(result['share'])})"
    for name, beside in (("mean", "sd"), ("estimate", "")):
        value = result.get(name)
        if value is None:
            continue
        places = places_for(value)
        text = decimal(value, places)
        if result.get(beside) is not None:
            text += f" ({decimal(result[beside], places)})"
        elif result.get("ci_low") is not None:
            ends = [_end(result.get(end), places) for end in ("ci_low", "ci_high")]
            text += " (" + _("%(low)s to %(high)s") % {"low": ends[0], "high": ends[1]} + ")"
        return f"{text}, n = {n}"
    return str(n) if "reason" not in result else ""


def _end(value: float | None, places: int) -> str:
    """An end of an interval; one without a limit is kept as nothing."""
    return "∞" if value is None else decimal(value, places)


@dataclass(frozen=True)
class Movement:
    """A main result before and after; of each group the two texts, nothing where it stayed."""

    label: str
    time: str
    cells: tuple[tuple[str, str] | None, ...]


def movements_of(moved: Iterable[Moved]) -> list[Movement]:
    """Results that moved in any group; the groups in the order of ``groups_of``."""
    moved = list(moved)
    groups = groups_of(result.about for result in moved)
    found: dict[tuple[str, str], dict[str, Moved]] = {}
    for result in moved:
        about = result.about
        found.setdefault((about["result"], about["time_point"]), {})[about["group"]] = result
    return [
        Movement(
            label_of(about),
            long_label(about["time_point"]),
            tuple(_both(of[code]) if code in of else None for code in groups),
        )
        for of in found.values()
        if (about := next(iter(of.values())).about)
    ]


def _both(moved: Moved) -> tuple[str, str]:
    """What it was and what it is; where the rounded text is the same, what moved by name."""
    before, after = text_of(moved.before), text_of(moved.after)
    return (before, after) if before != after else (_finer(moved.before, moved), _finer(moved.after, moved))


def _finer(result: Mapping[str, Any] | None, moved: Moved) -> str:
    """What moved, by name, where it does not show in the rounded text."""
    of = result or {}
    names = {"missing": _("missing"), "ci_low": _("lower limit"), "ci_high": _("upper limit")}
    return ", ".join(f"{names.get(name, name)} {of.get(name, '–')}" for name in moved.moved)
