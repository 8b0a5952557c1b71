"""The history of a case in plain words: who, when, why, from what, to what, over the case and all its records."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views import View

from cases.identity import HIGHEST_SHOWN_AGE_YEARS
from cases.models import Case, Patient
from cases.views.base import CaseContext, case_or_404, note_identity
from registry.core.history import Names, field_changes
from registry.core.models import Record
from registry.core.rules import label_of
from registry.core.units import shown_unit, unit_of
from registry.core.views.display import Reader, missing_label, words

#: A page looks at so many rows of history, the latest first; every field that is left while typing leaves one.
LIMIT = 600
#: Changes of one person to one record that follow each other within this time are told as one.
SITTING = datetime.timedelta(minutes=10)


#: Columns that say to what a row belongs.
PARENTS = frozenset(
    {
        "case",
        "procedure",
        "lesion",
        "treated_lesion",
        "session",
        "patient",
        "center",
        "registry_id",
        "number",
    }
)


@dataclass
class Told:
    """One change of one field, in words."""

    label: str
    before: str
    after: str
    unit: str
    withheld: bool = False


@dataclass
class Entry:
    """What one person did to one record at one moment."""

    when: Any
    who: str
    why: str
    #: ``added``, ``changed``, ``deleted`` or ``confirmed``: the page makes a sentence of it.
    kind: str
    record: str
    changes: list[Told] = field(default_factory=list)
    #: Which record, whatever it was called then.
    key: tuple[str, int] = ("", 0)


def told_by_sitting(entries: list[Entry]) -> list[Entry]:
    """Entries, the latest first, with those of one sitting joined: each field from its first to its last value.

    A field is saved whenever it is left, so that one visit to a form leaves many rows; a reader wants the visit. Rows
    with a reason, deletions and confirmations stand for themselves.
    """
    told: list[Entry] = []
    latest: dict[tuple[str, int], Entry] = {}
    for entry in entries:
        later = latest.get(entry.key)
        if later is None or not _same_sitting(entry, later):
            told.append(entry)
            latest[entry.key] = entry
            continue
        known = {change.label: change for change in later.changes}
        for change in entry.changes:
            if change.label in known:
                known[change.label].before = change.before
            else:
                later.changes.append(change)
        later.kind = entry.kind
        later.record = later.record if entry.kind == "changed" else entry.record
        later.changes = [
            change for change in later.changes if change.withheld or change.before != change.after
        ]
    return told


def _same_sitting(entry: Entry, later: Entry) -> bool:
    return (
        entry.who == later.who
        and not entry.why
        and not later.why
        and later.kind == "changed"
        and entry.kind in ("changed", "added")
        and later.when - entry.when <= SITTING
    )


def records_of_cases() -> Iterator[tuple[type[Record], str]]:
    """Every model whose rows belong to a case, with the foreign key that leads one step towards it."""
    for model in apps.get_models():
        if issubclass(model, Record) and model.center_path and "case" in model.center_path.split("__"):
            yield model, model.center_path.split("__")[0]


def history_rows(case: Case) -> list[tuple[Any, Any]]:
    """``(row, the row before it)`` over the case, its patient and everything beneath, deleted rows included.

    Of the patient also what was said of those who have been merged into this one.
    """
    ids: dict[type, set[int]] = {Case: {case.pk}}
    rows: list[Any] = [
        *Patient.history.filter(id__in=case.patient.history_keys()),
        *Case.history.filter(id=case.pk),
    ]
    waiting = dict(records_of_cases())
    while waiting:
        ready = [model for model, step in waiting.items() if _parent(model, step) in ids]
        if not ready:
            break
        for model in ready:
            step = waiting.pop(model)
            parents = ids[_parent(model, step)]
            found = list(model.history.filter(**{f"{step}_id__in": parents})) if parents else []
            ids[model] = {row.id for row in found}
            rows += found
    rows.sort(key=lambda row: (row.history_date, row.history_id))
    before: dict[tuple[type, int], Any] = {}
    paired = []
    for row in rows:
        key = (row.instance_type, row.id)
        paired.append((row, before.get(key)))
        before[key] = row
    return paired[::-1]


def _parent(model: type[Record], step: str) -> Any:
    return model._meta.get_field(step).related_model


def _told(row: Any, change: Any, reader: Reader) -> Told:
    model = row.instance_type
    label = capfirst(change.label)
    if change.field.endswith("__missing"):
        return Told(label, missing_label(change.before), missing_label(change.after), "")
    column = model._meta.get_field(change.field)
    secret = change.field in getattr(model, "secret_in_history", {})
    if secret or (not reader.identify and change.field in model.identifying()):
        return Told(label, "", "", "", withheld=True)
    before, after = words(column, change.before), words(column, change.after)
    if change.field == "age_years" and not reader.identify:
        before, after = _capped(before), _capped(after)
    return Told(label, before, after, str(shown_unit(unit_of(change.field))))


def _capped(age: str) -> str:
    return f"{HIGHEST_SHOWN_AGE_YEARS}+" if age and int(age) >= HIGHEST_SHOWN_AGE_YEARS else age


def told_elsewhere(row: Any) -> frozenset[str]:
    """The parents of a new or deleted row say where it stands, which the reader is told already."""
    return frozenset() if row.history_type == "~" else PARENTS


def entry_of(row: Any, previous: Any, reader: Reader, names: Names | None = None) -> Entry:
    """A row of history in words. ``names`` of what rows refer to save queries where there are many."""
    kind = {"+": "added", "~": "changed", "-": "deleted"}[row.history_type]
    changes = [
        _told(row, change, reader) for change in field_changes(row, previous, told_elsewhere(row), names)
    ]
    if (
        row.history_type == "~"
        and not changes
        and previous is not None
        and row.confirmed != previous.confirmed
    ):
        changes = [
            Told(
                label_of(row.instance_type, name),
                "",
                str(entry.get("reason", "")),
                "",
                withheld=not reader.identify,  # the reason is free text
            )
            for name, entry in row.confirmed.items()
            if previous.confirmed.get(name) != entry
        ]
        kind = "confirmed"
    return Entry(
        when=row.history_date,
        who=row.history_user_name or _("unknown"),
        why=(row.history_change_reason or "") if reader.identify else "",
        kind=kind,
        record=_name_of(row),
        changes=changes,
        key=(row.instance_type._meta.label, row.id),
    )


def _name_of(row: Any) -> str:
    """The record's name as it was then."""
    label = str(row.instance_type._meta.verbose_name)
    if row.instance_type is Patient:
        label = f"{label} {row.registry_id}"
    for name in ("number", "sequence", "cycle"):
        if getattr(row, name, None) is not None:
            label = f"{label} {getattr(row, name)}"
    for name in ("kind", "time_point"):
        column = next((f for f in row.instance_type._meta.concrete_fields if f.name == name), None)
        if column is not None and getattr(row, name):
            label = f"{label} ({words(column, getattr(row, name))})"
    return label


class HistoryPage(View):
    """A page of its own, or a fragment of the case page."""

    def get(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        case = case_or_404(request, uuid)
        context = CaseContext(request, case)
        rows = history_rows(case)
        entries = [entry_of(row, previous, context.reader) for row, previous in rows[:LIMIT]]
        htmx: Any = getattr(request, "htmx", None)
        if not htmx:
            note_identity(request, case)
        return render(
            request,
            "cases/_history.html" if htmx else "cases/history.html",
            context.as_dict(
                entries=[
                    # What is stamped or scored at once would tell by its clock when the procedure was.
                    entry if context.reader.identify else replace(entry, when=None)
                    for entry in told_by_sitting(entries)
                    if entry.changes or entry.kind != "changed"
                ],
                cut=len(rows) > LIMIT,
                limit=LIMIT,
            ),
        )
