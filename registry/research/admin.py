"""Receipts of exports in the admin: to be read, never changed."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from registry.research.models import ExportReceipt


@admin.register(ExportReceipt)
class ExportReceiptAdmin(admin.ModelAdmin):
    list_display = ("at", "user_name", "table", "format", "rows", "finished", "uuid")
    list_filter = ("table", "format", "finished")
    search_fields = ("uuid", "user_name", "sha256")
    date_hierarchy = "at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
