"""The record form as the admin uses it, and the rows that stand beneath another record."""

import copy
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from registry.core import records
from registry.core.admin.refusals import Refused, conflict_text, messages_of
from registry.core.admin.shown import as_text
from registry.core.codes import MISSING_SUFFIX
from registry.core.forms.record import MissingCodeFormField, RecordForm
from registry.core.models import Record
from registry.core.rules import label_of, why_missing_label
from registry.core.views.display import missing_label

#: Where the page asks for the reason of unusual values; one answer explains all that are crossed.
UNUSUAL = "unusual_reason"
#: Set by the box that shows both values: the version that was seen there.
SEEN = "seen_version"
#: Code lists longer than this are folded to what is chosen.
LONG_LIST = 12


def _listed(field: Any) -> list[Any]:
    return list(field.choices)


class FoldedCodes(forms.CheckboxSelectMultiple):
    """A long list of codes: what is chosen is always seen, the rest on demand (see ``.code-set`` in admin.css)."""

    def __init__(self, *args: Any, label: str = "", **kwargs: Any) -> None:
        self.label = label
        super().__init__(*args, **kwargs)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        return format_html(
            '<div class="code-set code-set-folded" role="group" aria-label="{}">'
            "<details><summary>{}</summary></details>{}</div>",
            self.label,
            _("Choose"),
            super().render(name, value, attrs, renderer),
        )


class Codes(forms.CheckboxSelectMultiple):
    """A short list of codes, all in view."""

    def __init__(self, *args: Any, label: str = "", **kwargs: Any) -> None:
        self.label = label
        super().__init__(*args, **kwargs)

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        return format_html(
            '<div class="code-set" role="group" aria-label="{}">{}</div>',
            self.label,
            super().render(name, value, attrs, renderer),
        )


class AdminRecordForm(RecordForm):
    """One record on its own page."""

    #: What the door refused when this page was being saved; shown where it belongs.
    refused: ClassVar[Refused | None] = None

    unusual_reason = forms.CharField(
        label=_("Reason for unusual values"),
        required=False,
        max_length=400,
        help_text=_("Only where a value lies outside its usual range. One reason explains all of them."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.was_settled = "reason" in self.fields
        if self.instance.pk is None and "reason" in self.base_fields and "reason" not in self.fields:
            self.fields["reason"] = copy.deepcopy(self.base_fields["reason"])
            self.fields["reason"].help_text = _("Needed when the case is complete.")
        for name in ("reason", UNUSUAL):
            if name in self.fields:
                self.fields[name].widget.attrs.setdefault("class", "vTextField")
        for field in self.fields.values():
            if isinstance(field, MissingCodeFormField):
                field.choices = [("", field.prompt), *_listed(field)[1:]]
        if self.instance.pk is not None:
            for name in self.instance.immutable_fields:
                if name in self.fields:
                    self.fields[name].disabled = True

    # -- values ---------------------------------------------------------------------------------------------------

    def clean_version(self) -> int | None:
        """The version that was read, or the newer one whose values were shown beside these."""
        seen = str(self.data.get(self.add_prefix(SEEN)) or "")
        return int(seen) if seen.isdecimal() and len(seen) < 10 else self.cleaned_data.get("version")

    @property
    def unusual_reason_given(self) -> str:
        given = self.data.get(self.add_prefix(UNUSUAL)) or self.data.get(UNUSUAL) or ""
        return str(given).replace("\x00", "").strip()[:400]

    @property
    def confirmations(self) -> dict[str, str]:
        reason = self.unusual_reason_given
        given = {crossing.field: reason for crossing in self.crossings} if reason else {}
        return {**given, **super().confirmations}

    @property
    def why(self) -> str:
        return super().why.replace("\x00", "")

    # -- refusals -------------------------------------------------------------------------------------------------

    def _post_clean(self) -> None:
        super()._post_clean()
        if self.refused is not None and (self.refused.where or "") == (self.prefix or ""):
            self.take_refusal(self.refused.error)

    def take_refusal(self, error: Exception) -> None:
        """Show what the door said when the whole page was being saved."""
        if isinstance(error, records.Conflict):
            self.conflict = error
            self.add_error(None, conflict_text(error))
        elif isinstance(error, PermissionDenied):
            self.add_error(None, messages_of(error))
        elif isinstance(error, ValidationError):
            super()._take_errors(ValidationError(dict(self._where_seen(error))))

    def _take_errors(self, refused: ValidationError) -> None:
        """The dry run says only when saving whether a case has everything: rows of the page may be about to come."""
        left = self._where_seen(refused)
        for errors in left.values():
            errors[:] = [error for error in errors if error.code != "incomplete"]
        if any(left.values()):
            super()._take_errors(ValidationError({name: errors for name, errors in left.items() if errors}))

    def _where_seen(self, refused: ValidationError) -> dict[str, list[ValidationError]]:
        """The messages by field; what belongs to a hidden field stands above the form."""
        if not hasattr(refused, "error_dict"):
            return {NON_FIELD_ERRORS: list(refused.error_list)}
        seen: dict[str, list[ValidationError]] = {}
        for name, errors in refused.error_dict.items():
            hidden = name in self.fields and self.fields[name].widget.is_hidden
            seen.setdefault(NON_FIELD_ERRORS if hidden else name, []).extend(errors)
        return seen

    def conflict_rows(self) -> list[dict[str, Any]]:
        """Field by field: what stood there when the page was opened, what you have, what is stored now."""
        if self.conflict is None:
            return []
        base = self._as_read()
        rows = []
        for difference in self.conflict.differences:
            field: Any = self._meta.model._meta.get_field(difference.field)
            if field.name == "missing":
                rows += self._missing_rows(difference, base)
                continue
            before = getattr(base, field.attname, None) if base is not None else None
            rows.append(
                {
                    "label": label_of(self._meta.model, field.name),
                    "before": self._named(field, before),
                    "yours": self._named(field, difference.yours),
                    "theirs": self._named(field, difference.theirs),
                    "you": before != difference.yours,
                    "they": before != difference.theirs,
                }
            )
        return rows

    def _missing_rows(self, difference: records.Difference, base: Any) -> list[dict[str, Any]]:
        before = base.missing if base is not None else {}
        names = sorted({*difference.yours, *difference.theirs})
        return [
            {
                "label": str(why_missing_label(self._meta.model, name)),
                "before": missing_label(before.get(name)) or "–",
                "yours": missing_label(difference.yours.get(name)) or "–",
                "theirs": missing_label(difference.theirs.get(name)) or "–",
                "you": before.get(name) != difference.yours.get(name),
                "they": before.get(name) != difference.theirs.get(name),
            }
            for name in names
            if difference.yours.get(name) != difference.theirs.get(name)
        ]

    @staticmethod
    def _named(field: Any, value: Any) -> str:
        if field.is_relation and value is not None:
            found = field.related_model._base_manager.filter(pk=value).first()
            return str(found) if found else f"#{value}"
        return as_text(field, value)

    def _as_read(self) -> Any:
        """The record as it was when the page was opened, from its history."""
        version = self.data.get(self.add_prefix("version"))
        if self.instance.pk is None or not str(version or "").isdecimal():
            return None
        return self.instance.history.filter(version=int(str(version)[:9])).first()


class RowForm(AdminRecordForm):
    """One row beneath another record: its reasons are those of the page, its version is its own."""

    reason = None  # type: ignore[assignment]
    unusual_reason = None  # type: ignore[assignment]
    #: Fields without room for their missing-code select; a code that is there stays until a value comes.
    bare: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.bare:
            self.fields.pop(companion(name), None)
        for field in self.fields.values():
            # A cell of a table has its label in the head only; a screen reader wants it here.
            if field.label and not field.widget.is_hidden and not field.widget.use_fieldset:
                field.widget.attrs.setdefault("aria-label", str(field.label))

    @cached_property
    def changed_data(self) -> list[str]:
        """What the user changed: against what they read, where somebody else has changed the row since."""
        names = [name for name in super().changed_data if name != "version"]
        if not names or self.instance.pk is None:
            return names
        if str(self.data.get(self.add_prefix("version"))) == str(self.instance.version):
            return names
        base = self._as_read()
        return names if base is None else [name for name in names if self._differs_from(base, name)]

    def _differs_from(self, base: Any, name: str) -> bool:
        field = self.fields[name]
        if isinstance(field, MissingCodeFormField):
            before = base.missing.get(field.explains, "")
        elif name in {model_field.name for model_field in self._meta.model._meta.concrete_fields}:
            before = getattr(base, self._meta.model._meta.get_field(name).attname)
        else:
            return True
        return field.has_changed(before, self[name].data)

    def has_changed(self) -> bool:
        if super().has_changed():
            return True
        # A reason for unusual values is given on the page and explains the rows that are there already.
        return bool(self.instance.pk and self.unusual_reason_given and self.crossings)

    def _post_clean(self) -> None:
        if self.instance.pk is not None and (not self.has_changed() or self._goes()):
            if self.refused is not None and self.refused.where == self.prefix:
                self.take_refusal(self.refused.error)
            return
        super()._post_clean()

    def _take_missing_codes(self) -> None:
        super()._take_missing_codes()
        for name in self.bare:
            if self.cleaned_data.get(name) is not None:
                self.instance.missing.pop(name, None)

    def _goes(self) -> bool:
        return bool(self.data.get(self.add_prefix("DELETE")))


class RowFormSet(BaseInlineFormSet):
    """The rows of one kind beneath a record. Saving them is the admin's business, row by row through the door."""

    refused: ClassVar[Refused | None] = None

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)  # type: ignore[misc]
        # The parent that is at hand serves every row: no query per row, and rules across rows see what is typed above.
        setattr(form.instance, self.fk.name, self.instance)
        return form

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        model: Any = self.model
        key = form.fields[model._meta.pk.name]
        if self.instance.pk is not None:
            key.queryset = model._default_manager.filter(**{self.fk.name: self.instance.pk})
        if "DELETE" in form.fields:
            form.fields["DELETE"].widget.attrs["aria-label"] = _("Delete this row")

    def validate_unique(self) -> None:
        """Left to the door, which words the refusal."""

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            form.is_valid()  # names what protects a row that is to go
        if self.refused is not None and self.refused.where == self.prefix:
            raise ValidationError(messages_of(self.refused.error))


def form_for(model: type[Record], base: type[AdminRecordForm] = AdminRecordForm) -> type[AdminRecordForm]:
    """The model's form with every field and its missing-code select, for the admin to choose from."""
    meta = type("Meta", (), {"model": model, "exclude": ["missing"]})
    made: Any = type(base)
    return made(f"{model.__name__}{base.__name__}", (base,), {"Meta": meta, "__module__": __name__})


def companion(name: str) -> str:
    return name + MISSING_SUFFIX
