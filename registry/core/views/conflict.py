"""Two people changed one record: both values side by side, and a choice per field."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from registry.core.codes import MISSING_SUFFIX
from registry.core.forms.record import MissingCodeFormField, RecordForm
from registry.core.views.display import missing_label, words
from registry.core.views.layout import APART

CHOICE_PREFIX = "choice__"
MINE, THEIRS = "mine", "theirs"


@dataclass(frozen=True)
class Clash:
    """One field that stands differently in the form and in the stored record."""

    html_name: str
    label: str
    unit: str
    mine: str
    theirs: str
    default: str

    @property
    def choice_name(self) -> str:
        return CHOICE_PREFIX + self.html_name


def clashes(form: RecordForm) -> list[Clash]:
    """What differs between the form and the stored record, and which side is proposed.

    Mine where I changed the field against the version I had read, theirs otherwise: so that nobody's change is undone
    by somebody who never touched the field.
    """
    if form.conflict is None:
        return []
    stored, proposed = form.conflict.stored, form.conflict.proposed
    base = _version_read(stored, form.conflict.expected_version)
    found = []
    for name, field in form.fields.items():
        if name in APART or isinstance(field, MissingCodeFormField) or not _is_column(stored, name):
            continue
        column: Any = type(stored)._meta.get_field(name)
        unreadable = name in form.errors and name not in form.cleaned_data
        mine = (getattr(proposed, column.attname), (proposed.missing or {}).get(name))
        theirs = (getattr(stored, column.attname), (stored.missing or {}).get(name))
        if mine == theirs and not unreadable:
            continue
        bound = form[name]
        found.append(
            Clash(
                html_name=bound.html_name,
                label=str(field.label),
                unit=getattr(field, "unit", ""),
                mine=_raw(bound) if unreadable else _in_words(proposed, column, mine),
                theirs=_in_words(stored, column, theirs),
                default=MINE if unreadable or _changed(base, column, mine) else THEIRS,
            )
        )
    return found


def merge(data: QueryDict, form: RecordForm) -> QueryDict:
    """The posted data with the stored value wherever “theirs” was chosen. ``form`` is unbound, of the stored record."""
    merged = data.copy()
    for name, field in form.fields.items():
        bound = form[name]
        if data.get(CHOICE_PREFIX + bound.html_name) != THEIRS:
            continue
        _put(merged, bound.html_name, field.prepare_value(bound.initial))
        companion = name + MISSING_SUFFIX
        if companion in form.fields:
            _put(merged, form[companion].html_name, form.instance.missing.get(name, ""))
    return merged


def _put(data: QueryDict, key: str, value: Any) -> None:
    if isinstance(value, list | tuple):
        data.setlist(key, [str(part) for part in value])
    elif value is None:
        data[key] = ""
    else:
        data[key] = str(getattr(value, "pk", value))


def _is_column(record: Any, name: str) -> bool:
    return any(field.name == name for field in record._meta.concrete_fields)


def _version_read(stored: Any, version: int) -> Any:
    """The record as it was when the form was opened, from its history."""
    return type(stored).history.filter(id=stored.pk, version=version).first()


def _changed(base: Any, column: Any, mine: tuple[Any, Any]) -> bool:
    if base is None:
        # Nobody has read a version: both began with nothing, and saying nothing is no change.
        return mine[0] not in (None, "") or mine[1] is not None
    if not hasattr(base, column.attname):
        return True
    return mine != (getattr(base, column.attname), (base.missing or {}).get(column.name))


def _raw(bound: Any) -> str:
    value = bound.data
    return ", ".join(value) if isinstance(value, list | tuple) else str(value or "")


def _in_words(record: Any, column: Any, pair: tuple[Any, Any]) -> str:
    value, code = pair
    if value is None and code:
        return f"– ({missing_label(code)})"
    if column.is_relation:
        related = getattr(record, column.name)
        return str(related) if related is not None else ""
    return words(column, value)


def theirs_in_words(record: Any, name: str) -> str:
    """The stored value of a field, or why there is none."""
    column = type(record)._meta.get_field(name.removesuffix(MISSING_SUFFIX))
    value = getattr(record, column.attname)
    return _in_words(record, column, (value, (record.missing or {}).get(column.name)))


def who_and_when(form: Any) -> Mapping[str, Any]:
    """Who saved meanwhile, for the heading of the page."""
    return who_and_when_of(form.conflict.stored)


def who_and_when_of(record: Any, field: str = "") -> Mapping[str, Any]:
    """Who saved a record last; of one field: who gave it the answer that is stored."""
    rows = type(record).history.filter(id=record.pk)
    row = rows.first() if not field else _answered_by(rows, record, field.removesuffix(MISSING_SUFFIX))
    return {
        "name": (row.history_user_name if row else "") or _("Somebody"),
        "when": row.history_date if row else None,
    }


def _answered_by(rows: Any, record: Any, name: str) -> Any:
    """The earliest of the latest rows that agree on a field: the change since which it stands as it is."""
    found = None
    for row in rows.iterator(chunk_size=50):
        if found is not None and not _same_answer(row, found, record, name):
            break
        found = row
    return found


def _same_answer(row: Any, other: Any, record: Any, name: str) -> bool:
    """A value and the reason for its absence are one answer; what history does not keep never differs."""
    attname = type(record)._meta.get_field(name).attname
    answers = {(getattr(one, attname, None), (one.missing or {}).get(name)) for one in (row, other)}
    return len(answers) == 1
