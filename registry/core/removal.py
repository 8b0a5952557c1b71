"""Many records deleted at once: these and nothing else, each of them judged, all of them in history."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import models, router
from django.db.models import signals
from django.utils.translation import gettext_lazy as _

from registry.core import policies, records
from registry.core.family import Family, in_parts
from registry.core.many import Refusal, Refused, in_order
from registry.core.models import Record
from registry.core.new_rows import BATCH
from registry.core.sequence import together


def delete_many(given: Sequence[Record], *, by: Any, reason: str = "") -> None:
    """Delete these records as they were read and nothing else, as one change; see ``registry.core.records``."""
    with together():
        family = Family(given, lock=True)
        gone = {(type(record), record.pk) for record in given}
        read = {(type(record), record.pk): record for record in given}
        stored = [family.stored(record) for record in given if family.stored(record) is not None]
        family.records = []
        family.connect()
        refusals = []
        with policies.judging_many():
            for index, record in enumerate(stored):
                try:
                    seen = read[type(record), record.pk]
                    if seen.version != record.version:
                        raise records.Conflict(record, seen, seen.version)
                    _judge_deletion(family, record, gone, by, reason)
                except (ValidationError, PermissionDenied, records.Conflict) as error:
                    refusals.append(Refusal(index, record, error))
        if refusals:
            raise Refused(refusals)
        roots = {id(root): root for record in stored for root in record.roots_beneath()}
        remaining = [root for root in roots.values() if (type(root), root.pk) not in gone]
        by_model: dict[type[Record], list[Any]] = defaultdict(list)
        for record in stored:
            by_model[type(record)].append(record)
        with records._pass(by, reason):
            for model in reversed(in_order(by_model)):
                rows = by_model[model]
                _let_go(model, [row.pk for row in rows])
                for at in range(0, len(rows), BATCH):
                    part = rows[at : at + BATCH]
                    found = model._base_manager.filter(pk__in=[row.pk for row in part])
                    found._raw_delete(found.db)
                for row in rows:
                    signals.post_delete.send(model, instance=row, using=router.db_for_write(model))
        _demand_of_the_rest(remaining)
        policies.written_many([], stored, remaining, by, reason)


def _let_go(model: type[Record], keys: list[int]) -> None:
    """What is no record and refers to these rows: it goes with them or loses the reference, as its key says."""
    for relation in model._meta.related_objects:
        other: Any = relation.related_model
        if issubclass(other, Record) or relation.on_delete is models.DO_NOTHING:
            continue
        for part in in_parts(keys):
            rows = other._base_manager.filter(**{f"{relation.field.name}__in": part})
            if relation.on_delete is models.SET_NULL:
                rows.update(**{relation.field.name: None})
            elif relation.on_delete is models.CASCADE:
                rows.delete()
            elif rows.exists():
                raise ValidationError(
                    _("These records cannot be deleted while others refer to them."), code="protected"
                )


def _judge_deletion(family: Family, record: Record, gone: set[Any], by: Any, reason: str) -> None:
    if not policies.may_write(by, record):
        raise PermissionDenied(_("You may not delete records of this centre."))
    root: Any = record.aggregate_root()
    policies.check_write(records.Attempt(by, record, record, root, True, reason))
    if root is not None and root.is_settled() and not reason.strip():
        raise ValidationError(records._REASON_NEEDED, code="reason")
    held = set()
    for relation in type(record)._meta.related_objects:
        child: Any = relation.related_model
        if not issubclass(child, Record) or child not in family.after:
            continue
        others = getattr(record, str(relation.get_accessor_name()), None)
        rows = [] if others is None else [others] if relation.one_to_one else others.all()
        held |= {str(child._meta.verbose_name_plural) for row in rows if (child, row.pk) not in gone}
    if held:
        raise ValidationError(
            _("%(record)s cannot be deleted while %(others)s refer to it."),
            code="protected",
            params={"record": str(record), "others": ", ".join(sorted(held))},
        )


def _demand_of_the_rest(roots: list[Any]) -> None:
    """Roots that stay must still be complete, if they are said to be."""
    settled = [root for root in roots if root.is_settled()]
    for model in {type(root) for root in settled}:
        fresh = Family([root for root in settled if type(root) is model], lock=False)
        fresh.records = []
        fresh.connect()
        for root in settled:
            found = policies.gaps(fresh.after[model][root.pk])
            if found:
                raise ValidationError(
                    {NON_FIELD_ERRORS: [ValidationError(gap.message, code="incomplete") for gap in found]}
                )
