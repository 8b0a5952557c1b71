"""The kinds of record that have a history, and which of their rows belong to which centre.

Everything is read from history itself, so that rows of records that are gone are found as well.
"""

from typing import Any

from django.apps import apps
from django.db.models import Q

from registry.core.codes import MISSING_SUFFIX
from registry.core.history import HOUSEKEEPING
from registry.core.models import Record
from registry.core.rules import label_of, why_missing_label


def kinds(*, everything: bool) -> list[type[Record]]:
    """The models in one fixed order; those that belong to no centre only where everything is asked for."""
    found = [
        model
        for model in apps.get_models()
        if issubclass(model, Record) and (everything or model.center_path is not None)
    ]
    return sorted(found, key=lambda model: model._meta.label_lower)


def within(model: type[Record], centers: list[int]) -> Q:
    """The condition on history rows whose record belongs to one of these centres."""
    step = first_step(model)
    if step == "center":
        return Q(center_id__in=centers)
    above: Any = parent_of(model)
    return Q(**{f"{step}_id__in": above.history.filter(within(above, centers)).order_by().values("id")})


def first_step(model: type[Record]) -> str:
    """The foreign key that leads one step towards the centre."""
    if model.center_path is None:
        raise LookupError(model)
    if any(field.name == "center" for field in model._meta.concrete_fields):
        return "center"
    return model.center_path.split("__")[0]


def parent_of(model: type[Record]) -> type[Record]:
    return model._meta.get_field(first_step(model)).related_model  # type: ignore[return-value]


def shown_fields(model: type[Record]) -> list[tuple[str, str]]:
    """The fields of a kind by which changes are found, with their labels."""
    kept_out = (
        *HOUSEKEEPING,
        *getattr(model, "not_in_history", ()),
        *getattr(model, "secret_in_history", ()),
    )
    return [
        (field.name, label_of(model, field.name))
        for field in model._meta.concrete_fields
        if field.name not in kept_out
    ]


def label_of_change(model: type[Record], name: str) -> str:
    """What a changed field is called, whether it is the value or the reason for its absence."""
    if name.endswith(MISSING_SUFFIX):
        return str(why_missing_label(model, name.removesuffix(MISSING_SUFFIX)))
    return label_of(model, name)
