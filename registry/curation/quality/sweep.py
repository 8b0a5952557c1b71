"""All rules over all cases of the centres, a batch at a time, so that memory stays flat however many there are."""

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from cases import editor
from cases.models import Case
from registry.access.models import Center
from registry.core.actors import System
from registry.curation import queries, targets
from registry.curation.models import DataQuery
from registry.curation.quality.base import CrossRule, Rule, due_sql
from registry.curation.quality.rules import BY_CODE, CROSS_RULES, RULES
from registry.curation.quality.settling import Key, findings, keyed, known_of, settle

ACTOR = System("quality rules")
#: Cases looked at together.
BATCH = 100


def clinical_centers(codes: Collection[str] = ()) -> Any:
    """The hospitals, or those of these codes. What contradicts in a published series is a fact of its paper."""
    rows = Center.objects.filter(kind=Center.Kind.CLINICAL).order_by("code")
    return rows.filter(code__in=codes) if codes else rows


def check(center: Any, codes: Collection[str] = ()) -> Counter[str]:
    """Run the rules of these codes, or all, over a centre. Answers how many queries were raised and closed.

    Keys of the answer: ``cases``, ``raised``, ``closed``, and each rule's code with how many of its queries wait.
    """
    chosen = [rule for rule in RULES if not codes or rule.code in codes]
    done: Counter[str] = Counter()
    for batch in _batches(center, chosen):
        _check_batch(batch, chosen, done)
    for cross in CROSS_RULES:
        if not codes or cross.code in codes:
            _check_cross(center, cross, done)
    _close_orphans(center, done)
    waiting = DataQuery.objects.waiting().filter(center=center, rule__in=codes or BY_CODE)
    for code in waiting.values_list("rule", flat=True).iterator():
        done[code] += 1
    return done


def check_cases(keys: Collection[int]) -> Counter[str]:
    """Run the rules over some cases, as after an import; those that compare patients wait for the nightly run."""
    done: Counter[str] = Counter()
    wanted = sorted(keys)
    for at in range(0, len(wanted), BATCH):
        part = Case.objects.filter(pk__in=wanted[at : at + BATCH], center__kind=Center.Kind.CLINICAL)
        _check_batch(list(part.values_list("pk", flat=True)), list(RULES), done)
    return done


def _batches(center: Any, rules: list[Rule]) -> Iterator[list[int]]:
    """The keys of the cases to look at: those that may offend, and those that are asked about."""
    if not rules:
        return
    wanted = Q()
    for rule in rules:
        condition = rule.offenders()
        if not condition:
            wanted = Q() if rule.drafts else wanted | due_sql()
            if rule.drafts:
                break
        else:
            wanted |= condition if rule.drafts else (due_sql() & condition)
    else:
        asked = DataQuery.objects.waiting().filter(center=center, rule__in=[rule.code for rule in rules])
        wanted |= Q(pk__in=asked.values("case"))
    cases = Case.objects.filter(wanted, center=center).order_by("pk")
    last = 0
    while batch := list(cases.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        yield batch
        last = batch[-1]


def _check_batch(keys: list[int], rules: list[Rule], done: Counter[str]) -> None:
    codes = {rule.code for rule in rules}
    known: dict[Any, list[DataQuery]] = {}
    for query in known_of(keys):  # type: ignore[arg-type]
        known.setdefault(query.case_id, []).append(query)
    for case in editor.load(Case.objects.filter(pk__in=keys)).order_by("pk"):
        raised, closed = settle(
            lambda case=case: findings(rules, case),  # type: ignore[misc]
            known.get(case.pk, []),
            by=ACTOR,
            closes=lambda query: query.rule in codes,
            lock=lambda case=case: Case.objects.select_for_update().get(pk=case.pk),  # type: ignore[misc]
        )
        done.update(cases=1, raised=raised, closed=closed)


def _check_cross(center: Any, rule: CrossRule, done: Counter[str]) -> None:
    known = list(DataQuery.objects.filter(center=center, rule=rule.code))

    def look() -> dict[Key, tuple[Any, str]]:
        return keyed(rule.code, rule.of_center(center))

    raised, closed = settle(
        look,
        [query for query in known if query.is_waiting or query.silenced],
        by=ACTOR,
        closes=lambda query: True,
    )
    done.update(raised=raised, closed=closed)


def _close_orphans(center: Any, done: Counter[str]) -> None:
    """Queries whose record has gone by another way than the write door."""
    waiting = DataQuery.objects.waiting().filter(center=center).order_by("pk")
    last = 0
    while batch := list(waiting.filter(pk__gt=last).select_related("case")[:BATCH]):
        there = targets.targets_of(batch)
        gone = [query for query in batch if there[query.pk].record is None]
        if gone:
            with translation.override(settings.LANGUAGE_CODE):
                done["closed"] += queries.close_by_itself(gone, _("The record has been deleted."), by=ACTOR)
        last = batch[-1].pk
