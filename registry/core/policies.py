"""Where higher floors hang what the write door and the querysets need from them.

``access`` says who may see and write, ``curation`` will add locks and data queries, the clinical apps say what a
complete case needs. Each registers once, in its ``AppConfig.ready()``; there are no signals.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist, ValidationError
from django.db.models import Q


@dataclass(frozen=True)
class Gap:
    """Something that a complete record lacks: the record, the field (or a pseudo-field), and the sentence to show."""

    record: Any
    field: str
    message: str


@dataclass(frozen=True)
class Lock:
    """Why nothing of a record may be written, and the page that says how it is opened again.

    ``code`` marks the refusals of the write door, so that every door can tell them from wrong data.
    """

    message: str
    code: str
    url: str = ""
    link: str = ""

    def refusal(self) -> ValidationError:
        """What the write door raises."""
        return ValidationError({NON_FIELD_ERRORS: ValidationError(self.message, code=self.code)})


#: The codes of locks: a case is signed, a centre or a list of cases is frozen, a month is closed.
LOCK_CODES = frozenset({"signed", "frozen", "closed"})

#: (user, center_path) → condition on the queryset. Without a policy nobody sees anything.
_visible: list[Callable[[Any, str], Q]] = []
#: (actor, record) → may write it? All must agree.
_writers: list[Callable[[Any, Any], bool]] = []
#: (actor, center id) → may see identifying values?
_identity: list[Callable[[Any, Any], bool]] = []
#: (attempt) → None or raises ValidationError / PermissionDenied.
_write_checks: list[Callable[[Any], None]] = []
#: (root) → gaps that keep it from being complete.
_requirements: list[Callable[[Any], list[Gap]]] = []
#: (root) → what closes it and everything beneath to every door, or nothing.
_locks: list[Callable[[Any], Lock | None]] = []
#: (record, actor, reason) → anything that must happen in the same transaction.
_listeners: list[Callable[[Any, Any, str], None]] = []
#: Listener → what it does instead where many records are written at once: (records, gone ones, actor, reason).
_of_many: dict[Callable[[Any, Any, str], None], Callable[[list[Any], list[Any], Any, str], None]] = {}


def register(
    *,
    visible: Callable[[Any, str], Q] | None = None,
    writer: Callable[[Any, Any], bool] | None = None,
    identity: Callable[[Any, Any], bool] | None = None,
    write_check: Callable[[Any], None] | None = None,
    requirement: Callable[[Any], list[Gap]] | None = None,
    lock: Callable[[Any], Lock | None] | None = None,
    listener: Callable[[Any, Any, str], None] | None = None,
    of_many: Callable[[list[Any], list[Any], Any, str], None] | None = None,
) -> None:
    """Register a higher floor's say. ``of_many`` takes the listener's place where many records are written at once."""
    if listener is not None and of_many is not None:
        _of_many[listener] = of_many
    says: tuple[tuple[Any, list[Any]], ...] = (
        (visible, _visible),
        (writer, _writers),
        (identity, _identity),
        (write_check, _write_checks),
        (requirement, _requirements),
        (lock, _locks),
        (listener, _listeners),
    )
    for value, place in says:
        if value is not None and value not in place:
            place.append(value)


def visible(user: Any, center_path: str) -> Q | None:
    """The condition that limits a queryset to what the user may see; ``None`` means nothing at all."""
    if not _visible:
        return None
    condition = Q()
    for say in _visible:
        condition &= say(user, center_path)
    return condition


def may_write(actor: Any, record: Any) -> bool:
    return bool(_writers) and all(say(actor, record) for say in _writers)


def may_identify(user: Any, center_id: Any) -> bool:
    """Whether the user may see hospital numbers, exact dates, birth years and free text of this centre."""
    return bool(_identity) and all(say(user, center_id) for say in _identity)


def check_write(attempt: Any) -> None:
    for say in _write_checks:
        say(attempt)


#: What checks have looked up while many records are judged at once; nothing is kept between two writes.
_looked_up: ContextVar[dict[Any, Any] | None] = ContextVar("looked_up", default=None)


@contextmanager
def judging_many() -> Iterator[None]:
    """While many records are judged, what does not depend on the record is looked up once."""
    token = _looked_up.set({})
    try:
        yield
    finally:
        _looked_up.reset(token)


def once(key: Any, look_up: Callable[[], Any]) -> Any:
    """What ``look_up`` answers, asked once while many records are judged; ``None`` where one record is."""
    known = _looked_up.get()
    if known is None:
        return None
    if key not in known:
        known[key] = look_up()
    return known[key]


def gaps(root: Any) -> list[Gap]:
    """What the record still lacks to be complete, over all floors."""
    return [gap for say in _requirements for gap in say(root)]


def lock_of(record: Any) -> Lock | None:
    """What keeps a record from being written whoever asks: for pages, which say so instead of showing fields.

    The write door does not ask here; each lock refuses there by a check of its own, on the state that it has locked.
    """
    try:
        root = record.aggregate_root()
    except (AttributeError, ObjectDoesNotExist):
        return None  # the parent has not been chosen yet
    return next((found for say in _locks if (found := say(root)) is not None), None)


def lock_refusal(refused: ValidationError) -> str:
    """The sentence of a lock among what the write door refused; empty where the data are to blame."""
    if hasattr(refused, "error_dict"):
        listed = [error for errors in refused.error_dict.values() for error in errors]
    else:
        listed = refused.error_list
    return next((error.messages[0] for error in listed if error.code in LOCK_CODES), "")


def written(record: Any, actor: Any, reason: str) -> None:
    for say in _listeners:
        say(record, actor, reason)


def written_many(records: list[Any], gone: list[Any], roots: list[Any], actor: Any, reason: str) -> None:
    """Many records were written and others deleted; listeners that hear of one at a time hear of each root once."""
    for say in _listeners:
        if say in _of_many:
            _of_many[say](records, gone, actor, reason)
            continue
        for root in roots:
            say(root, actor, reason)
