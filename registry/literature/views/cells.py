"""One printed cell: where it stands, its words, the values behind it, and the checks that use them."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from registry.core.rules import label_of
from registry.core.units import shown_text
from registry.core.views.listing import is_partial
from registry.literature.consistency.result import Check
from registry.literature.consistency.run import checks_of
from registry.literature.models import Publication, ReportedValue, Scope, SourceValue
from registry.literature.names import printed_words
from registry.literature.printed_cells import PrintedCell, shown_tables
from registry.literature.sources import owner_of, printed_of
from registry.literature.words import TESTS, category_words, qualified, time_point_words, variable_label

#: A cell of a line holds a handful of statistics; an address with more is not one of ours.
MOST_VALUES = 40


@dataclass(frozen=True)
class ValueRow:
    """A reported value as the card of a cell shows it."""

    value: ReportedValue

    @property
    def variable(self) -> str:
        return variable_label(self.value.variable)

    @property
    def about(self) -> str:
        """Category and time point, and what is compared."""
        value = self.value
        parts = [category_words(value.variable, value.category), time_point_words(value.time_point)]
        if value.comparison:
            parts.append(printed_words(value.comparison))
        if value.test:
            parts.append(TESTS.get(value.test, value.test))
        return ", ".join(part for part in parts if part)

    @property
    def group(self) -> str:
        if self.value.arm is not None:
            return self.value.arm.label or self.value.arm.code
        return _("whole series")

    @property
    def number(self) -> str:
        value = self.value
        text = qualified(value, shown_text(value.value_text or str(value.value)))
        if value.denominator is not None:
            text = f"{text} / {value.denominator}"
        unit = "%" if value.unit == "percent" else printed_words(value.unit)
        return f"{text} {unit}".strip()


@dataclass(frozen=True)
class SourceRow:
    """The source of a patient's value as the card shows it."""

    source: SourceValue

    @property
    def field(self) -> str:
        record: Any = self.source.record
        return label_of(type(record), self.source.field)

    @property
    def of(self) -> str:
        record: Any = self.source.record
        return str(record._meta.verbose_name)

    @property
    def case(self) -> Any:
        owner = owner_of(self.source.record)
        return owner if owner._meta.model_name == "case" else None

    @property
    def of_all(self) -> bool:
        return self.source.scope == Scope.ALL


@require_safe
@vary_on_headers("HX-Request")
def printed_cell(request: HttpRequest, slug: str) -> HttpResponse:
    """The card of one cell, by table, row and column, or by the positions of its values; with htmx the card alone."""
    publication = get_object_or_404(Publication, slug=slug)
    values = list(publication.reported_values.select_related("arm").order_by("order"))
    checks = checks_of(publication)
    if "value" in request.GET:
        context = _of_values(values, checks, request)
    else:
        context = _of_table(publication, values, checks, request)
    template = "literature/_cell.html" if is_partial(request) else "literature/cell.html"
    return render(request, template, {"publication": publication, **context})


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise Http404
    return int(text)


def _of_values(values: list[ReportedValue], checks: list[Check], request: HttpRequest) -> dict[str, Any]:
    asked = request.GET.getlist("value")
    if len(asked) > MOST_VALUES:
        raise Http404
    orders = {_whole(text) for text in asked}
    found = [value for value in values if value.order in orders]
    if len(found) != len(orders):
        raise Http404
    keys = {value.pk for value in found}
    return {
        "heading": " · ".join(dict.fromkeys(value.printed or value.value_text for value in found)),
        "places": list(dict.fromkeys(value.location for value in found)),
        "values": [ValueRow(value) for value in found],
        "sources": [],
        "checks": [check for check in checks if keys & check.values],
    }


def _of_table(
    publication: Publication, values: list[ReportedValue], checks: list[Check], request: HttpRequest
) -> dict[str, Any]:
    number, row, column = (_whole(request.GET.get(name, "")) for name in ("table", "row", "column"))
    cited = list(publication.cited_series.all())
    tables = shown_tables(publication, values, cited, checks)
    try:
        table = tables[number]
        cell: PrintedCell = table.rows[row][column]
    except IndexError:
        raise Http404 from None
    label = table.printed.label
    sources = printed_of(publication, label, cell.patient, cell.fields) if cell.patient else []
    places = [label, cell.row_head if cell.column else "", cell.column_head]
    return {
        "heading": cell.text,
        "places": [place for place in places if place],
        "values": [ValueRow(value) for value in cell.values],
        "sources": [SourceRow(source) for source in sources],
        "series": [(label_of(type(cell.series), name), getattr(cell.series, name)) for name in cell.fields]
        if cell.series
        else [],
        "checks": list(cell.checks),
    }
