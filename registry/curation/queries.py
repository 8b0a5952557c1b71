"""The one place where data queries are written: raise, answer, close, silence, ask again, assign, move.

A query belongs to a value and never changes it. Clinicians and curators of the centre ask and answer; curators close,
and whoever asked may close the own question; only curators silence a rule, lift that, and assign. Every step is an
event that stays. Raises ``PermissionDenied`` or ``ValidationError``; what a rule raises or closes needs no right.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.access import scope
from registry.access.models import User
from registry.core import policies
from registry.core.actors import identity_of
from registry.core.records import together
from registry.core.rules import label_of
from registry.curation import targets
from registry.curation.models import DataQuery, QueryEvent
from registry.curation.models.query import EventKind, State

#: A question is no letter.
MOST_CHARACTERS = 2000


# -- rights ------------------------------------------------------------------------------------------------------------


def may_answer(user: Any, query: DataQuery) -> bool:
    """Clinicians and curators of the centre."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return False
    roles = scope.roles_of(user, query.center_id)
    return bool(user.is_superuser or roles.intersection(scope.WRITING_ROLES))


def may_close(user: Any, query: DataQuery) -> bool:
    """Curators; and whoever asked, if it was a person."""
    if scope.may_curate(user, query.center_id):
        return True
    return bool(not query.rule and query.raised_by_id == str(user.pk) and may_answer(user, query))


def _demand(allowed: bool) -> None:
    if not allowed:
        raise PermissionDenied(_("Your role does not allow this step of a query."))


# -- writing -----------------------------------------------------------------------------------------------------------


def _read(text: str, field: str = "text") -> str:
    """A text that says something; raises ``ValidationError`` at the field."""
    found = str(text or "").replace("\x00", "").strip()
    if not found:
        raise ValidationError({field: ValidationError(_("Text: say what you mean."), code="required")})
    if len(found) > MOST_CHARACTERS:
        said = _("Text: %(n)s characters are too many. Accepted: up to %(most)s.")
        raise ValidationError(
            {field: ValidationError(said % {"n": len(found), "most": MOST_CHARACTERS}, code="max_length")}
        )
    return found


def _event(query: DataQuery, kind: EventKind, by: Any, text: str = "") -> None:
    QueryEvent.objects.create(query=query, kind=kind, text=text, **QueryEvent.actor(by))


def _locked(query: DataQuery) -> DataQuery:
    """The query as it stands, held until the transaction ends."""
    return DataQuery.objects.select_for_update().get(pk=query.pk)


def _copy(query: DataQuery, stands: DataQuery) -> DataQuery:
    for name in ("state", "silenced", "assigned_to_id", "closed_at", "closed_by", "wording", "asked_value"):
        setattr(query, name, getattr(stands, name))
    return query


def ask(record: Any, field: str, text: str, *, by: Any) -> DataQuery:
    """A person's question about a field, or about the record as a whole where ``field`` is empty."""
    _demand(policies.may_write(by, record))
    text = _read(text)
    if field and not targets.field_label(type(record), field):
        raise ValidationError(
            {"field": ValidationError(_("Field: this record has no such field."), code="invalid")}
        )
    with together():
        query = _new(record, field, by=by, text=text)
        _event(query, EventKind.ASKED, by, text)
    return query


def _new(record: Any, field: str, *, by: Any, **more: Any) -> DataQuery:
    case = targets.case_of(record)
    user_id, name = identity_of(by)
    return DataQuery.objects.create(
        center_id=record.center_id_of(),
        case=case,
        case_uuid=case.uuid if case is not None else None,
        record_model=record._meta.label_lower,
        record_uuid=record.uuid,
        field=field,
        asked_value=targets.value_text(record, field),
        raised_by=name,
        raised_by_id=user_id,
        **more,
    )


def raise_by_rule(
    record: Any, field: str, rule: str, wording: Mapping[str, str], *, by: Any
) -> DataQuery | None:
    """A rule's question: a new query, or the one it asked before, opened again. ``None`` where nothing is to do."""
    said = next(iter(wording.values()))
    with together():
        query = (
            DataQuery.objects.select_for_update()
            .filter(record_uuid=record.uuid, rule=rule, field=field)
            .first()
        )
        if query is None:
            query = _new(record, field, by=by, rule=rule, wording=dict(wording))
            _event(query, EventKind.ASKED, by, said)
            return query
        if query.silenced:
            return None
        renewed = query.wording != dict(wording)
        if query.state != State.CLOSED and not renewed:
            return None
        if query.state == State.CLOSED:
            query.raised_at = timezone.now()
        query.state, query.closed_at, query.closed_by = State.OPEN, None, ""
        query.wording, query.asked_value = dict(wording), targets.value_text(record, field)
        query.save()
        _event(query, EventKind.REOPENED, by, said)
        return query


def answer(query: DataQuery, text: str, *, by: Any) -> DataQuery:
    """What somebody of the centre has to say to it."""
    _demand(may_answer(by, query))
    text = _read(text)
    with together():
        stands = _locked(query)
        _demand_waiting(stands)
        stands.state = State.ANSWERED
        stands.save(update_fields=["state"])
        _event(stands, EventKind.ANSWERED, by, text)
    return _copy(query, stands)


def close(query: DataQuery, text: str, *, by: Any) -> DataQuery:
    """Settled, with the reason. A rule whose query a person closes asks no more about this field: it is silenced."""
    _demand(may_close(by, query))
    text = _read(text)
    with together():
        stands = _locked(query)
        _demand_waiting(stands)
        _shut(stands, by, silenced=bool(stands.rule))
        _event(stands, EventKind.SILENCED if stands.rule else EventKind.CLOSED, by, text)
    return _copy(query, stands)


def close_by_itself(queries: Iterable[DataQuery], why: str, *, by: Any) -> int:
    """Close what has been settled by a change of the data; ``by`` is who changed it. Answers how many."""
    closed = 0
    for query in queries:
        with together():
            stands = _locked(query)
            if stands.state == State.CLOSED:
                continue
            _shut(stands, by)
            _event(stands, EventKind.CLOSED_ITSELF, by, why)
            closed += 1
    return closed


def _shut(query: DataQuery, by: Any, *, silenced: bool = False) -> None:
    query.state, query.silenced = State.CLOSED, silenced
    query.closed_at, query.closed_by = timezone.now(), identity_of(by)[1]
    query.save(update_fields=["state", "silenced", "closed_at", "closed_by"])


def reopen(query: DataQuery, text: str, *, by: Any) -> DataQuery:
    """Ask again: after an answer that did not settle it, or after it was closed. Lifts the silence of a rule."""
    _demand(may_close(by, query))
    text = _read(text)
    with together():
        stands = _locked(query)
        if stands.state == State.OPEN:
            raise ValidationError(_("This query is open already."), code="open")
        stands.state, stands.silenced = State.OPEN, False
        stands.closed_at, stands.closed_by = None, ""
        stands.save(update_fields=["state", "silenced", "closed_at", "closed_by"])
        _event(stands, EventKind.REOPENED, by, text)
    return _copy(query, stands)


def assign(query: DataQuery, to: User | None, *, by: Any) -> DataQuery:
    """Say who is to answer; somebody who writes to the centre, or nobody in particular."""
    _demand(scope.may_curate(by, query.center_id))
    if to is not None and not may_answer(to, query):
        said = _("Assigned to: %(user)s does not write to this centre.") % {"user": to.get_username()}
        raise ValidationError({"assigned_to": ValidationError(said, code="invalid")})
    with together():
        stands = _locked(query)
        _demand_waiting(stands)
        if stands.assigned_to_id != (to.pk if to is not None else None):
            stands.assigned_to = to
            stands.save(update_fields=["assigned_to"])
            _event(stands, EventKind.ASSIGNED, by, to.get_username() if to is not None else "")
    return _copy(query, stands)


def carry_over(old: Any, new: Any, *, by: Any, reason: str) -> int:
    """The queries of a record go to another that takes its place, as when two patients are merged.

    Where a rule has asked about both, the query of the old one is closed instead. Answers how many went.
    """
    moved = 0
    case = targets.case_of(new)
    with together():
        for query in DataQuery.objects.select_for_update().filter(record_uuid=old.uuid):
            taken = query.rule and DataQuery.objects.filter(
                record_uuid=new.uuid, rule=query.rule, field=query.field
            )
            if taken and taken.exists():
                close_by_itself([query] if query.is_waiting else [], reason, by=by)
                continue
            query.record_uuid, query.record_model = new.uuid, new._meta.label_lower
            query.case, query.case_uuid = case, case.uuid if case is not None else None
            query.center_id = new.center_id_of()
            query.save(update_fields=["record_uuid", "record_model", "case", "case_uuid", "center"])
            _event(query, EventKind.MOVED, by, reason)
            moved += 1
    return moved


def _demand_waiting(query: DataQuery) -> None:
    if query.state == State.CLOSED:
        raise ValidationError(
            _("This query has been closed. Ask again before you go on with it."), code="closed"
        )


def describe(query: DataQuery) -> str:
    """The field of the query in words, for messages."""
    model = targets.model_of(query.record_model)
    return label_of(model, query.field) if model is not None and query.field else ""
