"""The write door for many records at once: the same checks as for one, and as many queries for ten as for thousands.

``registry.core.records.save_many`` and its companions lead here. The roots are locked in one query, whole families are
loaded in one query per model (``registry.core.family``), every rule is asked in Python, rows and history are written
in bulk. Everything that is wrong is said at once. What is judged is the state after all of them: a case may become
complete together with the rows that make it so.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import IntegrityError, router
from django.db.models import signals
from django.utils.translation import gettext_lazy as _

from registry.core import confirmations, policies, records
from registry.core.actors import user_or_none
from registry.core.asked import keys_of, known_keys, own_rules, unasked
from registry.core.family import Family
from registry.core.models import Record
from registry.core.new_rows import BATCH, insert, new_keys
from registry.core.sequence import together
from registry.core.uniqueness import Taken


@dataclass(frozen=True)
class Proposed:
    """A record as it should become, the version that was read of it, and reasons for unusual values."""

    record: Record
    expected_version: int | None = None
    confirm: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Refusal:
    """Why one of the records was refused; ``index`` is its place among them."""

    index: int
    record: Record
    error: Exception


class Refused(Exception):
    """Some of the records were refused, so nothing has been written. Carries every refusal."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = list(refusals)
        super().__init__(f"{len(self.refusals)} refused; the first: {self.refusals[0].error}")


@dataclass
class Written:
    """What became of the records, in the order in which they were given."""

    created: list[Record] = field(default_factory=list)
    changed: list[Record] = field(default_factory=list)
    unchanged: list[Record] = field(default_factory=list)


#: Told how many records have been judged, every so often.
Watch = Callable[[int], None]
_TELL_EVERY = 200


def save_many(
    proposals: Iterable[Record | Proposed], *, by: Any, reason: str = "", watch: Watch | None = None
) -> Written:
    """Write new and changed records as one change; see ``registry.core.records.save_many``."""
    with together():
        work = _Work(proposals, by, reason, lock=True, watch=watch)
        work.judge()
        if work.refusals:
            raise Refused(work.sorted_refusals())
        work.write()
    return work.written


def check_many(
    proposals: Iterable[Record | Proposed],
    *,
    by: Any,
    reason: str = "",
    reason_later: bool = False,
    watch: Watch | None = None,
) -> "Judged":
    """Judge what ``save_many`` would do; nothing is written or locked.

    With ``reason_later`` a missing reason is no refusal: the answer says whether one will be needed.
    """
    work = _Work(proposals, by, reason, lock=False, reason_later=reason_later, watch=watch)
    work.judge()
    return Judged(work.sorted_refusals(), work.written, work.family, work.reason_needed)


@dataclass(frozen=True)
class Judged:
    """What ``check_many`` found; new records carry provisional negative keys and may not be saved."""

    refusals: list[Refusal]
    would: Written
    family: Family
    reason_needed: bool


class _Work:
    """Many records on their way through the door."""

    def __init__(
        self,
        proposals: Iterable[Record | Proposed],
        by: Any,
        reason: str,
        *,
        lock: bool,
        reason_later: bool = False,
        watch: Watch | None = None,
    ) -> None:
        given = [each if isinstance(each, Proposed) else Proposed(each) for each in proposals]
        self.by, self.reason, self.lock, self.reason_later = by, reason, lock, reason_later
        self.watch = watch
        self.place = {id(each.record): number for number, each in enumerate(given)}
        self.proposals = _owners_first(given)
        self.refusals: list[Refusal] = []
        self.written = Written()
        self.reason_needed = False
        self.family = Family([each.record for each in given], lock=lock)

    # -- judging -------------------------------------------------------------------------------------------------

    @policies.judging_many()
    def judge(self) -> None:
        self._prepare()
        self._read()
        self.known = known_keys(self.family, [each.record for each in self.proposals])
        self.taken = Taken(self.family, [each.record for each in self.proposals])
        for number, each in enumerate(self.proposals):
            if self.watch is not None and number % _TELL_EVERY == 0:
                self.watch(number)
            try:
                self._judge(each)
            except (ValidationError, PermissionDenied, records.Conflict) as error:
                self._refuse(each.record, error)
        if not self.refusals:
            self._demand_completeness()

    def _read(self) -> None:
        """Read every value before the first rule looks from one record to another.

        What cannot be read is noted and counts as not said, so that no rule stumbles over it.
        """
        self.unread: dict[int, dict[str, Any]] = {}
        for each in self.proposals:
            record = each.record
            try:
                record.clean_fields(exclude=unasked(type(record)))
            except ValidationError as error:
                self.unread[id(record)] = error.error_dict
                for name in error.error_dict:
                    if name != "missing":
                        setattr(record, name, None)

    def _refuse(self, record: Record, error: Exception) -> None:
        self.refusals.append(Refusal(self.place[id(record)], record, error))

    def sorted_refusals(self) -> list[Refusal]:
        return sorted(self.refusals, key=lambda refusal: refusal.index)

    def _prepare(self) -> None:
        """Keys and numbers for new records, and all that hangs together."""
        new: dict[type[Record], list[Record]] = defaultdict(list)
        for each in self.proposals:
            if each.record._state.adding:
                new[type(each.record)].append(each.record)
        below = 0
        for model, rows in new.items():
            keys = new_keys(model, len(rows)) if self.lock else range(below - 1, below - 1 - len(rows), -1)
            below -= 0 if self.lock else len(rows)
            for row, key in zip(rows, keys, strict=True):
                row.pk = key
        for each in self.proposals:
            for key_field in keys_of(type(each.record)):
                if getattr(each.record, key_field.attname) is None and key_field.is_cached(each.record):
                    target = key_field.get_cached_value(each.record)
                    if target is not None:
                        setattr(each.record, key_field.attname, target.pk)
        self.family.connect()
        self._number()

    def _number(self) -> None:
        """Number new rows within their owners, as one after the other would have been."""
        last: dict[tuple[type[Record], Any], int] = defaultdict(int)
        ours = {id(each.record) for each in self.proposals}
        for model, rows in self.family.after.items():
            if model.numbered_within is None:
                continue
            number, parent = model.numbered_within
            attname = model._meta.get_field(parent).attname  # type: ignore[union-attr]
            for row in rows.values():
                value = getattr(row, number)
                if isinstance(value, int) and not (id(row) in ours and row._state.adding):
                    at = (model, getattr(row, attname))
                    last[at] = max(last[at], value)
        for each in self.proposals:
            record = each.record
            if record.numbered_within is None:
                continue
            number, parent = record.numbered_within
            at = (type(record), getattr(record, f"{parent}_id"))
            if record._state.adding and getattr(record, number) in (None, ""):
                setattr(record, number, last[at] + 1)
            elif getattr(record, number) in (None, "") and (stored := self.family.stored(record)) is not None:
                setattr(record, number, getattr(stored, number))
            value = getattr(record, number)
            if isinstance(value, int):
                last[at] = max(last[at], value)

    def _judge(self, each: Proposed) -> None:
        """The checks of ``records.save``, in their order."""
        record, by = each.record, self.by
        stored = self.family.stored(record)
        if stored is None and not record._state.adding:
            raise ValidationError(
                _("Somebody has deleted this record. Nothing has been written."), code="deleted"
            )
        if (
            stored is not None
            and each.expected_version is not None
            and stored.version != each.expected_version
        ):
            raise records.Conflict(stored, record, each.expected_version)
        lacking: dict[str, Any] = self._lacking(record)
        if lacking:
            lacking |= self.unread.get(id(record), {})
            raise ValidationError(lacking)
        if not policies.may_write(by, record) or (stored is not None and not policies.may_write(by, stored)):
            raise PermissionDenied(_("You may not change records of this centre."))
        self._clean(record)
        if stored is not None:
            record.check_immutable(stored)
            record.created_at, record.created_by_id = stored.created_at, stored.created_by_id
        confirmations.keep(record, by, each.confirm)
        if stored is not None and not any(True for _changed in records._changed_fields(stored, record)):
            record.version = stored.version
            self.written.unchanged.append(record)
            return
        root = record.aggregate_root()
        stored_root: Any = self.family.stored(root)
        policies.check_write(records.Attempt(by, record, stored, stored_root, False, self.reason))
        try:
            records._demand_reason(record, stored, stored_root, self.reason)
        except ValidationError:
            if not self.reason_later:
                raise
            self.reason_needed = True
        record.version = (stored.version if stored else 0) + 1
        if stored is None:
            record.created_by = user_or_none(by)
        record.modified_by = user_or_none(by)
        (self.written.created if stored is None else self.written.changed).append(record)

    def _lacking(self, record: Record) -> dict[str, ValidationError]:
        """Keys that lead nowhere; without them nothing else can be asked of the record."""
        found = {}
        for key_field in keys_of(type(record)):
            key = getattr(record, key_field.attname)
            if key is None:
                if not key_field.null and key_field.editable:
                    found[key_field.name] = ValidationError(key_field.error_messages["null"], code="null")
            elif key not in self.known[key_field.related_model]:
                message = key_field.error_messages["invalid"]
                params = {
                    "model": key_field.related_model._meta.verbose_name,
                    "pk": key,
                    "field": key_field.remote_field.field_name,
                    "value": key,
                }
                found[key_field.name] = ValidationError(message, code="invalid", params=params)
        return found

    def _clean(self, record: Record) -> None:
        """``full_clean`` without its queries: keys and uniqueness are looked up in what has been loaded."""
        model, unread = type(record), self.unread.get(id(record), {})
        errors: dict[str, Any] = {name: list(said) for name, said in unread.items()}
        try:
            record.clean()
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        for rule in own_rules(model):
            if unread and not unread.keys().isdisjoint(rule.fields):
                continue
            try:
                rule.validate(model, record)
            except ValidationError as error:
                errors = error.update_error_dict(errors)
        try:
            self.taken.demand_free(record)
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def _demand_completeness(self) -> None:
        """What is complete afterwards must be so; each root is asked once."""
        asked: set[int] = set()
        for record in (*self.written.created, *self.written.changed):
            for root in record.roots_beneath():
                if id(root) in asked or not root.is_settled():
                    continue
                asked.add(id(root))
                gaps = policies.gaps(root)
                if not gaps:
                    continue
                at = root if id(root) in self.place else record
                name = "status" if at is root else NON_FIELD_ERRORS
                messages = [ValidationError(gap.message, code="incomplete") for gap in gaps]
                self._refuse(at, ValidationError({name: messages}))

    # -- writing -------------------------------------------------------------------------------------------------

    def write(self) -> None:
        by_model: dict[type[Record], tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
        for kind, rows in enumerate((self.written.created, self.written.changed)):
            for row in rows:
                by_model[type(row)][kind].append(row)
        try:
            with records._pass(self.by, self.reason):
                for model in in_order(by_model):
                    created, changed = by_model[model]
                    if created:
                        model.prepare_new(created)
                        insert(model, created)
                    if changed:
                        _update(model, changed)
                    for rows, new in ((created, True), (changed, False)):
                        for row in rows:
                            _note(model, row, new)
        except IntegrityError as error:
            raise records.refused_by_the_database(error, "many records") from None
        all_written = [*self.written.created, *self.written.changed]
        roots = {id(root): root for each in all_written for root in each.roots_beneath() or [each]}
        policies.written_many(all_written, [], list(roots.values()), self.by, self.reason)


def _note(model: type[Record], row: Record, created: bool) -> None:
    """Tell history, as saving one record would have done."""
    signals.post_save.send(
        model, instance=row, created=created, raw=False, using=router.db_for_write(model), update_fields=None
    )


def _update(model: type[Record], rows: list[Any]) -> None:
    """Write changed rows in few statements: each meets its own key and changes what is there."""
    kept = {"uuid", "created_at", "created_by"}
    names = [f.name for f in model._meta.concrete_fields if not f.primary_key and f.name not in kept]
    stamps = [row.created_at for row in rows]
    model._base_manager.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=[model._meta.pk.name],
        update_fields=names,
    )
    for row, stamp in zip(rows, stamps, strict=True):
        row.created_at = stamp


def _owners_first(proposals: list[Proposed]) -> list[Proposed]:
    """In the order in which they can be written; within a model as they came."""
    by_model: dict[type[Record], list[Proposed]] = defaultdict(list)
    for each in proposals:
        by_model[type(each.record)].append(each)
    return [each for model in in_order(by_model) for each in by_model[model]]


def in_order(by_model: Iterable[type[Record]]) -> list[type[Record]]:
    """Models so that whatever a row names comes before it."""
    waiting, ordered = list(by_model), []
    while waiting:
        ready = [
            m
            for m in waiting
            if not any(f.related_model in waiting and f.related_model is not m for f in keys_of(m))
        ]
        ordered += ready
        waiting = [m for m in waiting if m not in ready]
    return ordered
