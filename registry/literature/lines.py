"""Reported values gathered into the lines of a table: one quantity a line, its arms side by side."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from registry.core.templatetags.registry import p_value
from registry.core.units import shown_text
from registry.literature.models import ReportedValue, Statistic
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

    def link(self, arm: str) -> str:
        """The query that opens the values of one arm: ``value=3&value=4``."""
        return urlencode([("value", value.order) for value in self.cells.get(arm, [])])

    @property
    def p_link(self) -> str:
        return urlencode([("value", value.order) for value in self.p_values])

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
