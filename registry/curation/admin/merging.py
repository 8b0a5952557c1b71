"""Two patients that are ticked in the list are compared and merged on a page of its own."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cases.admin import PatientAdmin


@admin.action(permissions=["change"], description=_("Merge two selected patients"))
def merge_selected(page: Any, request: Any, queryset: Any) -> Any:
    """Nothing is written here: it leads to the comparison, which says what will happen."""
    chosen = list(queryset.order_by("pk").values_list("uuid", flat=True)[:3])
    if len(chosen) != 2:
        page.message_user(request, _("Tick two patients to merge them."), messages.WARNING)
        return None
    query = urlencode({"a": chosen[0], "b": chosen[1]})
    return HttpResponseRedirect(f"{reverse('patient-merge')}?{query}")


PatientAdmin.extend(actions=[merge_selected])
