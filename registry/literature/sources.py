"""Where the values of published records are printed: one query for everything a page shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.contrib.contenttypes.prefetch import GenericPrefetch
from django.db.models import Q

from registry.core.models import Record
from registry.core.rules import label_of
from registry.literature.models import Publication, SourceValue


@dataclass(frozen=True)
class Mark:
    """The source of one value, numbered within the part of the page that shows it."""

    number: int
    pk: int
    record: Record
    field: str
    location: str
    printed: str
    qualifier: str
    scope: str
    #: Of the paper, for whoever has it read out.
    language: str

    @property
    def anchor(self) -> str:
        return f"source-{self.pk}"

    @property
    def label(self) -> str:
        model = type(self.record)
        names = {field.name for field in model._meta.concrete_fields}
        return label_of(model, self.field) if self.field in names else self.field


def marks_of(records: Iterable[Record]) -> dict[tuple[str, int, str], Mark]:
    """``(model, pk, field)`` → where the value is printed."""
    wanted: dict[Any, dict[int, Record]] = {}
    for record in records:
        wanted.setdefault(type(record), {})[record.pk] = record
    if not wanted:
        return {}
    condition = Q()
    kinds = {}
    for model, rows in wanted.items():
        kind = ContentType.objects.get_for_model(model)
        kinds[kind.pk] = model
        condition |= Q(content_type=kind.pk, object_id__in=list(rows))
    found: dict[tuple[str, int, str], Mark] = {}
    order = {model: position for position, model in enumerate(wanted)}
    values = sorted(
        SourceValue.objects.filter(condition).select_related("publication"),
        key=lambda value: (order[kinds[value.content_type_id]], value.pk),
    )
    for number, value in enumerate(values, start=1):
        record = wanted[kinds[value.content_type_id]][value.object_id]
        found[(record._meta.label_lower, record.pk, value.field)] = Mark(
            number=number,
            pk=value.pk,
            record=record,
            field=value.field,
            location=value.location,
            printed=value.printed,
            qualifier="" if value.qualifier == "exact" else str(value.get_qualifier_display()),
            scope=str(value.get_scope_display()),
            language=value.publication.language or "",
        )
    return found


def owner_of(record: Any) -> Any:
    """The record that belongs to the centre: the case for a lesion, the patient for a patient."""
    for step in (record.center_path or "center").split("__")[:-1]:
        record = getattr(record, step)
    return record


def patient_of(record: Any) -> Any:
    """The patient whose record it is, or ``None``."""
    owner = owner_of(record)
    found = getattr(owner, "patient", owner)
    return found if found._meta.model_name == "patient" else None


def with_owners() -> GenericPrefetch:
    """Fetches the records of sources together with the cases and patients they belong to; a query for each kind."""
    owned = [
        model for model in apps.get_models() if issubclass(model, Record) and model.center_path is not None
    ]
    return GenericPrefetch("record", [_with_owner(model) for model in sorted(owned, key=str)])


def _with_owner(model: type[Record]) -> Any:
    steps = (model.center_path or "").split("__")[:-1]
    owner: Any = model
    for step in steps:
        owner = owner._meta.get_field(step).related_model
    has_patient = any(field.name == "patient" for field in owner._meta.get_fields())
    path = [*steps, "patient"] if has_patient else steps
    rows = model.objects.all()
    return rows.select_related("__".join(path)) if path else rows


def printed_of(
    publication: Publication, location: str, patient: str, fields: Iterable[str]
) -> list[SourceValue]:
    """Sources of one patient's values at one place, the record of each fetched."""
    found = publication.source_values.filter(location=location, field__in=list(fields)).prefetch_related(
        with_owners()
    )
    return [
        source
        for source in found
        if source.record is not None
        and (owner := patient_of(source.record)) is not None
        and owner.source_label == patient
    ]
