"""The write door: the only functions that write a clinical record.

``save`` and ``delete`` lock the case, check right, status and version, validate, write, and leave history with user and
reason, in one transaction. ``check`` does all of it and takes it back, so that forms can refuse on the page. What is
written inside ``together`` is one change.
"""

import copy
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models import ProtectedError, RestrictedError
from django.utils.translation import gettext_lazy as _

from registry.core import confirmations, policies
from registry.core.actors import System, user_or_none
from registry.core.history import Pass, current_pass
from registry.core.models import Record
from registry.core.rules import label_of
from registry.core.sequence import together

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")

#: Columns the door itself keeps.
_KEPT_BY_DOOR = frozenset({"version", "created_at", "created_by", "modified_at", "modified_by"})


@dataclass(frozen=True)
class Difference:
    """A field that two people changed differently."""

    field: str
    label: str
    yours: Any
    theirs: Any


class Conflict(Exception):
    """The record has changed since it was read. Carries both states; nothing has been written."""

    def __init__(self, stored: Record, proposed: Record, expected_version: int) -> None:
        self.stored, self.proposed, self.expected_version = stored, proposed, expected_version
        super().__init__(f"version {expected_version} expected, version {stored.version} found")

    @property
    def differences(self) -> list[Difference]:
        return [
            Difference(
                field.name,
                str(field.verbose_name),
                getattr(self.proposed, field.attname),
                getattr(self.stored, field.attname),
            )
            for field in _changed_fields(self.stored, self.proposed)
            if field.name != "confirmed"
        ]


@dataclass(frozen=True)
class Attempt:
    """A write under way, as the registered checks see it."""

    actor: Any
    record: Record
    stored: Record | None
    root: Record | None
    deleting: bool
    reason: str
    #: The record goes to another parent; nothing that it says changes.
    moving: bool = False

    def changed(self) -> list[str]:
        """The fields in which the record differs from what is stored."""
        return (
            [] if self.stored is None else [field.name for field in _changed_fields(self.stored, self.record)]
        )


def save(
    record: Record,
    *,
    by: Any,
    reason: str = "",
    expected_version: int | None = None,
    confirm: Mapping[str, str] | None = None,
) -> Record:
    """Write a new or changed record.

    ``by`` is a user or a ``System``; ``reason`` is demanded once the case is complete; ``expected_version`` is the
    version that was read (``None`` only where nobody can have read one before); ``confirm`` maps a field that crosses
    a soft limit to the reason.

    Raises ``Conflict``, ``PermissionDenied`` or ``ValidationError``; an unchanged record is left alone.
    """
    return _save(record, by, reason, expected_version, confirm or {}, moving=False)


def move(record: Record, *, by: Any, reason: str, expected_version: int | None = None) -> Record:
    """Write a record that goes to another parent, as when two patients turn out to be one.

    Only the fields that its model names in ``movable_fields``, and its number among the rows of the parent, may differ
    from what is stored. A reason is always demanded. Raises what ``save`` raises.
    """
    if not reason.strip():
        raise ValidationError({NON_FIELD_ERRORS: ValidationError(_("Say why."), code="reason")})
    return _save(record, by, reason, expected_version, {}, moving=True)


def _save(
    record: Record,
    by: Any,
    reason: str,
    expected_version: int | None,
    confirm: Mapping[str, str],
    *,
    moving: bool,
) -> Record:
    with together():
        stored, root = _lock(record)
        if stored is None and record.pk is not None and not record._state.adding:
            # Saving would bring it back.
            raise ValidationError(
                _("Somebody has deleted this record. Nothing has been written."), code="deleted"
            )
        if stored is not None and expected_version is not None and stored.version != expected_version:
            raise Conflict(stored, record, expected_version)
        if not policies.may_write(by, record) or (stored is not None and not policies.may_write(by, stored)):
            raise PermissionDenied(_("You may not change records of this centre."))
        record.full_clean()
        if stored is not None:
            record.check_immutable(stored, record.movable_fields if moving else ())
            record.created_at, record.created_by_id = stored.created_at, stored.created_by_id
        if moving:
            _refuse_more_than_a_move(stored, record)
        else:
            confirmations.keep(record, by, confirm)
        if stored is not None and not any(True for _field in _changed_fields(stored, record)):
            record.version = stored.version
            return record
        policies.check_write(Attempt(by, record, stored, root, False, reason, moving))
        _demand_reason(record, stored, root, reason)
        record.version = (stored.version if stored else 0) + 1
        if stored is None:
            record.created_by = user_or_none(by)
        record.modified_by = user_or_none(by)
        _write(record, by, reason)
        _demand_completeness(record)
        policies.written(record, by, reason)
    return record


def _write(record: Record, by: Any, reason: str) -> None:
    """Save under the pass; what two people wrote in the same instant is told apart from what is wrong."""
    try:
        with _pass(by, reason):
            record.save()
    except IntegrityError as error:
        raise refused_by_the_database(error, type(record).__name__) from None


def refused_by_the_database(error: IntegrityError, what: str) -> ValidationError:
    """What to say where the rules have passed and the database refuses all the same."""
    if "unique" in str(error).lower():
        return ValidationError(
            _("Somebody saved at the same moment. Nothing of yours has been written; try again."),
            code="race",
        )
    # The rules were asked in Python a moment ago: the database has other rules than the code, as after a missed
    # migration. That is for the log; the user keeps the form.
    logger.exception("The database refused %s", what)
    return ValidationError(
        _(
            "The database refused this record. Nothing of yours has been written; the administrator can see why."
        ),
        code="database",
    )


def delete(record: Record, *, by: Any, reason: str = "", expected_version: int | None = None) -> None:
    """Delete a record and what belongs to it; every row that goes leaves history with user and reason.

    Raises ``Conflict``, ``PermissionDenied`` or ``ValidationError``.
    """
    with together():
        stored, root = _lock(record)
        if stored is None:
            return
        if expected_version is not None and stored.version != expected_version:
            raise Conflict(stored, record, expected_version)
        if not policies.may_write(by, stored):
            raise PermissionDenied(_("You may not delete records of this centre."))
        policies.check_write(Attempt(by, stored, stored, root, True, reason))
        if root is not None and root.is_settled() and not reason.strip():
            raise ValidationError(_REASON_NEEDED, code="reason")
        try:
            with _pass(by, reason):
                stored.delete()
        except (ProtectedError, RestrictedError) as error:
            held: set[Any] = getattr(error, "protected_objects", set()) or getattr(
                error, "restricted_objects", set()
            )
            raise ValidationError(
                _("%(record)s cannot be deleted while %(others)s refer to it."),
                code="protected",
                params={
                    "record": str(stored),
                    "others": ", ".join(sorted({str(o._meta.verbose_name_plural) for o in held})),
                },
            ) from None
        if root is not None and root is not stored:
            _demand_completeness(stored)
        policies.written(stored, by, reason)


def save_many(
    proposals: Iterable[Any], *, by: Any, reason: str = "", watch: Callable[[int], None] | None = None
) -> Any:
    """Write many new and changed records as one change, with the checks of ``save``.

    ``proposals`` are records, or ``many.Proposed`` with the version that was read and confirmations. New records may
    name each other. What is judged is the state after all of them, and the number of queries does not depend on how
    many there are. Answers with ``many.Written``; raises ``many.Refused`` with everything that is wrong, and
    ``ValidationError`` where the database refuses.
    """
    from registry.core import many

    return many.save_many(proposals, by=by, reason=reason, watch=watch)


def delete_many(given: Sequence[Record], *, by: Any, reason: str = "") -> None:
    """Delete these records and nothing else, as one change; raises ``many.Refused`` where others depend on them."""
    from registry.core import removal

    removal.delete_many(given, by=by, reason=reason)


def check(record: Record, **arguments: Any) -> None:
    """Run ``save`` and take it back: raises what ``save`` would raise, writes nothing, leaves ``record`` as it was."""
    tried(lambda: save(trial_of(record), **arguments))


def trial_of(record: Any) -> Any:
    """A copy to try something with: what is written into it does not leak into the record."""
    trial = copy.copy(record)
    trial.missing, trial.confirmed = dict(record.missing or {}), dict(record.confirmed or {})
    trial._state = copy.copy(record._state)
    return trial


def check_delete(record: Record, **arguments: Any) -> None:
    """Run ``delete`` and take it back."""
    tried(lambda: delete(copy.copy(record), **arguments))


class _TakeBack(Exception):
    pass


def tried(action: Callable[[], Answer]) -> Answer:
    """What ``action`` answers; everything that it writes is taken back. Raises what it raises."""
    answer: list[Answer] = []
    try:
        with together():
            answer.append(action())
            raise _TakeBack
    except _TakeBack:
        return answer[0]


@contextmanager
def _pass(actor: Any, reason: str) -> Iterator[None]:
    token = current_pass.set(Pass(actor, reason.strip()))
    try:
        yield
    finally:
        current_pass.reset(token)


def _lock(record: Record) -> tuple[Record | None, Record | None]:
    """The stored state of the record and of its root, both locked until the transaction ends."""
    model = type(record)
    try:
        root = record.aggregate_root()
        if record.center_path is not None and record.center_id_of() is None:
            record.full_clean()  # names the centre that is missing
    except ObjectDoesNotExist:
        record.full_clean()  # names the parent that is missing
        raise
    if root is not record and root.pk is not None:
        root = type(root)._base_manager.select_for_update().filter(pk=root.pk).first()  # type: ignore[assignment]
        if root is None:
            raise ValidationError(
                _("Somebody has deleted this case. Nothing of yours has been written."), code="deleted"
            )
    stored = model._base_manager.select_for_update().filter(pk=record.pk).first() if record.pk else None
    if root is record:
        root = stored  # type: ignore[assignment]
        if record.pk is None and record.numbered_within is not None:
            _lock_parent(record, record.numbered_within[1])
    return stored, root


def _lock_parent(record: Record, name: str) -> None:
    """The parent of a new root: it stays as long as it takes to write, and two new rows get two numbers."""
    parent: Any = record._meta.get_field(name).related_model
    key = getattr(record, f"{name}_id")
    if key is not None and parent._base_manager.select_for_update().filter(pk=key).first() is None:
        text = _("%(label)s: somebody has deleted it. Nothing of yours has been written.")
        raise ValidationError(
            {name: ValidationError(text, code="deleted", params={"label": label_of(type(record), name)})}
        )


def _refuse_more_than_a_move(stored: Record | None, record: Record) -> None:
    number = record.numbered_within[:1] if record.numbered_within else ()
    if stored is None or any(
        field.name not in (*record.movable_fields, *number) for field in _changed_fields(stored, record)
    ):
        raise ValueError("A record that moves changes in nothing else.")


_REASON_NEEDED = _("This case is complete. Say why you change it.")


def _demand_reason(record: Record, stored: Record | None, root: Record | None, reason: str) -> None:
    if root is None or reason.strip() or not root.is_settled():
        return
    if record.grows_after_completion and (stored is None or _only_adds(stored, record)):
        return
    raise ValidationError({NON_FIELD_ERRORS: ValidationError(_REASON_NEEDED, code="reason")})


def _only_adds(stored: Record, record: Record) -> bool:
    """Whether nothing that stood there is changed: a page stores a new row field by field.

    A value that takes the place of the reason for its absence adds something too.
    """
    before: dict[str, Any] = {
        field.name: getattr(stored, field.attname) for field in stored._meta.concrete_fields
    }
    added = {name for name, value in before.items() if value in (None, "")}
    kept = all(
        record.missing.get(name) == code or (name in added and getattr(record, name, None) not in (None, ""))
        for name, code in stored.missing.items()
    )
    return kept and all(
        field.name in added or field.name in ("missing", "confirmed")
        for field in _changed_fields(stored, record)
    )


def _demand_completeness(record: Record) -> None:
    """A complete record stays complete: what is needed cannot be taken away without going back to draft."""
    for root in record.roots_beneath():
        fresh = root if root is record else type(root)._base_manager.get(pk=root.pk)
        if not fresh.is_settled():
            continue
        gaps = policies.gaps(fresh)
        if gaps:
            field = "status" if fresh is record else NON_FIELD_ERRORS
            raise ValidationError({field: [ValidationError(gap.message, code="incomplete") for gap in gaps]})


def _changed_fields(stored: Record, proposed: Record) -> Iterator[Any]:
    for field in stored._meta.concrete_fields:
        if field.name in _KEPT_BY_DOOR or field.primary_key:
            continue
        if getattr(stored, field.attname) != getattr(proposed, field.attname):
            yield field


__all__ = [
    "Attempt",
    "Conflict",
    "Difference",
    "System",
    "check",
    "check_delete",
    "delete",
    "delete_many",
    "move",
    "save",
    "save_many",
    "together",
    "trial_of",
    "tried",
]
