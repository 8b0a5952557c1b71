"""What a saved record settles or raises, in the same transaction: cheap, for it happens with every field that is left.

One question to the database says which queries there are. A record is judged by the rules that need nothing but itself;
a case that has been declared complete is looked at as a whole. Rules that compare patients wait for the nightly run.
"""

import logging
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from cases import editor
from cases.models import Case, Patient
from registry.access.models import Center
from registry.curation import queries, targets
from registry.curation.models import DataQuery
from registry.curation.models.query import State
from registry.curation.quality.base import is_due
from registry.curation.quality.rules import BY_CODE, RULES
from registry.curation.quality.screening import WHOLE_RULES, offends
from registry.curation.quality.settling import Key, findings, keyed, settle

log = logging.getLogger(__name__)

#: Public ids in one condition.
_AT_ONCE = 10_000

RECORD_RULES = tuple(rule for rule in RULES if rule.of_record is not None)
_RECORD_CODES = frozenset(rule.code for rule in RECORD_RULES)
_CASE_CODES = frozenset(rule.code for rule in RULES)
#: Rules of which the screening knows when they find nothing.
_SCREENED_CODES = frozenset(rule.code for rule in WHOLE_RULES)
#: Rules that only a look at the whole case can settle.
_LOOKED_AT_CODES = _CASE_CODES - _SCREENED_CODES - _RECORD_CODES


def look_again(record: Any, actor: Any, reason: str) -> None:
    """A listener of the write door."""
    if (
        not isinstance(record, Patient)
        and "case" not in (record.center_path or "")
        and type(record) is not Case
    ):
        return
    root = record.aggregate_root()
    center = root.center
    if center.kind != Center.Kind.CLINICAL:
        return
    own = Q(case__patient=root.pk) if isinstance(root, Patient) else Q(case=root.pk)
    known = list(
        DataQuery.objects.filter(Q(record_uuid=record.uuid) | Q(case_uuid=root.uuid) | own).exclude(
            state=State.CLOSED, silenced=False
        )
    )
    if record.pk is None:
        _close_orphans(known, actor)
        return
    _close_changed(record, known, actor)
    due = [case for case in _cases(root) if is_due(case)]
    looked_at = {case.pk for case in due if _worth_a_look(case, known)}
    for case in editor.load(Case.objects.filter(pk__in=looked_at)) if looked_at else ():
        _settle(
            lambda case=case: findings(RULES, case),
            [query for query in known if query.rule],
            by=actor,
            closes=lambda query, case=case: query.rule in _CASE_CODES and query.case_id == case.pk,
        )
    if not looked_at:
        _judge_alone(record, known, {case.pk for case in due}, actor)


def _settle(*given: Any, **named: Any) -> None:
    """Settle; but a rule that breaks must not cost anybody what they entered. The nightly run breaks on it aloud."""
    try:
        settle(*given, **named)
    except DatabaseError:
        raise  # the transaction is lost
    except Exception:
        log.exception("The rules of quality could not be asked about a record that was saved")


def settle_many(records: list[Any], gone: list[Any], actor: Any, reason: str) -> None:
    """The listener's place where many records are written at once: what has become of the questions about them.

    The rules are not asked inside the transaction, which would last: whoever writes many has their cases looked at
    afterwards (``sweep.check_cases``).
    """
    by_uuid = {record.uuid: record for record in records if record.version > 1}
    lost = {record.uuid for record in gone}
    known = list(_waiting_about([*by_uuid, *lost]))
    about: dict[Any, list[DataQuery]] = {}
    for query in known:
        about.setdefault(query.record_uuid, []).append(query)
    for uuid in by_uuid.keys() & about.keys():
        _close_changed(by_uuid[uuid], about[uuid], actor)
    orphans = [query for query in known if query.record_uuid in lost]
    if orphans:
        with translation.override(settings.LANGUAGE_CODE):
            queries.close_by_itself(orphans, _("The record has been deleted."), by=actor)


def _waiting_about(uuids: list[Any]) -> Iterator[DataQuery]:
    for at in range(0, len(uuids), _AT_ONCE):
        yield from DataQuery.objects.waiting().filter(record_uuid__in=uuids[at : at + _AT_ONCE])


def _cases(root: Any) -> list[Case]:
    return [root] if isinstance(root, Case) else list(root.cases.all())


def _worth_a_look(case: Case, known: list[DataQuery]) -> bool:
    """Whether a rule that needs the whole case may find something in it, or must be asked whether it still does."""
    asked = any(
        query.is_waiting and query.rule in _LOOKED_AT_CODES and query.case_id == case.pk for query in known
    )
    return asked or offends(case.pk)


def _judge_alone(record: Any, known: list[DataQuery], screened: set[int], actor: Any) -> None:
    """By the rules that need nothing but the record; those that need more find nothing in a screened case."""

    def look() -> dict[Key, tuple[Any, str]]:
        found: dict[Key, tuple[Any, str]] = {}
        for rule in RECORD_RULES:
            found.update(keyed(rule.code, rule.of_record(record) if rule.of_record else ()))
        return found

    def closes(query: DataQuery) -> bool:
        if query.rule in _RECORD_CODES:
            return query.record_uuid == record.uuid
        return query.rule in _SCREENED_CODES and query.case_id in screened

    _settle(look, [query for query in known if query.rule], by=actor, closes=closes)


def _close_changed(record: Any, known: list[DataQuery], actor: Any) -> None:
    """A person's question about a value is settled when the value changes."""
    changed = [
        query
        for query in known
        if query.rule not in BY_CODE
        and query.is_waiting
        and query.field
        and query.record_uuid == record.uuid
        and query.asked_value != targets.value_text(record, query.field)
    ]
    if changed:
        with translation.override(settings.LANGUAGE_CODE):
            queries.close_by_itself(changed, _("The value has been changed."), by=actor)


def _close_orphans(known: list[DataQuery], actor: Any) -> None:
    """A record has gone, and what hung on it with it."""
    there = targets.targets_of(query for query in known if query.is_waiting)
    gone = [query for query in known if query.pk in there and there[query.pk].record is None]
    if gone:
        with translation.override(settings.LANGUAGE_CODE):
            queries.close_by_itself(gone, _("The record has been deleted."), by=actor)
