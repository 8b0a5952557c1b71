"""What data queries and quality rules have to say when two patients are merged."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import ngettext

from registry.access.scope import curated_centers
from registry.curation import queries
from registry.curation.merging import hooks
from registry.curation.models import DataQuery
from registry.curation.quality.duplicates import DUPLICATE, probable_duplicates


def bring_along(merger: hooks.Merger) -> Iterator[str]:
    """The merged patient's queries go to the survivor; whether the two are one person is settled by this."""
    both = (merger.merged.uuid, merger.survivor.uuid)
    asked = DataQuery.objects.waiting().filter(record_uuid__in=both, rule=DUPLICATE.code)
    queries.close_by_itself(list(asked), merger.reason, by=merger.by)
    moved = queries.carry_over(merger.merged, merger.survivor, by=merger.by, reason=merger.reason)
    if moved:
        said = ngettext("%(n)d data query goes along.", "%(n)d data queries go along.", moved)
        yield said % {"n": moved}


def pairs(user: Any) -> Iterator[hooks.Pair]:
    """Probable duplicates of the centres that the user curates, less those found to be two persons."""
    silent = set(
        DataQuery.objects.filter(rule=DUPLICATE.code, silenced=True).values_list("record_uuid", flat=True)
    )
    for center in curated_centers(user):
        for pair in probable_duplicates(center):
            if pair.second.uuid not in silent:
                yield hooks.Pair(pair.first, pair.second, pair.sentence)
