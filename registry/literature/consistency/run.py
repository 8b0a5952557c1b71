"""Every check of a publication: those of its printed numbers, and those that higher floors add."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from django.db.models import Count, Max
from django.utils.translation import get_language

from registry.literature.consistency import (
    changes,
    cited,
    grain,
    limits,
    p_values,
    percents,
    places,
    pooled,
    spread,
    sums,
)
from registry.literature.consistency.quantities import Series
from registry.literature.consistency.result import Check, Family, Verdict
from registry.literature.models import Publication

_FAMILIES = (sums, percents, pooled, spread, grain, p_values, changes, limits, places, cited)
#: What other floors check, and what tells that their records have changed.
_ADDED: list[Callable[[Series], Iterator[Check]]] = []
_STAMPS: list[Callable[[Publication], Any]] = []
#: Answers kept in this process: checks change only when a publication is loaded anew.
_KEPT: OrderedDict[tuple[Any, ...], tuple[Any, list[Check]]] = OrderedDict()
MOST_KEPT = 40


def register(
    source: Callable[[Series], Iterator[Check]], stamp: Callable[[Publication], Any] | None = None
) -> None:
    """Add checks that need more than printed numbers of groups; called once, when a floor starts.

    ``stamp`` answers with something that differs whenever the records behind these checks have changed.
    """
    if source not in _ADDED:
        _ADDED.append(source)
    if stamp is not None and stamp not in _STAMPS:
        _STAMPS.append(stamp)


def series_of(publication: Publication) -> Series:
    """The printed numbers of a publication; three queries."""
    return Series(
        publication,
        publication.arms.all(),
        publication.reported_values.select_related("arm").order_by("order"),
        publication.cited_series.all(),
    )


def checks_of(publication: Publication) -> list[Check]:
    """Every check of a publication, family by family, each with a key of its own, in the active language."""
    key = (publication.uuid, get_language())
    stamp = _stamp(publication)
    kept = _KEPT.get(key)
    if kept is not None and kept[0] == stamp:
        return kept[1]
    found = _run(publication)
    _KEPT[key] = stamp, found
    _KEPT.move_to_end(key)
    while len(_KEPT) > MOST_KEPT:
        _KEPT.popitem(last=False)
    return found


def _stamp(publication: Publication) -> tuple[Any, ...]:
    rows = (publication.reported_values, publication.cited_series, publication.arms)
    own = [tuple(manager.aggregate(n=Count("pk"), last=Max("modified_at")).values()) for manager in rows]
    return (*own, *(stamp(publication) for stamp in _STAMPS))


def _run(publication: Publication) -> list[Check]:
    series = series_of(publication)
    sources = (*(family.checks for family in _FAMILIES), *_ADDED)
    found = [check for source in sources for check in source(series)]
    order = {family: number for number, family in enumerate(Family)}
    return _distinct(sorted(found, key=lambda check: order[check.family]))


def _distinct(checks: Iterable[Check]) -> list[Check]:
    """Two checks of the same key are told apart by a number."""
    seen: Counter[str] = Counter()
    found = []
    for check in checks:
        seen[check.key] += 1
        found.append(replace(check, key=f"{check.key}.{seen[check.key]}") if seen[check.key] > 1 else check)
    return found


def tally(checks: Iterable[Check]) -> dict[Verdict, int]:
    """How many checks answer what."""
    counts = Counter(check.verdict for check in checks)
    return {verdict: counts[verdict] for verdict in Verdict}
