"""The publications, and a page for each: its record, arms, reported values and the series it cites."""

from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.vary import vary_on_headers

from registry.core.templatetags.registry import p_value
from registry.core.units import shown_text
from registry.literature.models import Publication, ReportedValue, Statistic
from registry.literature.names import printed_words
from registry.literature.words import (
    TESTS,
    category_words,
    in_words,
    qualified,
    time_point_words,
    variable_label,
)

#: What is compared when nothing is said.
USUAL_COMPARISON = "A vs B"


@dataclass
class Line:
    """One quantity of a paper: its value in each arm, its P values, and where they stand."""

    variable: str
    category: str
    time_point: str
    of: str
    location: str
    abstract: bool
    unit: str = ""
    cells: dict[str, list[ReportedValue]] = field(default_factory=dict)
    p_values: list[ReportedValue] = field(default_factory=list)

    def cell(self, arm: str) -> str:
        return in_words(self.cells.get(arm, []))

    def p_text(self) -> str:
        parts = []
        for value in self.p_values:
            text = qualified(value, shown_text(value.value_text) or p_value(value.value))
            compared = value.comparison if value.comparison != USUAL_COMPARISON else ""
            notes = [printed_words(compared)] if compared else []
            if value.test:
                notes.append(TESTS.get(value.test, value.test))
            parts.append(f"{text} ({', '.join(notes)})" if notes else text)
        return "; ".join(parts)

    @property
    def printed(self) -> str:
        found = [value.printed for group in self.cells.values() for value in group]
        found += [value.printed for value in self.p_values]
        return " · ".join(dict.fromkeys(text for text in found if text))


def lines_of(values: list[ReportedValue]) -> list[Line]:
    """Reported values gathered into lines, in printed order."""
    found: dict[tuple, Line] = {}
    for value in values:
        key: tuple[Any, ...] = (
            value.variable,
            value.category,
            value.time_point,
            value.unit_of_analysis,
            value.location,
            value.origin,
        )
        arm = value.arm.code if value.arm is not None else ""
        # A statistic that is printed twice for the same group is a line of its own.
        while (
            key in found
            and value.statistic != Statistic.P_VALUE
            and any(other.statistic == value.statistic for other in found[key].cells.get(arm, []))
        ):
            key = (*key, "again")
        line = found.setdefault(
            key,
            Line(
                variable=variable_label(value.variable),
                category=category_words(value.variable, value.category),
                time_point=time_point_words(value.time_point),
                of=str(value.get_unit_of_analysis_display()),
                location=value.location,
                abstract=value.origin == "abstract",
            ),
        )
        if value.statistic == Statistic.P_VALUE:
            line.p_values.append(value)
        else:
            line.cells.setdefault(arm, []).append(value)
            if value.unit and value.statistic not in (Statistic.N, Statistic.PERCENT):
                line.unit = printed_words(value.unit)
    return list(found.values())


def publication_list(request: HttpRequest) -> HttpResponse:
    """All publications, with how much of each the registry holds."""
    publications = (
        Publication.objects.prefetch_related("arms")
        .annotate(
            values_count=Count("reported_values", distinct=True),
            patients_count=Count("published_patients", distinct=True),
        )
        .order_by("year", "slug")
    )
    return render(request, "literature/publication_list.html", {"publications": publications})


class ValueFilterForm(forms.Form):
    """Narrows the table of reported values."""

    variable = forms.ChoiceField(label=gettext_lazy("Variable"), required=False)
    time_point = forms.ChoiceField(label=gettext_lazy("Time point"), required=False)

    def __init__(self, data: Any, *, values: list[ReportedValue]) -> None:
        super().__init__(data)
        variables = sorted(
            {(value.variable, variable_label(value.variable)) for value in values}, key=lambda v: v[1]
        )
        points = list(dict.fromkeys(value.time_point for value in values if value.time_point))
        everything = [("", gettext_lazy("All"))]
        self._choose("variable", everything + variables)
        self._choose("time_point", everything + [(point, time_point_words(point)) for point in points])

    def _choose(self, name: str, choices: list) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def passes(self, value: ReportedValue) -> bool:
        return all(not wanted or getattr(value, name) == wanted for name, wanted in self.cleaned_data.items())


@vary_on_headers("HX-Request")
def publication_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One publication; with htmx its table of values alone."""
    publication = get_object_or_404(Publication, slug=slug)
    arms = list(publication.arms.all())
    values = list(publication.reported_values.select_related("arm").order_by("order"))
    form = ValueFilterForm(request.GET, values=values)
    form.is_valid()
    lines = lines_of([value for value in values if form.passes(value)])
    used = [arm for arm in arms if any(arm.code in line.cells for line in lines)]
    whole = any("" in line.cells for line in lines)
    context = {
        "publication": publication,
        "arms": arms,
        "form": form,
        "columns": [("", _("Series"))] * whole + [(arm.code, arm.label or arm.code) for arm in used],
        "lines": [
            {
                "line": line,
                "cells": [line.cell("")] * whole + [line.cell(arm.code) for arm in used],
                "first": position == 0
                or (lines[position - 1].variable, lines[position - 1].location)
                != (line.variable, line.location),
            }
            for position, line in enumerate(lines)
        ],
        "has_p": any(line.p_values for line in lines),
        "width": 3 + whole + len(used) + any(line.p_values for line in lines),
        "count": len(values),
        "filtered": any(form.cleaned_data.values()),
        "cited": list(publication.cited_series.all()),
        "patients": publication.published_patients.count(),
    }
    htmx: Any = getattr(request, "htmx", None)
    partial = htmx and not htmx.history_restore_request and not htmx.boosted
    return render(
        request, "literature/_values.html" if partial else "literature/publication_detail.html", context
    )
