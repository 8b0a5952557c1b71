"""Filters of change lists."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from registry.core.admin import desk


class CenterFilter(admin.SimpleListFilter):
    """By centre: offers only the centres the user may look at here."""

    title = _("centre")
    parameter_name = "center"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), code) for pk, code in desk.centers(request.user)]

    def queryset(self, request: Any, queryset: Any) -> Any:
        value = self.value()
        if not value:
            return queryset
        if not value.isdecimal():
            return queryset.none()
        return queryset.filter(**{queryset.model.center_path: int(value)})
