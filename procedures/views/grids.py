"""Rows of records as a grid: heads of the columns, cells, and what one row may take over from another."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from cases import editor
from cases.views.editor import Block
from procedures.section_forms import MinuteField
from registry.core.rules import range_of
from registry.core.units import shown_number
from registry.core.views.segments import SegmentedSelect

#: More punctures than these are a list instead of buttons.
_MOST_BUTTONS = 4

#: Heads of the grids' columns, where the full label has no room.
HEADS = {
    "approach": gettext_lazy("Approach"),
    "needle_gauge": gettext_lazy("Needle"),
    "needle_count": gettext_lazy("Needles"),
    "access_no": gettext_lazy("Puncture"),
    "cement_volume_ml": gettext_lazy("Cement"),
    "cement_diameter_mm": gettext_lazy("Cement Ø"),
    "diameter_longest_mm": gettext_lazy("Lesion Ø"),
    "ablation_completion": gettext_lazy("Ablation ended"),
    "active_tip_cm": gettext_lazy("Tip"),
    "power_w": gettext_lazy("Power"),
    "ablation_time_min": gettext_lazy("Time"),
    "temperature_mean_celsius": gettext_lazy("Mean"),
    "temperature_min_celsius": gettext_lazy("Lowest"),
    "temperature_max_celsius": gettext_lazy("Highest"),
    "minutes_at_target_min": gettext_lazy("At target"),
    "rolloff_count": gettext_lazy("Roll-offs"),
    "inflated_min": gettext_lazy("Inflated"),
    "deflated_min": gettext_lazy("Deflated"),
    "aortic_zone": gettext_lazy("Aortic zone"),
    "completeness": gettext_lazy("Occlusion is"),
    "volume_ml": gettext_lazy("Volume"),
}


@dataclass(frozen=True)
class Copy:
    """A button that fills what is still empty from another record on the page."""

    label: str
    source: str
    into: str
    names: str


@dataclass
class Row:
    """One row of a grid: the record's cells, and what stands beneath them."""

    block: Block
    owner: str
    cells: list[Any]
    copy: Copy | None = None


@dataclass(frozen=True)
class Head:
    """The head of a column: what is asked, in which unit, and what is accepted."""

    name: str
    label: str
    unit: str
    range: str


@dataclass
class Grid:
    """Rows of one kind with the heads of their columns; ``columns`` names their widths in the style sheet."""

    columns: str
    heads: list[Head]
    rows: list[Any]


def rows_of(block: Block, names: Iterable[str]) -> list[Any]:
    return [block.form[name] for name in names if name in block.form.fields]


def speaks(record: Any, *names: str) -> bool:
    """Whether one of the fields has a value, or a reason for having none."""
    return any(getattr(record, name) not in (None, "") or record.missing.get(name) for name in names)


def heads(model: Any, names: Iterable[str]) -> list[Head]:
    form = editor.form_of(model)
    found = []
    for name in names:
        column: Any = form.base_fields[name] if form is not None else None
        label = HEADS.get(name) or capfirst(str(column.label))
        unit = str(getattr(column, "unit", ""))
        found.append(Head(name, str(label), unit, _accepted(model, name, column) if unit else ""))
    return found


def offer_punctures(block: Block, lesions: int) -> None:
    """One puncture may serve several lesions: its number is chosen, not typed."""
    found: Any = block.form.fields["access_no"]
    stored = block.record.access_no
    numbers = sorted({*range(1, lesions + 1), *([stored] if stored is not None else [])})
    choices = [(str(number), str(number)) for number in numbers]
    attrs = dict(found.widget.attrs)
    if len(numbers) <= _MOST_BUTTONS:
        found.widget = SegmentedSelect(attrs=attrs, choices=choices)
        found.row_template = "core/_field_segmented.html"
    else:
        found.widget = forms.Select(attrs=attrs, choices=[("", "–"), *choices])


def _accepted(model: Any, name: str, column: Any) -> str:
    """The accepted range in short, or what the form says instead."""
    limits_of = range_of(model, name)
    if isinstance(column, MinuteField) or limits_of is None:
        return str(column.help_text)
    return f"{shown_number(limits_of.low)}–{shown_number(limits_of.high)}"


def shorten(block: Block, name: str, labels: Mapping[Any, str]) -> None:
    """Shorter words on the buttons of a cell."""
    found: Any = block.form.fields[name]
    found.choices = [(code, labels.get(code, label)) for code, label in found.choices]
