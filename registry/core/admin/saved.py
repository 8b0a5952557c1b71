"""Filters of a change list that a user keeps under a name."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.views.main import PAGE_VAR
from django.http import HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _

from registry.core.models import SavedFilter

#: What a page of a change list carries besides its filters.
PASSING = (PAGE_VAR, "e", "_changelist_filters")
#: Names of the form's fields.
SAVE, FORGET = "save_filter", "forget_filter"


class SavesFilters:
    """Chips of saved filters above a change list, for ``RecordAdmin``. Each user has their own."""

    opts: Any

    def changelist_view(self, request: Any, extra_context: Any = None) -> Any:
        if request.method == "POST" and (SAVE in request.POST or FORGET in request.POST):
            return self._keep_or_forget(request)
        query = _filters_of(request)
        saved = list(SavedFilter.objects.filter(user=request.user, change_list=self.opts.label_lower))
        context = {
            "saved_filters": [(kept, kept.query == query) for kept in saved],
            "filters_can_be_saved": bool(query) and all(kept.query != query for kept in saved),
            "filter_name_length": SavedFilter.NAME_LENGTH,
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)  # type: ignore[misc]

    def _keep_or_forget(self, request: Any) -> HttpResponseRedirect:
        own = SavedFilter.objects.filter(user=request.user, change_list=self.opts.label_lower)
        if FORGET in request.POST:
            key = request.POST[FORGET]
            if key.isdecimal() and len(key) < 19:
                own.filter(pk=int(key)).delete()
            return HttpResponseRedirect(request.get_full_path())
        name = request.POST[SAVE].replace("\x00", "").strip()
        query = _filters_of(request)
        if not 1 <= len(name) <= SavedFilter.NAME_LENGTH:
            told = _("Name of the filter: 1 to %(most)d characters.") % {"most": SavedFilter.NAME_LENGTH}
            messages.error(request, told)
        elif not query or len(query) > SavedFilter.QUERY_LENGTH:
            messages.error(request, _("There is no filter to save: choose one first."))
        else:
            SavedFilter.objects.update_or_create(
                user=request.user, change_list=self.opts.label_lower, name=name, defaults={"query": query}
            )
        return HttpResponseRedirect(request.get_full_path())


def _filters_of(request: Any) -> str:
    """The filters, search and ordering of the address, in one order, so that the same filters are the same text."""
    kept = QueryDict(mutable=True)
    for name in sorted(request.GET):
        if name not in PASSING:
            kept.setlist(name, request.GET.getlist(name))
    return kept.urlencode()
