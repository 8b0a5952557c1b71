"""Receipts of exports in the admin: to be read, never changed."""

from django.contrib import admin

from registry.access.admin import SuperuserReadOnly
from registry.research.models import ExportReceipt


@admin.register(ExportReceipt)
class ExportReceiptAdmin(SuperuserReadOnly):
    """Who exported what, when, and what was withheld."""

    list_display = ("at", "user_name", "table", "format", "rows", "finished", "uuid")
    list_filter = ("table", "format", "finished")
    search_fields = ("uuid", "user_name", "sha256")
    date_hierarchy = "at"
