"""Publications and what they print: shown here, written by ``load_publications`` only."""

from typing import Any

from django.contrib import admin
from django.contrib.contenttypes.admin import GenericTabularInline
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from registry.core.admin import Column, RecordAdmin, columns, desk, link
from registry.core.admin.shown import Shown
from registry.core.rules import label_of
from registry.literature.models import CitedSeries, Publication, ReportedValue, SourceValue, StudyArm


def value_label(row: SourceValue) -> str:
    """Which value of the record a source speaks of, in the record's own words."""
    model = row.content_type.model_class()
    try:
        return label_of(model, row.field) if model is not None else row.field
    except FieldDoesNotExist:
        return row.field


class SourceInline(GenericTabularInline):
    """Where each value of a published record is printed, and how."""

    model = SourceValue
    ct_field, ct_fk_field = "content_type", "object_id"
    verbose_name_plural = _("sources in the paper")
    template = "admin/edit_inline/record_tabular.html"
    extra = 0
    nothing = _("No source is noted.")
    show_change_link = False
    fields = ("value", "printed", "location", "qualifier", "scope")
    readonly_fields = fields

    @admin.display(description=_("value"))
    def value(self, row: SourceValue) -> str:
        return value_label(row)

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return desk.works_here(request.user)

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("content_type", "publication").order_by("id")


class SourcedAdmin(RecordAdmin):
    """The page of a record that may come from a paper: then it says where each value is printed."""

    def get_inline_instances(self, request: Any, obj: Any = None) -> Any:
        found = super().get_inline_instances(request, obj)
        if obj is not None and not self.has_change_permission(request, obj):
            found.append(SourceInline(self.model, self.admin_site))
        return found


class LiteratureAdmin(RecordAdmin):
    """What is printed is not changed here."""

    only_to_read = True
    actions = None


class PublicationAdmin(LiteratureAdmin):
    """Published series."""

    annotations = {"value_count": Count("reported_values", distinct=True)}
    list_display = [
        *columns(Publication, "slug", "title", "journal", "year", "design"),
        Column("value_count", _("Reported values"), lambda row: row.value_count, "value_count"),
    ]
    search_fields = ["slug", "title", "journal", "doi"]
    sections = (
        (
            _("Reference"),
            ("slug", "title", "authors", ("journal", "year"), ("volume", "issue", "pages"), "doi"),
        ),
        (_("Study"), ("design", ("enrolment_from", "enrolment_to"), ("language", "licence"), "notes")),
    )


class StudyArmAdmin(LiteratureAdmin):
    """Groups that are reported apart."""

    list_display = columns(StudyArm, "code", "publication", "label", "kinds", "patients", "lesions")
    list_filter = ["publication"]
    list_select_related = ["publication"]
    search_fields = ["code", "label", "publication__slug"]
    sections = ((None, ("publication", ("code", "label"), "kinds", ("patients", "lesions"))),)


def _printed(row: ReportedValue) -> str:
    return row.value_text or Shown(ReportedValue, "value")(row)


class ReportedValueAdmin(LiteratureAdmin):
    """Every number printed about a group."""

    list_display = [
        *columns(ReportedValue, "variable", "category", "time_point", "statistic"),
        Column("value", _("Value"), _printed, "value"),
        *columns(
            ReportedValue,
            "unit",
            "denominator",
            "qualifier",
            ("arm__code", _("Arm")),
            "publication",
            "location",
        ),
    ]
    list_filter = ["publication", "statistic", "origin", "unit_of_analysis", "qualifier"]
    list_select_related = ["publication", "arm"]
    search_fields = ["variable", "category", "location", "printed"]
    sections = (
        (_("Whose"), ("publication", "arm", "unit_of_analysis", "denominator")),
        (
            _("Value"),
            ("variable", "category", "time_point", "statistic", ("value", "value_text"), "unit", "qualifier"),
        ),
        (_("Comparison"), ("comparison", "test")),
        (_("Where it is printed"), ("location", "origin", "printed", "order")),
    )


class CitedSeriesAdmin(LiteratureAdmin):
    """The literature tables inside the papers."""

    list_display = columns(
        CitedSeries,
        "authors_as_printed",
        "patients",
        "primary_tumours",
        "followup",
        "pain_reduction",
        "publication",
        "location",
    )
    list_filter = ["publication", "pain_reduction"]
    list_select_related = ["publication"]
    search_fields = ["authors_as_printed", "primary_tumours"]
    sections = (
        (
            None,
            (
                "publication",
                "authors_as_printed",
                "reference_no",
                "patients",
                "primary_tumours",
                "pain_reduction",
            ),
        ),
        (_("Follow-up"), ("followup", ("followup_min", "followup_max", "followup_unit"))),
        (_("Where it is printed"), ("location", "order")),
    )


class SourceValueAdmin(LiteratureAdmin):
    """Where each value of a published patient is printed."""

    list_display = [
        *columns(SourceValue, "printed"),
        Column("value", _("Value"), value_label, "field"),
        Column("about", _("Kind of record"), lambda row: row.content_type.name, "content_type__model"),
        *columns(SourceValue, "location", "qualifier", "scope", "publication"),
    ]
    list_filter = ["publication", "scope", "qualifier"]
    list_select_related = ["publication", "content_type"]
    search_fields = ["field", "printed", "location"]
    sections = (
        (_("Value"), ("field", "printed", "qualifier", "scope")),
        (_("Where it is printed"), ("publication", "location")),
    )

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        found = super().get_fieldsets(request, obj)
        if obj is not None:
            found[0][1]["fields"].insert(0, self._record_cell)
        return found

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), self._record_cell]

    _record_cell = Column("record", _("Record"), lambda row: link(row.record) if row.record else None)


admin.site.register(Publication, PublicationAdmin)
admin.site.register(StudyArm, StudyArmAdmin)
admin.site.register(ReportedValue, ReportedValueAdmin)
admin.site.register(CitedSeries, CitedSeriesAdmin)
admin.site.register(SourceValue, SourceValueAdmin)
