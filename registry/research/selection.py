"""What an export has: rows, columns and how each is shown, compiled from a table, filters and a profile."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from registry.access import scope
from registry.research import filters
from registry.research.cohorts.choosing import Chosen, chosen
from registry.research.columns import Column
from registry.research.formats import Format, Sheet
from registry.research.formats.sql import is_exact
from registry.research.profiles import PSEUDONYMISED, Profile, Rows, Shown
from registry.research.tables import Table


@dataclass(frozen=True)
class Selection:
    """Which rows and columns an export has: everything about it except the database it is read from."""

    table: Table
    shown: tuple[Shown, ...]
    rows: QuerySet
    rows_without_consent: QuerySet
    withheld: list[dict[str, str]]
    definition: dict[str, Any]

    @property
    def columns(self) -> tuple[Column, ...]:
        return tuple(shown.column for shown in self.shown)

    @cached_property
    def queryset(self) -> QuerySet:
        """``values_list`` in the order of ``columns``, as Python values."""
        return self._annotated(lambda position, expression: expression)

    def copied(self, file_format: Format, sheet: Sheet) -> QuerySet | None:
        """The same rows, each value as the database has to write it for this format; ``None`` where it cannot."""
        if file_format.copy is None:
            return None
        copy, held = file_format.copy, self.queryset.query.annotations
        fields = [held[_alias(position)].output_field for position in range(len(self.shown))]
        if not all(is_exact(field) for field in fields):
            return None
        return self._annotated(
            lambda position, expression: copy.written(sheet, position, expression, fields[position])
        )

    def _annotated(self, written: Callable[[int, Any], Any]) -> QuerySet:
        # Positions, not names: a column may be called like a field of the model, which an annotation may not.
        aliases = {
            _alias(position): written(position, shown.expression) for position, shown in enumerate(self.shown)
        }
        rows = self.rows.alias(**self.table.relations())
        return rows.annotate(**aliases).order_by("pk").values_list(*aliases)


def _alias(position: int) -> str:
    return f"column_{position}"


def select(
    table: Table,
    user: Any,
    asked: Mapping[str, Sequence[str]],
    profile: Profile = PSEUDONYMISED,
    cohort: Chosen | None = None,
) -> Selection:
    """Compile table, filters and profile; ``cohort`` stands in for one that the parameters name.

    Raises ``ValidationError`` for a filter that cannot be.
    """
    cohort = cohort or chosen(user, asked)
    matching = filters.apply(table, table.visible(user), asked, cohort)
    rows, without_consent = matching, matching.none()
    if table.without_consent is not None:
        rows, without_consent = (
            matching.filter(~table.without_consent),
            matching.filter(table.without_consent),
        )
    kinds = Rows(table.published)
    if profile.identified and table.model.center_path is not None:
        kinds = Rows(table.published, scope.identifiable(user, table.model.center_path))
    shown, withheld = [], []
    for column in table.columns:
        reason = profile.withheld(column)
        if reason:
            withheld.append({"column": column.name, "reason": reason})
        found = profile.shown(column, kinds)
        if found is not None:
            shown.append(found)
    definition: dict[str, Any] = {
        "table": table.name,
        "profile": profile.name,
        "dates": profile.dates.value,
        "filters": {name: list(values) for name, values in sorted(asked.items())},
    }
    if cohort is not None:
        definition["cohort"] = cohort.as_json()
    return Selection(table, tuple(shown), rows, without_consent, withheld, definition)
