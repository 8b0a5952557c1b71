"""Rows edited beneath another record."""

from functools import partial
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.utils.translation import gettext_lazy as _

from registry.core.admin import desk
from registry.core.admin.forms import RowForm, RowFormSet, companion, form_for
from registry.core.admin.scoped import ScopedFields, scoped
from registry.core.admin.shown import Shown, ShownDerived
from registry.core.models import Record


class _Rows(ScopedFields):
    """Common ground of tables and sheets of rows."""

    model: type[Record]
    opts: Any
    parent_model: Any
    formset: Any = RowFormSet
    form: Any
    extra = 0
    #: More rows than any record has: what is sent beyond that is not even built, so that a tampered page costs little.
    max_num: int | None = 100
    show_change_link = True
    #: Fields in the order they are shown; a tuple stands in one cell. Missing-code selects come by themselves.
    shown: ClassVar[tuple[Any, ...]] = ()
    #: Derived values to show after them, by name.
    computed: ClassVar[tuple[str, ...]] = ()
    #: Fields without their missing-code select: there is no room, it stands on the record's own page.
    bare: ClassVar[tuple[str, ...]] = ()
    #: The rows are only shown here, and edited on their own pages.
    only_to_read: ClassVar[bool] = False
    #: One row fills a sheet, where values are written out; in a table the units stand in the head.
    sheet: ClassVar[bool] = False
    #: What the empty table says.
    nothing: ClassVar[Any] = _("None recorded.")

    def __init__(self, parent_model: Any, admin_site: Any) -> None:
        super().__init__(parent_model, admin_site)  # type: ignore[call-arg]
        self.form = form_for(self.model, RowForm)

    # -- who may -------------------------------------------------------------------------------------------------

    def _may(self, request: Any, obj: Any) -> bool:
        """Rows follow the record they stand beneath."""
        if self.only_to_read or obj is None or obj.pk is None:
            return False
        return desk.administers(request.user, obj.center_id_of()) and desk.lock_of(request, obj) is None

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return self._may(request, obj)

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return self._may(request, obj)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return self._may(request, obj)

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return desk.works_here(request.user)

    def get_queryset(self, request: Any) -> Any:
        return scoped(super().get_queryset(request), request.user)  # type: ignore[misc]

    # -- what is shown -------------------------------------------------------------------------------------------

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        editable = self.has_change_permission(request, obj)
        missable = self.model.missable_fields()
        lines: list[Any] = []
        for entry in self.shown:
            names = (entry,) if isinstance(entry, str) else entry
            if not editable:
                lines += [self._cell(name) for name in names]
                continue
            line: list[Any] = []
            for name in names:
                line += [name, companion(name)] if name in missable and name not in self.bare else [name]
            lines.append(tuple(line) if len(line) > 1 else line[0])
        lines += [self._cell(name) for name in self.computed]
        return [(None, {"fields": [*lines, "version"] if editable else lines})]

    def _cell(self, name: str) -> Any:
        """One read-only cell; the same object each time, as Django looks it up by identity."""
        cells = self.__dict__.setdefault("_cells", {})
        if name not in cells:
            derived = next((value for value in self.model.derived if value.name == name), None)
            cells[name] = (
                ShownDerived(derived, unit=False)
                if derived is not None
                else Shown(self.model, name, unit=self.sheet)
            )
        return cells[name]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        if self.has_change_permission(request, obj):
            return [self._cell(name) for name in self.computed]
        return list(self.get_fieldsets(request, obj)[0][1]["fields"])

    def get_formset(self, request: Any, obj: Any = None, **kwargs: Any) -> Any:
        callback = partial(self.formfield_for_dbfield, request=request, parent=obj)
        fields = kwargs.pop("fields", None) or flatten_fieldsets(self.get_fieldsets(request, obj))
        # The version is a field of the form, not of the model: nobody types it.
        kwargs["fields"] = [name for name in fields if name != "version"]
        kwargs["absolute_max"] = _Rows.max_num
        made = super().get_formset(request, obj, formfield_callback=callback, **kwargs)  # type: ignore[misc]
        made.form.by, made.form.bare = request.user, self.bare
        made.form.refused = made.refused = getattr(request, "refused", None)
        return made

    def formfield_for_dbfield(self, db_field: Any, request: Any, parent: Any = None, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        within = self.siblings(db_field.name, parent)
        if field is not None and within is not None:
            # Evaluated once: each row would ask the database for the same list.
            field.queryset = within
            choices = [("", "–")] if not db_field.blank or db_field.null else []
            field.choices = [*choices, *((row.pk, str(row)) for row in within)]
        return field

    def siblings(self, name: str, parent: Any) -> Any:
        """For a foreign key that may only point within the same case: the rows to choose from."""
        return None


class RecordInline(_Rows, admin.TabularInline):
    """Rows as a table."""

    template = "admin/edit_inline/record_tabular.html"
    fold_over = 0  # a list of boxes would stretch the row


class StackedRecordInline(_Rows, admin.StackedInline):
    """Rows as sheets, for records with many fields."""

    template = "admin/edit_inline/record_stacked.html"
    sheet = True
