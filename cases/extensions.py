"""What higher floors add to cases where they are listed: a column over the cases, and a filter.

``procedures`` registers the strategy and the kind of procedure when it starts, so that list, header and dashboard show
them without this floor knowing what a procedure is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Column:
    """A value of each case, computed in SQL (``expression``) and worded by ``words``.

    ``equals`` is a condition for cases of one value, where that is quicker than to compute it for all.
    """

    name: str
    label: Any
    expression: Callable[[], Any]
    words: Callable[[Any], str]
    equals: Callable[[str], Any] | None = None


@dataclass(frozen=True)
class Filter:
    """A choice that narrows a queryset of cases."""

    name: str
    label: Any
    choices: Callable[[], Sequence[tuple[str, Any]]]
    apply: Callable[[Any, str], Any]


@dataclass(frozen=True)
class Start:
    """What a higher floor asks when a case begins: parts of the form, and what is made of them in the same transaction.

    ``parts`` takes the view; ``done`` takes the saved records by part name, and who saves.
    """

    parts: Callable[[Any], Sequence[Any]]
    done: Callable[[Any, Any], None]


_columns: list[Column] = []
_starts: list[Start] = []
_filters: list[Filter] = []


def register(
    *, column: Column | None = None, choice: Filter | None = None, start: Start | None = None
) -> None:
    if start is not None and start not in _starts:
        _starts.append(start)
    if column is not None and column not in _columns:
        _columns.append(column)
    if choice is not None and choice not in _filters:
        _filters.append(choice)


def starts() -> tuple[Start, ...]:
    return tuple(_starts)


def columns() -> tuple[Column, ...]:
    return tuple(_columns)


def filters() -> tuple[Filter, ...]:
    return tuple(_filters)


def annotate(cases: Any) -> Any:
    """Cases with the registered columns as attributes."""
    return cases.annotate(**{column.name: column.expression() for column in _columns})


def words(case: Any) -> list[str]:
    """The registered columns of an annotated case, in words, without the empty ones."""
    return [text for text in (column.words(getattr(case, column.name)) for column in _columns) if text]
