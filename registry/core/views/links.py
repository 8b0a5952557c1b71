"""Addresses of records by one convention, so that a floor can link to a record of a higher one.

The form of a record is named ``<model>-edit``, a new row beneath a parent ``<model>-new``, the deletion
``<model>-delete``. Where a record is edited together with others, the floor that draws that page says so by
``register_place``.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.urls import NoReverseMatch, reverse

from registry.core.policies import Gap

#: (record, field) → the address where it is edited, or an empty text.
_places: list[Callable[[Any, str], str]] = []


def register_place(place: Callable[[Any, str], str]) -> None:
    if place not in _places:
        _places.append(place)


def edit_url(record: Any, field: str = "") -> str:
    """Where a record is edited, at one of its fields; empty when there is no such page."""
    return next((url for place in _places if (url := place(record, field))), "") or form_url(record, field)


def form_url(record: Any, field: str = "") -> str:
    """The record's own form, which works without script."""
    return _reverse(f"{record._meta.model_name}-edit", record.uuid, f"#id_{field}" if field else "")


def new_url(model: Any, parent: Any) -> str:
    """The form for a new row of ``model`` beneath ``parent``."""
    return _reverse(f"{model._meta.model_name}-new", parent.uuid)


def delete_url(record: Any) -> str:
    return _reverse(f"{record._meta.model_name}-delete", record.uuid)


def gap_url(gap: Gap) -> str:
    """Where a gap is closed: the field of a form, or the form for the row that is lacking."""
    placed = next((url for place in _places if (url := place(gap.record, gap.field))), "")
    if placed:
        return placed
    try:
        field = gap.record._meta.get_field(gap.field)
    except FieldDoesNotExist:
        return edit_url(gap.record)
    if field.auto_created:
        return new_url(field.related_model, gap.record)
    return edit_url(gap.record, gap.field)


def _reverse(name: str, uuid: Any, anchor: str = "") -> str:
    try:
        return reverse(name, args=[uuid]) + anchor
    except NoReverseMatch:
        return ""
