"""Imports in the admin: to be read; what waits stands on the start page."""

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.access.desk import SuperuserReadOnly
from registry.core.admin import Queue, Tool, register_queue, register_tool
from registry.interchange.models import ImportBatch


@admin.register(ImportBatch)
class ImportBatchAdmin(SuperuserReadOnly):
    """Which files came when from whom, and what became of them."""

    list_display = ("at", "user_name", "state", "error_count", "warning_count", "uuid")
    list_filter = ("state",)
    search_fields = ("uuid", "user_name")
    date_hierarchy = "at"


def _waiting(user: Any) -> int:
    states = (ImportBatch.State.READY, ImportBatch.State.REFUSED)
    return ImportBatch.objects.for_user(user).filter(state__in=states).count()


register_queue(
    Queue(
        "imports",
        _("Imports"),
        _("Files that were checked and wait to be confirmed or corrected."),
        _waiting,
        lambda: reverse("imports"),
        place=60,
    )
)
register_tool(Tool(_("Import"), lambda: reverse("imports"), place=20))
