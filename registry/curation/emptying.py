"""What curation holds of an erased patient beside records, and what is left of it: who did what and when.

Data queries lose their words, what they are about and the value that was asked about; signatures their hash and the
reason of a withdrawal; the notes of the administration (“recent actions”) their texts; a saved filter goes that names a
hospital number. Rows that are kept for good are passed as history is: inside ``triggers.lifted``.
"""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_plus

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import ngettext

from cases.models import Case, Patient
from registry.core.actors import identity_of
from registry.core.erasure import Scope, scope_of
from registry.core.saved_filter import SavedFilter
from registry.curation.models import DataQuery, QueryEvent, Signature
from registry.curation.models.query import ERASED, State
from registry.curation.quality.duplicates import DUPLICATE


def says(patient: Patient) -> list[str]:
    """For whoever is about to erase the patient."""
    scope = scope_of(patient, patient.merged.values_list("key", flat=True))
    said = []
    if n := len(_about(scope)) + len(_naming(patient)):
        text = ngettext("Data queries: %(n)d loses its words.", "Data queries: %(n)d lose their words.", n)
        said.append(text % {"n": n})
    if n := Signature.objects.filter(case__in=scope.records.get(Case, ())).count():
        text = ngettext(
            "Signatures: of %(n)d only who signed and when stays.",
            "Signatures: of %(n)d only who signed and when stays.",
            n,
        )
        said.append(text % {"n": n})
    return said


def empty(patient: Patient, scope: Scope, numbers: Iterable[str], by: Any) -> None:
    """Inside the change that erases; the triggers are lifted. ``numbers`` are the hospital numbers that there were."""
    about, naming = _about(scope), _naming(patient)
    DataQuery.objects.filter(pk__in=about).update(rule="", field="", silenced=False)
    queries = DataQuery.objects.filter(pk__in=[*about, *naming])
    queries.update(
        text="",
        wording={},
        asked_value="",
        state=State.CLOSED,
        closed_at=Coalesce(F("closed_at"), Value(timezone.now())),
    )
    DataQuery.objects.filter(pk__in=[*about, *naming], closed_by="").update(closed_by=identity_of(by)[1])
    QueryEvent.objects.filter(query__in=[*about, *naming]).exclude(text="").empty(text="")
    signatures = Signature.objects.filter(case__in=scope.records.get(Case, ()))
    signatures.empty(content_sha256="")
    signatures.exclude(reason="").empty(reason=ERASED)
    for model, keys in [*scope.records.items(), (DataQuery, {*about, *naming})]:
        _empty_notes(model, keys)
    for kept in SavedFilter.objects.all():
        if any(number and number in unquote_plus(kept.query) for number in numbers):
            kept.delete()


def _about(scope: Scope) -> list[int]:
    """Queries about the patient, a case, or anything beneath one."""
    uuids = {
        uuid
        for model, ids in scope.records.items()
        for rows in (model._base_manager.filter(pk__in=ids), model.history.filter(id__in=ids))
        for uuid in rows.values_list("uuid", flat=True)
    }
    return list(
        DataQuery.objects.filter(Q(record_uuid__in=uuids) | Q(case_uuid__in=uuids)).values_list(
            "pk", flat=True
        )
    )


def _naming(patient: Patient) -> list[int]:
    """Queries about other patients that say in what this one is like them."""
    names = [patient.registry_id, *patient.merged.values_list("registry_id", flat=True)]
    asked = DataQuery.objects.filter(center=patient.center_id, rule=DUPLICATE.code)
    return [
        query.pk
        for query in asked.exclude(record_uuid=patient.uuid).prefetch_related("events")
        if any(
            name in json.dumps(query.wording) or any(name in event.text for event in query.events.all())
            for name in names
        )
    ]


def _empty_notes(model: Any, keys: Iterable[int]) -> None:
    notes = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(model), object_id__in=[str(key) for key in keys]
    )
    notes.update(object_repr=ERASED, change_message="")
