"""What the tests of the admin share: addresses of pages, and the data a browser would send back from one."""

from typing import Any

from django import forms
from django.urls import reverse


def url(model: Any, page: str, *args: Any) -> str:
    """The address of ``changelist``, ``add``, ``change``, ``history`` or ``delete``."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def change(record: Any) -> str:
    return url(type(record), "change", record.pk)


def _values(form: Any) -> dict[str, Any]:
    sent = {}
    for bound in form:
        value = bound.value()
        if isinstance(value, bool):
            value = str(value).lower() if hasattr(bound.field, "choices") else ("on" if value else None)
        if isinstance(bound.field, forms.MultipleChoiceField) and not value:
            continue  # boxes that are not ticked are not sent
        if value is None or value == "":
            value = ""
        elif not isinstance(value, list | tuple | str):
            value = bound.field.prepare_value(value)
        sent[bound.html_name] = value
    return sent


def as_sent(response: Any, **changes: Any) -> dict[str, Any]:
    """The page's form as a browser sends it, with some fields changed (``lesions-0-volume_ml`` for a row)."""
    sent = _values(response.context["adminform"].form)
    for wrapped in response.context["inline_admin_formsets"]:
        formset = wrapped.formset
        sent.update(_values(formset.management_form))
        for form in formset.forms:
            sent.update(_values(form))
    for name in [name for name in sent if name.endswith("-DELETE")]:
        del sent[name]
    sent.update(changes)
    return {name: value for name, value in sent.items() if value is not None}


def add_row(sent: dict[str, Any], prefix: str, **values: Any) -> dict[str, Any]:
    """One more row, as the page's “add another” makes it."""
    index = int(sent[f"{prefix}-TOTAL_FORMS"])
    sent[f"{prefix}-TOTAL_FORMS"] = index + 1
    sent.update({f"{prefix}-{index}-{name}": value for name, value in values.items()})
    return sent


def problems(response: Any) -> str:
    """Everything the page says is wrong, as one text."""
    found = [str(response.context["adminform"].form.errors)]
    for wrapped in response.context["inline_admin_formsets"]:
        found += [
            str(wrapped.formset.non_form_errors()),
            *(str(form.errors) for form in wrapped.formset.forms),
        ]
    return "\n".join(found)
