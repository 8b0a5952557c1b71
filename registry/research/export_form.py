"""The form that asks for an export in the browser: the same order as an address of the API."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from registry.access.scope import identified_centers, visible_centers
from registry.research.archive import ARCHIVE, Archive
from registry.research.formats import FORMATS
from registry.research.orders import HOW, HOW_ARCHIVE, Order
from registry.research.profiles import IDENTIFIED, PSEUDONYMISED, Dates
from registry.research.releases.making import RECEIPT
from registry.research.tables import tables

_NAMES = {"case_summary": _("Case summary, one row per case"), RECEIPT: _("Release")}
_DATES = {
    Dates.DAYS: _("days from the index procedure"),
    Dates.YEAR: _("the year"),
    Dates.EXACT: _("exact dates"),
}


def table_label(name: str) -> str:
    """A table in the reader's words."""
    if name == ARCHIVE:
        return str(_("All tables in one archive"))
    known = tables().get(name)
    return str(_NAMES.get(name) or (capfirst(known.model._meta.verbose_name_plural) if known else name))


class ExportForm(forms.Form):
    """What to export, in which format, and how much of who the patients are.

    ``narrowing`` are further filters of the address that led here, such as a cohort; they go along unchanged.
    """

    target = forms.ChoiceField(label=_("What"))
    format = forms.ChoiceField(label=_("Format"))
    center = forms.ChoiceField(label=_("Centre"), required=False)
    profile = forms.ChoiceField(
        label=_("Who the patients are"),
        widget=forms.RadioSelect,
        initial=PSEUDONYMISED.name,
        help_text=_(
            "Identified rows are those of your own centres. Every such export stands in the access log."
        ),
    )
    dates = forms.ChoiceField(label=_("Dates"), initial=Dates.DAYS.value)
    background = forms.BooleanField(
        label=_("Write it in the background"),
        required=False,
        help_text=_("Large exports are written so in any case. The file waits for you on the next page."),
    )

    def __init__(self, *args: Any, user: Any, narrowing: QueryDict | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.narrowing = QueryDict(mutable=True)
        for name, values in (narrowing or QueryDict()).lists():
            if name not in (*self.fields, *HOW, *HOW_ARCHIVE, "csrfmiddlewaretoken"):
                self.narrowing.setlist(name, values)
        fields: dict[str, Any] = self.fields
        fields["target"].choices = [(name, table_label(name)) for name in (ARCHIVE, *tables())]
        fields["format"].choices = [(made.name, made.label) for made in FORMATS.values() if not made.lacking]
        fields["center"].choices = [
            ("", _("all that I may see")),
            *((center.code, f"{center.code} · {center.name}") for center in visible_centers(user)),
        ]
        identifies = identified_centers(user).exists()
        fields["profile"].choices = [
            (PSEUDONYMISED.name, _("pseudonymised: random ids, no free text, ages capped at 90")),
            *(
                [(IDENTIFIED.name, _("identified: with hospital numbers and free text"))]
                if identifies
                else []
            ),
        ]
        if not identifies:
            fields["profile"].help_text = ""
        fields["dates"].choices = [
            (dates.value, label) for dates, label in _DATES.items() if identifies or dates is not Dates.EXACT
        ]

    def order(self) -> Order:
        """The order of a valid form; what cannot be is refused by whoever compiles it."""
        given = self.cleaned_data
        query = {name: list(values) for name, values in self.narrowing.lists()}
        for name in ("center", "profile", "dates"):
            if given[name]:
                query[name] = [given[name]]
        if given["background"]:
            query["background"] = ["true"]
        if given["target"] == ARCHIVE:
            query["table_format"] = [given["format"]]
            return Order.read(ARCHIVE, Archive.suffix, query)
        return Order.read(given["target"], given["format"], query)
