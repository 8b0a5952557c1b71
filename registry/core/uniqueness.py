"""What may stand once only, asked of many records without a query for each."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, UniqueConstraint

from registry.core.family import Family, fetch, owner_field
from registry.core.models import Record

#: Drawn at random, or kept by the door itself.
_NEVER_TYPED = frozenset({"uuid"})


@cache
def _unique(model: type[Record]) -> tuple[tuple[tuple[str, ...], Q | None, Any], ...]:
    """What is unique in a model: the columns, of which rows, and the constraint (``None`` for a single column)."""
    found: list[Any] = []
    for field in model._meta.concrete_fields:
        if field.unique and not field.primary_key and field.name not in _NEVER_TYPED:
            found.append(((field.name,), None, None))
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            found.append((tuple(constraint.fields), constraint.condition, constraint))
    return tuple(found)


class Taken:
    """Which values are taken, by rows that stay as they are and by those of the records that came first."""

    def __init__(self, family: Family, records: Iterable[Record]) -> None:
        self.seen: dict[tuple[Any, int], dict[tuple[Any, ...], Any]] = {}
        ours = {id(record) for record in records}
        for model in {type(record) for record in records}:
            others = [row for row in family.after[model].values() if id(row) not in ours]
            for place, (names, _where, _constraint) in enumerate(_unique(model)):
                seen = self.seen[(model, place)] = {}
                for row in self._rivals(model, names, records, others, family):
                    key = self._key(model, place, row)
                    if key is not None:
                        seen[key] = row.pk

    @staticmethod
    def _rivals(
        model: type[Record],
        names: tuple[str, ...],
        records: Iterable[Record],
        others: list[Any],
        family: Family,
    ) -> Iterable[Any]:
        """Rows within the same owner are in the family; anything wider is looked up."""
        owner = owner_field(model)
        if owner is not None and owner.name in names:
            return others
        attname = model._meta.get_field(names[0]).attname  # type: ignore[union-attr]
        keys = {getattr(row, attname) for row in records if type(row) is model} - {None, ""}
        placed = family.after[model]
        return (
            [row for row in fetch(model, attname, keys) if row.pk not in placed] + others if keys else others
        )

    @staticmethod
    def _key(model: type[Record], place: int, row: Any) -> tuple[Any, ...] | None:
        names, where, _constraint = _unique(model)[place]
        key = tuple(getattr(row, model._meta.get_field(name).attname) for name in names)  # type: ignore[union-attr]
        if any(part in (None, "") for part in key) or (where is not None and not met(where, row)):
            return None
        return key

    def demand_free(self, record: Record) -> None:
        """Raises ``ValidationError`` where the record would be the second one."""
        model = type(record)
        for place, (names, _where, constraint) in enumerate(_unique(model)):
            key = self._key(model, place, record)
            if key is None:
                continue
            rival = self.seen[(model, place)].setdefault(key, record.pk)
            if rival == record.pk:
                continue
            text = getattr(constraint, "text", None)
            if text is not None:
                raise ValidationError({names[-1]: ValidationError(text, code="unique")})
            raise ValidationError({names[-1]: record.unique_error_message(model, names)})


def met(condition: Any, row: Any) -> bool:
    """Whether a row meets a condition of plain comparisons, as those of unique constraints are."""
    answers = (
        met(part, row) if isinstance(part, Q) else _compared(part[0], part[1], row)
        for part in condition.children
    )
    answer = any(answers) if condition.connector == Q.OR else all(answers)
    return answer is not condition.negated


def _compared(lookup: str, expected: Any, row: Any) -> bool:
    name, _separator, kind = lookup.partition("__")
    value = getattr(row, row._meta.get_field(name).attname)
    if kind in ("", "exact"):
        return bool(value == expected)
    if kind == "isnull":
        return (value is None) is expected
    raise TypeError(f"{lookup} cannot be asked in Python.")
