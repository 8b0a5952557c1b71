"""From what the rules find to data queries: raise what is new, close what no longer fires, leave silence alone."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from cases.models import Case
from registry.core.policies import Gap
from registry.core.records import together
from registry.curation import queries
from registry.curation.models import DataQuery
from registry.curation.models.query import State
from registry.curation.quality.base import Rule

#: Record, rule, field: what a rule has one query for.
Key = tuple[Any, str, str]


def keyed(rule: str, gaps: Iterable[Gap]) -> dict[Key, tuple[Any, str]]:
    """The findings of a rule by what they are about; several sentences about one field become one text."""
    found: dict[Key, tuple[Any, str]] = {}
    for gap in gaps:
        key = (gap.record.uuid, rule, gap.field)
        said = f"{found[key][1]} {gap.message}" if key in found else str(gap.message)
        found[key] = (gap.record, said)
    return found


def in_every_language(
    look: Callable[[], dict[Key, tuple[Any, str]]],
) -> dict[Key, tuple[Any, dict[str, str]]]:
    """The findings with their sentences by language: a query is read by others than who caused it."""
    found: dict[Key, tuple[Any, dict[str, str]]] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for key, (record, sentence) in look().items():
                found.setdefault(key, (record, {}))[1][language] = sentence
    return found


def settle(
    look: Callable[[], dict[Key, tuple[Any, str]]],
    known: Sequence[DataQuery],
    *,
    by: Any,
    closes: Callable[[DataQuery], bool],
    lock: Callable[[], Any] | None = None,
) -> tuple[int, int]:
    """Bring the queries in line with what the rules find now. Answers how many were raised and how many closed.

    ``known`` are the queries of these records that wait or are silent, and ``closes`` says which of them these rules
    answer for. ``lock`` holds what others would write at the same time.
    """
    found = look()
    standing = {(query.record_uuid, query.rule, query.field): query for query in known}
    gone = [
        query for key, query in standing.items() if query.is_waiting and key not in found and closes(query)
    ]
    fresh = {key for key in found if _is_news(standing.get(key), found[key][1])}
    if not gone and not fresh:
        return 0, 0
    worded = in_every_language(look) if fresh else {}
    raised = 0
    with together():
        if lock is not None:
            lock()
        for record_uuid, rule, field in sorted(fresh, key=str):
            record, wording = worded[record_uuid, rule, field]
            raised += queries.raise_by_rule(record, field, rule, wording, by=by) is not None
        closed = queries.close_by_itself(gone, _why_gone(), by=by)
    return raised, closed


def _is_news(query: DataQuery | None, sentence: str) -> bool:
    """Whether nothing has been asked yet, or something else than now."""
    if query is None:
        return True
    return query.state != State.CLOSED and sentence not in query.wording.values()


def _why_gone() -> str:
    with translation.override(settings.LANGUAGE_CODE):
        return _("The rule finds nothing any more.")


def known_of(cases: Iterable[Case]) -> list[DataQuery]:
    """The rules' queries of these cases that wait or are silent."""
    rows = DataQuery.objects.filter(case__in=list(cases)).exclude(rule="")
    return list(rows.exclude(state=State.CLOSED, silenced=False))


def findings(rules: Iterable[Rule], case: Any) -> dict[Key, tuple[Any, str]]:
    """What the rules find in a loaded case."""
    found: dict[Key, tuple[Any, str]] = {}
    for rule in rules:
        found.update(keyed(rule.code, rule.asks(case)))
    return found
