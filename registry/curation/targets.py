"""What a query is about: from a record and a field to the names kept in a query, and back."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.crypto import salted_hmac
from django.utils.text import capfirst

from cases import editor
from cases.models import Case, Patient
from registry.core.limits import as_json
from registry.core.models import Record
from registry.core.rules import label_of
from registry.core.views.links import edit_url
from registry.curation.models import DataQuery


def model_of(label: str) -> type[Record] | None:
    """The clinical model of that name; ``None`` for anything else, so that an address cannot reach other tables."""
    found = {model._meta.label_lower: model for model in clinical_models()}
    return found.get(label)


def clinical_models() -> list[type[Record]]:
    """Every model whose rows belong to a patient."""
    return [
        model
        for model in apps.get_models()
        if issubclass(model, Record) and (model in (Patient, Case) or "case" in (model.center_path or ""))
    ]


def case_of(record: Any) -> Case | None:
    """The case in which the record is looked at; that of a patient is the one that is open, else the latest."""
    root = record.aggregate_root()
    return root if isinstance(root, Case) else editor.case_of(root)


def value_text(record: Any, field: str) -> str:
    """The value of a field with the reason for its absence, as text that can be compared."""
    if not field:
        return ""
    try:
        column: Any = record._meta.get_field(field)
    except FieldDoesNotExist:
        return ""
    if not getattr(column, "concrete", False):
        return ""
    value = getattr(record, column.attname)
    if value and field in record.not_in_history:
        # What history may not hold no query holds either: only whether it is still the same.
        value = salted_hmac(f"asked value {record.uuid}", str(value), algorithm="sha256").hexdigest()
    return f"{'' if value is None else as_json(value)}|{record.missing.get(field, '')}"


def field_label(model: type[Record], field: str) -> str:
    """The field in words; what is no column (the rows beneath) goes by its model's name."""
    if not field:
        return ""
    try:
        column: Any = model._meta.get_field(field)
    except FieldDoesNotExist:
        return ""
    if column.auto_created:
        return capfirst(str(column.related_model._meta.verbose_name_plural))
    return label_of(model, field)


@dataclass(frozen=True)
class Target:
    """The record of a query as a list shows it; ``record`` is ``None`` where it has been deleted."""

    record: Any
    name: str
    field: str
    url: str


def _chain(model: type[Record]) -> tuple[str, ...]:
    """The foreign keys from a record to its case."""
    steps = (model.center_path or "").split("__")[:-1]
    return ("__".join(steps),) if steps else ()


def targets_of(queries: Iterable[DataQuery]) -> dict[int, Target]:
    """The records of the queries, in one question to the database for each kind of record among them."""
    queries = list(queries)
    wanted: dict[str, set[Any]] = defaultdict(set)
    for query in queries:
        wanted[query.record_model].add(query.record_uuid)
    found: dict[Any, Any] = {}
    for label, uuids in wanted.items():
        model = model_of(label)
        if model is not None:
            rows = model._base_manager.filter(uuid__in=uuids).select_related(
                *_chain(model), *_named_by(model)
            )
            found.update({row.uuid: row for row in rows})
    return {query.pk: _target(query, found.get(query.record_uuid)) for query in queries}


def _named_by(model: type[Record]) -> tuple[str, ...]:
    """What the name of a record is made of besides itself."""
    names = {field.name for field in model._meta.concrete_fields if field.is_relation}
    return tuple(name for name in ("patient", "lesion") if name in names)


def _target(query: DataQuery, record: Any) -> Target:
    model = model_of(query.record_model)
    if model is None:
        return Target(None, query.record_model, query.field, "")
    label = field_label(model, query.field)
    if record is None:
        return Target(None, capfirst(str(model._meta.verbose_name)), label, "")
    if isinstance(record, Patient) and query.case is not None:
        record.edited_in = query.case  # type: ignore[attr-defined]
    name = capfirst(str(model._meta.verbose_name if isinstance(record, Case | Patient) else record))
    return Target(record, name, label, edit_url(record, query.field))
