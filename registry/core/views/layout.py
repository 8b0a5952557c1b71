"""How a record's form is laid out: sections of rows, each row with its unit, its reason for absence and its warning."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _

from registry.core import limits
from registry.core.codes import MISSING_SUFFIX
from registry.core.forms.record import CONFIRM_PREFIX, MissingCodeFormField, RecordForm

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

#: Django's own words for an empty choice.
_BLANK = "---------"
#: Rows that stand outside the sections.
APART = ("version", "reason")


@dataclass(frozen=True)
class Fieldset:
    """One group of fields under a heading. A folded one opens on demand, and by itself when it holds something."""

    heading: "StrOrPromise"
    names: tuple[str, ...]
    hint: "StrOrPromise" = ""
    folded: bool = False


@dataclass(frozen=True)
class Notice:
    """An unusual value: the sentence, the input that takes the reason, and a reason given before."""

    sentences: tuple[str, ...]
    input_name: str
    reason: str


@dataclass
class Section:
    heading: "StrOrPromise"
    hint: "StrOrPromise" = ""
    folded: bool = False
    open: bool = False
    rows: list[Any] = field(default_factory=list)


@dataclass
class Layout:
    """One form as the page shows it."""

    form: RecordForm
    sections: list[Section]
    hidden: list[Any]
    reason: Any
    #: Unusual values of fields that the form does not show.
    notices: list[Notice]

    @property
    def has_errors(self) -> bool:
        return bool(self.form.errors)

    @property
    def waiting(self) -> int:
        """How many unusual values wait for a reason."""
        rows = (row for section in self.sections for row in section.rows)
        return len(self.notices) + sum(bool(row.field.notice) for row in rows)


def lay_out(form: RecordForm) -> Layout:
    """Arrange a form by its ``fieldsets``; what no fieldset names comes last."""
    _furnish(form)
    notices = _warn(form)
    placed: set[str] = set()
    sections = []
    for group in getattr(form, "fieldsets", ()):
        names = [name for name in group.names if name in form.fields]
        placed.update(names)
        rows = [form[name] for name in names if not form[name].is_hidden]
        if rows:
            sections.append(_section(form, group, rows))
    rest = [
        form[name]
        for name, found in form.fields.items()
        if name not in placed
        and name not in APART
        and not isinstance(found, MissingCodeFormField)
        and not form[name].is_hidden
    ]
    if rest:
        sections.append(Section(heading=_("Further") if sections else "", rows=rest))
    return Layout(
        form=form,
        sections=sections,
        hidden=[bound for bound in form if bound.is_hidden],
        reason=form["reason"] if "reason" in form.fields else None,
        notices=notices,
    )


def _section(form: RecordForm, group: Fieldset, rows: list[Any]) -> Section:
    busy = any(_speaks(form, row) for row in rows)
    return Section(str(group.heading), str(group.hint), group.folded, open=busy, rows=rows)


def _speaks(form: RecordForm, row: Any) -> bool:
    companion = row.field.missing_boundfield
    numbering = type(form.instance).numbered_within or ("",)
    return bool(
        (row.value() not in (None, "", []) and row.name != numbering[0])
        or row.errors
        or row.field.notice
        or (companion is not None and companion.value())
    )


def _furnish(form: RecordForm) -> None:
    """Give each field its companion, so that a row can be drawn from the field alone."""
    fields: dict[str, Any] = form.fields
    for name, found in fields.items():
        found.missing_boundfield = None
        found.notice = None
        found.settled_notice = ""
        found.row_template = getattr(found, "row_template", "core/_field.html")
        if isinstance(found, MissingCodeFormField):
            codes: Any = found.choices
            found.choices = [("", found.prompt), *[choice for choice in codes if choice[0]]]
        elif name + MISSING_SUFFIX in form.fields:
            found.missing_boundfield = form[name + MISSING_SUFFIX]
        if isinstance(found, forms.ChoiceField) and not isinstance(found, forms.ModelChoiceField):
            listed: Any = found.choices
            found.choices = [
                (code, "–") if code == "" and label == _BLANK else (code, label) for code, label in listed
            ]
        elif isinstance(found, forms.ModelChoiceField):
            found.empty_label = "–" if found.empty_label == _BLANK else found.empty_label


def _warn(form: RecordForm) -> list[Notice]:
    """Hang each unexplained unusual value at its field; those of fields not shown are answered."""
    elsewhere = []
    for name, notice in _notices(form):
        shown = form.fields.get(name)
        if shown is not None and not form[name].is_hidden:
            shown.notice = notice  # type: ignore[attr-defined]
        else:
            elsewhere.append(notice)
    for name, entry in (form.instance.confirmed or {}).items():
        shown = form.fields.get(name)
        if shown is not None and not shown.notice:  # type: ignore[attr-defined]
            shown.settled_notice = _("Unusual, confirmed by %(who)s: %(reason)s") % {  # type: ignore[attr-defined]
                "who": entry.get("who", ""),
                "reason": entry.get("reason", ""),
            }
    return elsewhere


def _notices(form: RecordForm) -> Iterator[tuple[str, Notice]]:
    if form.instance.pk is None and not form.is_bound:
        return
    for name, group in limits.by_field(form.crossings).items():
        input_name = form.add_prefix(CONFIRM_PREFIX) + name
        yield (
            name,
            Notice(
                tuple(str(crossing.message) for crossing in group),
                input_name,
                str(form.data.get(input_name, "")),
            ),
        )


def hidden_input(bound: Any) -> Any:
    """A field as hidden inputs that carry exactly what was typed."""
    if isinstance(bound.field, forms.MultipleChoiceField):
        return bound.as_hidden()
    return bound.as_widget(forms.HiddenInput(), attrs={"id": f"kept_{bound.html_name}"})
