"""Short lists as buttons side by side: one touch instead of two, all answers in sight."""

from typing import Any

from django import forms

from registry.core.forms.fields import CodeFormField, YesNoFormField
from registry.core.forms.record import MissingCodeFormField

#: More answers, or longer ones together, stay a list.
_MOST_ANSWERS = 6
_MOST_LETTERS = 60


class SegmentedSelect(forms.RadioSelect):
    """Radio buttons in one row, without an entry for “nothing said”: that is none of them being chosen."""


def draw_short_lists_as_buttons(form: Any, *also: str) -> None:
    """Change the controls of a form's short lists, and of those in ``also``; their fields stay what they are."""
    fields: dict[str, Any] = form.fields
    for name, field in fields.items():
        short = isinstance(field, CodeFormField | YesNoFormField)
        if not short or isinstance(field, MissingCodeFormField):
            continue
        if isinstance(field.widget, forms.HiddenInput):
            continue
        answers = [(code, label) for code, label in field.choices if code not in ("", None)]
        letters = sum(len(str(label)) for _code, label in answers)
        if name not in also and (len(answers) > _MOST_ANSWERS or letters > _MOST_LETTERS):
            continue
        field.widget = SegmentedSelect(attrs=dict(field.widget.attrs))
        field.choices = answers
        field.row_template = "core/_field_segmented.html"


def draw_as_list(field: Any) -> None:
    """A short list as a list again, where buttons have no room."""
    if isinstance(field.widget, SegmentedSelect):
        field.widget = forms.Select(attrs=dict(field.widget.attrs))
        field.choices = [("", "–"), *field.choices]
        field.row_template = "core/_field.html"
