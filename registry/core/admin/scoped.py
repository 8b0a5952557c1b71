"""What record pages and rows share: form controls of our own fields, and choices limited to the user's centres."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect, RelatedFieldWidgetWrapper
from django.db import models
from django.utils.translation import gettext as _

from registry.core.admin import desk
from registry.core.admin.forms import LONG_LIST, Codes, FoldedCodes
from registry.core.models import Record


def scoped(queryset: Any, user: Any, *, to_write: bool = False) -> Any:
    """The records of a queryset that the user may look at (or change) in the admin."""
    queryset = queryset.for_user(user)
    path = queryset.model.center_path
    if path is None:
        return queryset if desk.works_here(user) else queryset.none()
    condition = desk.writable(user, path) if to_write else desk.visible(user, path)
    return queryset.none() if condition is None else queryset.filter(condition)


class Suggest(AutocompleteSelect):
    """Suggestions while typing; the placeholder is also the control's name for a screen reader."""

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> Any:
        attrs = super().build_attrs(base_attrs, extra_attrs)
        attrs["data-placeholder"] = _("Choose a %(name)s") % {"name": self.field.verbose_name}
        return attrs


class ScopedFields:
    """Form fields of records in the admin."""

    admin_site: Any
    #: Code lists longer than this are folded to what is chosen.
    fold_over = LONG_LIST

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if hasattr(db_field, "read"):
            return self._dress(db_field, db_field.formfield(**kwargs))
        if isinstance(db_field, models.DateTimeField):
            widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
            return db_field.formfield(**{"form_class": forms.DateTimeField, "widget": widget, **kwargs})
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            # Records are opened by the links of the page; a window that pops up would leave the case behind.
            field.widget = field.widget.widget
        return field

    def _dress(self, db_field: Any, field: Any) -> Any:
        codes = getattr(db_field, "codes", None)
        if getattr(db_field, "choices", None) and field is not None:
            field.choices = [("", "–") if key in (None, "") else (key, text) for key, text in field.choices]
        if codes is not None and field is not None:
            widget = FoldedCodes if len(codes) > self.fold_over else Codes
            field.widget = widget(label=str(field.label), choices=field.choices)
        return field

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if "queryset" not in kwargs:
            kwargs["queryset"] = self.choices_for(db_field, request)
        if db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            kwargs["widget"] = Suggest(db_field, self.admin_site)
        else:
            kwargs.setdefault("empty_label", "–")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def choices_for(self, db_field: Any, request: Any) -> Any:
        """What a foreign key may point to: records of the centres the user may change."""
        related = db_field.remote_field.model
        if issubclass(related, Record):
            return scoped(related._default_manager.all(), request.user, to_write=True)
        if getattr(related, "__name__", "") == "Center":
            condition = desk.writable(request.user, "pk")
            rows = related._default_manager.all()
            return rows.none() if condition is None else rows.filter(condition)
        return related._default_manager.all()
