"""Receipts of exports in the admin: to be read, never changed."""

from django.contrib import admin
from django_tasks_db.admin import DBTaskResult

from registry.access.desk import SuperuserReadOnly
from registry.research.models import ExportReceipt


@admin.register(ExportReceipt)
class ExportReceiptAdmin(SuperuserReadOnly):
    """Who exported what, when, and what was withheld."""

    list_display = ("at", "user_name", "table", "format", "rows", "finished", "uuid")
    list_filter = ("table", "format", "finished")
    search_fields = ("uuid", "user_name", "sha256")
    date_hierarchy = "at"


# The queue is the worker's own: what became of a job or a release stands on their pages, in the user's words.
admin.site.unregister(DBTaskResult)
