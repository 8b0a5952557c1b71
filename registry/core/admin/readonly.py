"""Models that the admin shows and never changes."""

from typing import Any

from django.contrib import admin
from django.http import Http404

from registry.core.admin import desk


class ReadOnlyAdmin(admin.ModelAdmin):
    """A list and a page to read; nothing is added, changed or deleted here."""

    actions = None
    show_full_result_count = False

    def has_module_permission(self, request: Any) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return desk.works_here(request.user)

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def get_object(self, request: Any, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found
