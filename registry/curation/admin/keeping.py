"""Signatures, freezes and the ascertainment log in the admin: to read, as each is kept by pages of its own."""

from typing import Any

from django.contrib import admin

from procedures.codes import Kind
from registry.core.admin import CenterFilter, ReadOnlyAdmin, RecordAdmin, desk
from registry.curation.models import AscertainmentMonth, Freeze, Signature
from registry.curation.models.ascertainment import REASONS


class SignatureAdmin(ReadOnlyAdmin):
    """Who signed which case, and who withdrew a signature."""

    list_display = ("at", "case", "act", "user_name", "role", "meaning")
    list_filter = ("act", "meaning")
    search_fields = ("user_name", "case__patient__registry_id")
    list_select_related = ("case__patient", "case__center")
    ordering = ("-id",)

    def get_queryset(self, request: Any) -> Any:
        visible = desk.visible(request.user, "case__center")
        rows = super().get_queryset(request)
        return rows.none() if visible is None else rows.filter(visible)


class FreezeAdmin(ReadOnlyAdmin):
    """What is frozen or was, by whom and why."""

    list_display = ("at", "center", "title", "user_name", "reason", "thaw")
    list_select_related = ("center", "thaw")
    ordering = ("-id",)

    def get_queryset(self, request: Any) -> Any:
        visible = desk.visible(request.user, "center")
        rows = super().get_queryset(request)
        return rows.none() if visible is None else rows.filter(visible)


class AscertainmentMonthAdmin(RecordAdmin):
    """Months of the log; their figures are entered on the page of the month, which counts what is registered."""

    only_to_read = True
    list_display = ("center", "month", "state")
    list_filter = (CenterFilter, "state")
    list_select_related = ("center",)
    ordering = ("-month", "center")
    sections = (
        (None, ("center", "month", "state")),
        *((kind.label, tuple(f"{kind}_{name}" for name in ("eligible", *REASONS, "text"))) for kind in Kind),
    )


admin.site.register(Signature, SignatureAdmin)
admin.site.register(Freeze, FreezeAdmin)
admin.site.register(AscertainmentMonth, AscertainmentMonthAdmin)
