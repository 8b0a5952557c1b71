"""Autosave: what somebody typed is merged field by field into the stored record, and all of it that can be stored is.

A page sends the fields that changed and what it last knew to be stored in them. Two people conflict only where both
changed the same field; a value that is refused holds nobody else's value back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from registry.core.codes import MISSING_SUFFIX
from registry.core.forms.record import CONFIRM_PREFIX, RecordForm
from registry.core.models import Record
from registry.core.records import trial_of
from registry.core.rules import rules_of

#: Others may save between reading and writing; then it is read again.
_ATTEMPTS = 5
#: Where a form notes what concerns the record as a whole.
WHOLE = (NON_FIELD_ERRORS, "reason")


@dataclass(frozen=True)
class Typed:
    """What a page sends: form field → values as typed, and the values that it believes to be stored."""

    fields: Mapping[str, list[str]]
    base: Mapping[str, list[str]] = field(default_factory=dict)
    confirm: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""


@dataclass
class Outcome:
    """What became of it."""

    record: Any
    written: bool = False
    #: Refused fields with what is wrong; under ``NON_FIELD_ERRORS`` what concerns the whole record.
    errors: dict[str, list[Any]] = field(default_factory=dict)
    #: Codes of the refusals that concern the whole record, such as ``reason``.
    codes: set[str] = field(default_factory=set)
    #: Fields that somebody else changed meanwhile to something else.
    conflicts: list[str] = field(default_factory=list)


def stored_values(form: RecordForm) -> dict[str, list[str]]:
    """What a browser would send of an unbound form: form field → values as texts."""
    return {name: as_typed(form, name) for name in form.fields}


def as_typed(form: RecordForm, name: str) -> list[str]:
    value = form.fields[name].prepare_value(form.get_initial_for_field(form.fields[name], name))
    if value is None or value == "":
        return []
    parts = value if isinstance(value, list | tuple) else [value]
    return [str(getattr(part, "pk", part)) for part in parts]


def autosave(form_class: type[RecordForm], record: Record, typed: Typed, *, by: Any) -> Outcome:
    """Merge what was typed into the record and write what can be written.

    Raises ``PermissionDenied`` where ``by`` may not write the record at all. Unknown fields are ignored.
    """
    for _attempt in range(_ATTEMPTS):
        outcome = _attempt_to_save(form_class, record, typed, by)
        if outcome is not None:
            return outcome
        record = type(record)._base_manager.get(pk=record.pk)
    busy = _("Others are saving this at the same time. Nothing of yours has been written; try again.")
    return Outcome(record, errors={NON_FIELD_ERRORS: [busy]})


def _attempt_to_save(form_class: type[RecordForm], record: Record, typed: Typed, by: Any) -> Outcome | None:
    shown = form_class(None, instance=trial_of(record), by=by)
    stored = stored_values(shown)
    outcome = Outcome(record)
    outcome.conflicts = [
        name
        for name in typed.fields
        if name in shown.fields and _changed_by_others(shown, stored, typed, name)
    ]
    wanted = [name for name in typed.fields if name in shown.fields and name not in outcome.conflicts]
    confirm = dict(typed.confirm)
    while wanted or confirm:
        form = form_class(
            _data(shown, stored, typed, wanted, confirm), instance=trial_of(record), by=by, writes=True
        )
        form.is_valid()
        if form.conflict is not None:
            return None
        if form.written:
            outcome.written, outcome.record = True, form.instance
            _note_errors(outcome, form, form.errors)
            return outcome
        # What a complete case needs is taken away by one field, not by the record as a whole.
        whole = {code for name in WHOLE for code in codes_of(form, name)} - {"incomplete"}
        culprits = {} if whole else _culprits(form, wanted)
        if not culprits and not whole and wanted:
            culprits = _alone(form_class, record, shown, stored, typed, wanted, by)
        _note_errors(outcome, form, culprits or form.errors)
        if not culprits:
            return outcome
        wanted = [name for name in wanted if name not in culprits]
        confirm = {name: why for name, why in confirm.items() if name not in culprits}
    return outcome


def _alone(
    form_class: type[RecordForm],
    record: Record,
    shown: RecordForm,
    stored: Mapping[str, list[str]],
    typed: Typed,
    wanted: list[str],
    by: Any,
) -> dict[str, Any]:
    """Where a refusal names none of the changed fields: those that are refused when they come alone, else all."""
    found = {}
    for name in wanted:
        form = form_class(_data(shown, stored, typed, [name], {}), instance=trial_of(record), by=by)
        if not form.is_valid():
            found[name] = next(iter(form.errors.values()))
    return found or {name: [_("These values do not go together.")] for name in wanted}


def _changed_by_others(form: RecordForm, stored: Mapping[str, list[str]], typed: Typed, name: str) -> bool:
    """Whether the stored value is neither what the page started from nor what it wants now.

    A value and the reason for its absence are one answer.
    """
    if _read(form, name, typed.fields[name]) == _read(form, name, stored[name]):
        return False
    value = name.removesuffix(MISSING_SUFFIX)
    answer = [part for part in (value, value + MISSING_SUFFIX) if part in form.fields and part in typed.base]
    return any(_read(form, part, typed.base[part]) != _read(form, part, stored[part]) for part in answer)


def _read(form: RecordForm, name: str, values: list[str]) -> Any:
    """The value that the texts stand for: “6,8” and “6.8” are the same. Unreadable texts stand for themselves."""
    values = [value for value in values if value != ""]
    if not values:
        return None
    widget_data = QueryDict(mutable=True)
    widget_data.setlist(name, values)
    bound = form.fields[name]
    try:
        return bound.clean(bound.widget.value_from_datadict(widget_data, {}, name))
    except (ValidationError, ValueError, TypeError):
        return tuple(values)


def _data(
    shown: RecordForm,
    stored: Mapping[str, list[str]],
    typed: Typed,
    wanted: Iterable[str],
    confirm: Mapping[str, str],
) -> QueryDict:
    """The whole form as it would be sent if only the wanted fields had been changed."""
    data = QueryDict(mutable=True)
    for name in shown.fields:
        data.setlist(name, typed.fields[name] if name in wanted else stored[name])
    data["version"] = str(shown.instance.version)
    data["reason"] = typed.reason
    for name, why in confirm.items():
        data[CONFIRM_PREFIX + name] = why
    return data


def _culprits(form: RecordForm, wanted: list[str]) -> dict[str, Any]:
    """The wanted fields that the refusals are about, with the messages.

    A rule of two fields speaks at one of them; when only the other was changed, that one is the culprit.
    """
    found: dict[str, Any] = {}
    for name, messages in form.errors.items():
        if name in wanted:
            found[name] = messages
        elif name + MISSING_SUFFIX in wanted:
            found[name + MISSING_SUFFIX] = messages
        else:
            partners = {
                part
                for rule in rules_of(type(form.instance))
                if rule.field == name
                for part in rule.fields
                if part in wanted
            }
            found.update(dict.fromkeys(partners, messages))
    return found


def _note_errors(outcome: Outcome, form: RecordForm, errors: Mapping[str, Any]) -> None:
    for name, messages in errors.items():
        outcome.errors[name] = list(messages)
        if name in WHOLE:
            outcome.codes |= codes_of(form, name)


def codes_of(form: RecordForm, name: str) -> set[str]:
    return {error.code or "" for error in form.errors.as_data().get(name, ())}
