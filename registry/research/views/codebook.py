"""The codebook in the browser: every variable of every export table, searched as one types."""

import re
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.vary import vary_on_headers

from registry.core.codes import MissingCode
from registry.core.units import shown_unit
from registry.core.views.listing import is_partial
from registry.research import codebook
from registry.research.columns import STRUCTURE, ColumnType, Identity
from registry.research.left_out import LEFT_OUT
from registry.research.profiles import PSEUDONYMISED
from registry.research.tables import tables
from registry.research.variables import Variable, catalogue

TYPES = {
    ColumnType.KEY: _("public id"),
    ColumnType.NUMBER: pgettext_lazy("type of a variable", "number"),
    ColumnType.INTEGER: _("whole number"),
    ColumnType.BOOLEAN: _("yes/no"),
    ColumnType.CODE: _("one code"),
    ColumnType.CODE_SET: _("several codes"),
    ColumnType.TEXT: pgettext_lazy("type of a variable", "text"),
    ColumnType.DATE: pgettext_lazy("type of a variable", "date"),
    ColumnType.DATETIME: _("date and time"),
}
IDENTIFYING = {
    Identity.NUMBER: _("identifying number"),
    Identity.DATE: _("exact date"),
    Identity.TEXT: _("free text"),
    Identity.AGE: _("age"),
}
_PARTS = re.compile(r"[^_.]+[_.]*|[_.]+")
#: More codes than these are folded away.
CODES_SHOWN = 6


class CodebookForm(forms.Form):
    """Search and table; a table that does not exist is named at its field and left out of the search."""

    q = forms.CharField(required=False, max_length=100, label=_("Search"))
    table = forms.ChoiceField(required=False, label=_("Table"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["table"].choices = [("", _("All tables")), *((name, name) for name in tables())]  # type: ignore

    def found(self) -> list[Variable]:
        self.is_valid()
        return codebook.search(self.cleaned_data.get("q", ""), self.cleaned_data.get("table", ""))


@dataclass(frozen=True)
class Line:
    """One variable in the words of the page."""

    variable: Variable

    @property
    def type(self) -> Any:
        return TYPES[self.variable.column.type]

    @property
    def unit(self) -> Any:
        return shown_unit(self.variable.column.unit)

    @property
    def identifying(self) -> Any:
        return IDENTIFYING[self.variable.column.identity] if self.variable.column.identity else ""

    @property
    def name(self) -> SafeString:
        return breakable(self.variable.name)

    @property
    def origin(self) -> SafeString | str:
        """The field or value it comes from; a public id comes from none."""
        column = self.variable.column
        return "" if column.type is ColumnType.KEY else breakable(column.declaration or column.source)

    @property
    def codes(self) -> list[tuple[SafeString, str]]:
        """Each code with its label, where that says more than the code itself."""
        return [
            (breakable(code), "" if label.casefold() == code.casefold().replace("_", " ") else label)
            for code, label in self.variable.column.codes
        ]

    @property
    def folded(self) -> bool:
        return len(self.variable.column.codes) > CODES_SHOWN


def breakable(name: str) -> SafeString:
    """A name that may be broken behind an underscore or a point, and nowhere else."""
    return format_html_join(mark_safe("<wbr>"), "{}", ((part,) for part in _PARTS.findall(name)))


@cache
def drawn(key: str, language: str) -> SafeString:
    """The line of a variable. It is the same for every reader of a language, and drawn once."""
    return render_to_string("research/_variable.html", {"line": Line(catalogue()[key])})


@method_decorator(vary_on_headers("HX-Request"), name="dispatch")
class CodebookPage(View):
    """The page, or with htmx the variables alone."""

    def get(self, request: HttpRequest) -> HttpResponse:
        form = CodebookForm(request.GET)
        found = form.found()
        parameters = {name: value for name, value in form.cleaned_data.items() if value}
        sections = [
            {
                "table": tables()[name],
                "lines": [drawn(variable.key, get_language()) for variable in variables],
            }
            for name, variables in groupby(found, key=lambda variable: variable.table)
        ]
        context = {
            "form": form,
            "sections": sections,
            "count": len(found),
            "all": len(catalogue()),
            "filtered": bool(parameters) or not form.is_valid(),
            "csv_url": reverse("api-codebook-file", args=["csv"], query=parameters or None),
        }
        if is_partial(request):
            return render(request, "research/_codebook.html", context)
        return render(request, "research/codebook.html", context | legend())


def legend() -> dict[str, Any]:
    """What the words of the page mean: why a value is absent, what becomes of what identifies, what is nowhere."""
    return {
        "missing_codes": MissingCode.choices,
        "levels": [
            {"word": word, "reason": PSEUDONYMISED.treatments[level].reason}
            for level, word in IDENTIFYING.items()
        ],
        "left_out": LEFT_OUT.items(),
        "structure": STRUCTURE.items(),
    }
