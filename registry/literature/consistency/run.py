"""Every check of a publication: those of its printed numbers, and those that higher floors add."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Count, DateTimeField, IntegerField, Max, OuterRef, Subquery, Value
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
from registry.literature.models import CitedSeries, Publication, ReportedValue, StudyArm

_FAMILIES = (sums, percents, pooled, spread, grain, p_values, changes, limits, places, cited)
#: What other floors check, and the expressions over a publication that differ when their records have changed.
_ADDED: list[Callable[[Series], Iterator[Check]]] = []
_STAMPS: list[Callable[[], dict[str, Any]]] = []
#: Answers kept in this process: checks change only when a publication is loaded anew.
_KEPT: OrderedDict[tuple[Any, ...], tuple[Any, list[Check]]] = OrderedDict()
MOST_KEPT = 40


def register(
    source: Callable[[Series], Iterator[Check]], stamps: Callable[[], dict[str, Any]] | None = None
) -> None:
    """Add checks that need more than printed numbers of groups; called once, when a floor starts.

    ``stamps`` answers with annotations of publications that differ whenever the records behind these checks change.
    """
    if source not in _ADDED:
        _ADDED.append(source)
    if stamps is not None and stamps not in _STAMPS:
        _STAMPS.append(stamps)


def changed_at(rows: Any, name: str) -> dict[str, Any]:
    """How many rows of a publication there are and when one of them changed last, as annotations of publications."""
    apart = rows.order_by().annotate(_all=Value(1)).values("_all")
    return {
        f"{name}_n": Subquery(apart.annotate(n=Count("pk")).values("n"), output_field=IntegerField()),
        f"{name}_at": Subquery(
            apart.annotate(at=Max("modified_at")).values("at"), output_field=DateTimeField()
        ),
    }


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
    return checks_of_all([publication])[publication.pk]


def checks_of_all(publications: Sequence[Publication]) -> dict[int, list[Check]]:
    """The checks of several publications by primary key; one query where all of them are kept."""
    stamps = _stamps([publication.pk for publication in publications])
    return {publication.pk: _kept(publication, stamps.get(publication.pk)) for publication in publications}


def _kept(publication: Publication, stamp: Any) -> list[Check]:
    key = (publication.uuid, get_language())
    kept = _KEPT.get(key)
    if kept is not None and kept[0] == stamp:
        return kept[1]
    found = _run(publication)
    _KEPT[key] = stamp, found
    _KEPT.move_to_end(key)
    while len(_KEPT) > MOST_KEPT:
        _KEPT.popitem(last=False)
    return found


def _stamps(keys: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    annotations: dict[str, Any] = {}
    for model in (ReportedValue, CitedSeries, StudyArm):
        rows = model._base_manager.filter(publication=OuterRef("pk"))
        annotations |= changed_at(rows, str(model._meta.model_name))
    for stamps in _STAMPS:
        annotations |= stamps()
    found = Publication.objects.filter(pk__in=keys).annotate(**annotations)
    return {pk: tuple(rest) for pk, *rest in found.values_list("pk", *annotations)}


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
