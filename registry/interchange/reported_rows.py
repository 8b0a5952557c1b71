"""Which record each group value of a document is, so that a correction changes one record and nothing else.

A value is known by what it is about and where it stands, not by its position: a row put between others leaves the
others what they are.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from registry.core.reading import read_decimal
from registry.interchange.publication_document import VALUE_PLACES, ReportedValuePart
from registry.literature.models import Publication, ReportedValue, StudyArm

_TEXTS = ("category", "time_point", "comparison", "test", "unit")
_IDENTITY = ("variable", "category", "time_point", "statistic", "comparison", "location", "origin")


@dataclass(eq=False)
class Row:
    """A group value of the document, its record (new or stored) and what the record is to hold."""

    index: int
    record: ReportedValue
    values: dict[str, Any]


def match(
    publication: Publication, parts: Iterable[ReportedValuePart], arms: dict[str, StudyArm]
) -> tuple[list[Row], list[ReportedValue]]:
    """The rows of the document, and the stored records that it no longer lists."""
    known: dict[tuple[Any, ...], list[ReportedValue]] = {}
    for record in publication.reported_values.select_related("arm").order_by("order"):
        about = (record.arm.code if record.arm else None, *(getattr(record, name) for name in _IDENTITY))
        known.setdefault(about, []).append(record)
    rows = []
    for index, part in enumerate(parts):
        values = {**_values(part, arms), "order": index + 1}
        same = known.get((part.arm, *(values[name] for name in _IDENTITY)))
        rows.append(Row(index, same.pop(0) if same else ReportedValue(publication=publication), values))
    return rows, [record for left in known.values() for record in left]


def _values(part: ReportedValuePart, arms: dict[str, StudyArm]) -> dict[str, Any]:
    values = part.model_dump(mode="json")
    return {
        **values,
        **{name: values[name] or "" for name in _TEXTS},
        "arm": arms[part.arm] if part.arm else None,
        "value": read_decimal(part.value, VALUE_PLACES),
        "value_text": part.value,
    }


def in_free_order(rows: list[Row], park: Callable[[ReportedValue, int], None]) -> Iterator[Row]:
    """The rows in an order in which every position is free when a row takes it; ``park`` breaks a circle."""
    taken = {row.record.order: row.record for row in rows if row.record.pk is not None}
    waiting = list(rows)
    while waiting:
        ready = [row for row in waiting if taken.get(row.values["order"], row.record) is row.record]
        if not ready:
            record = waiting[0].record
            free = max(len(rows), *taken) + 1
            taken[free] = taken.pop(record.order)
            park(record, free)
            continue
        for row in ready:
            if row.record.pk is not None:
                del taken[row.record.order]
            taken[row.values["order"]] = row.record
            yield row
        waiting = [row for row in waiting if row not in ready]
