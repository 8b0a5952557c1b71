"""Undoing a batch that only created records: they go again, as long as nothing has been built on them."""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.core import many, records
from registry.core.family import in_parts
from registry.core.reading import read_reason
from registry.core.removal import delete_many
from registry.interchange.importing.batches import Refused, State, _move, _names, demand_curator
from registry.interchange.importing.layout import LAYOUTS
from registry.interchange.models import ImportBatch


def undo(batch: ImportBatch, user: Any, reason: object) -> None:
    """Delete what the batch created, as one change. Raises ``Refused``; then nothing has been deleted."""
    demand_curator(user)
    said = read_reason(reason)
    if not said:
        raise Refused(_("Say why the import is undone."))
    text = _("undoing the import of %(files)s: %(reason)s") % {"files": _names(batch), "reason": said}
    with records.together():
        if not _move(
            batch, (State.DONE,), State.UNDONE, undone_at=timezone.now(), undone_by=user.get_username()
        ):
            raise Refused(_("This import cannot be undone any more."))
        found = list(_created(batch))
        try:
            delete_many(found, by=user, reason=text[:1000])
        except many.Refused as refused:
            first = refused.refusals[0]
            raise Refused(
                _("The import cannot be undone: %(record)s: %(why)s")
                % {"record": first.record, "why": " ".join(_said(first.error))}
            ) from None
        except ValidationError as refused:
            why = " ".join(refused.messages)
            raise Refused(_("The import cannot be undone: %(why)s") % {"why": why}) from None


def _said(error: Any) -> list[str]:
    if isinstance(error, records.Conflict):
        return [_("It has been changed since.")]
    return list(getattr(error, "messages", [])) or [str(error)]


def _created(batch: ImportBatch) -> Iterator[Any]:
    """The records of the batch as they are stored; each must be as the batch left it."""
    number = batch.change()
    if number is None or not batch.only_new:
        raise Refused(_("Only an import that created records, and changed none, can be undone."))
    for model in models():
        history: Any = model.history
        keys = set(history.filter(change_sequence=number).values_list("id", flat=True))
        found: dict[int, Any] = {}
        for part in in_parts(keys):
            found |= model._base_manager.in_bulk(part)
        if len(found) < len(keys):
            raise Refused(_("The import cannot be undone: records of it have been deleted since."))
        changed = next((record for record in found.values() if record.version != 1), None)
        if changed is not None:
            raise Refused(
                _("The import cannot be undone: %(record)s has been changed since.") % {"record": changed}
            )
        yield from found.values()


def models() -> list[Any]:
    """The models of which an import can create records."""
    from procedures.kinds import KINDS

    return [layout.model for layout in LAYOUTS.values()] + [kind.details_model for kind in KINDS.values()]
