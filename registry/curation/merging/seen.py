"""What the curator has seen of two patients, and what has become of it since.

The preview is kept as versions: of both patients and of their cases. A merge that was decided on other versions is
refused, with what has changed.
"""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from cases.models import Case, Patient
from registry.core.history import field_changes
from registry.core.views.display import words


def mark_of(records: Iterable[Any]) -> str:
    """The versions of these records as one text."""
    return ",".join(sorted(f"{record.uuid}:{record.version}" for record in records))


def changed_since(mark: str, records: Iterable[Any]) -> list[str]:
    """What differs from the mark, in sentences; empty when nothing does."""
    before = _read(mark)
    found = []
    for record in records:
        version = before.pop(str(record.uuid), None)
        if version is None:
            found.append(_("%(record)s is new.") % {"record": record})
        elif version != record.version:
            found.append(_changes(record, version))
    found += [_("A case is gone or has moved to another patient.")] * len(before)
    return found


def _read(mark: str) -> dict[str, int]:
    versions = {}
    for part in mark.split(","):
        uuid, _colon, version = part.partition(":")
        if version.isdecimal() and len(version) < 10:
            versions[uuid] = int(version)
    return versions


def _changes(record: Case | Patient, version: int) -> str:
    """Who changed it after that version, and which fields."""
    rows = list(type(record).history.filter(id=record.pk, version__gte=version).order_by("history_id"))
    if len(rows) < 2:
        return _("%(record)s has changed.") % {"record": record}
    told = []
    for change in field_changes(rows[-1], rows[0]):
        if change.secret or change.field.endswith("__missing"):
            told.append(change.label)
            continue
        column = type(record)._meta.get_field(change.field)
        told.append(
            f"{change.label} {words(column, change.before) or '–'} → {words(column, change.after) or '–'}"
        )
    return _("%(who)s changed %(record)s: %(fields)s.") % {
        "who": rows[-1].history_user_name,
        "record": record,
        "fields": "; ".join(told),
    }
