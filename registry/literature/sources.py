"""Where the values of published records are printed: one query for everything a page shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q

from registry.core.models import Record
from registry.core.rules import label_of
from registry.literature.models import SourceValue


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
