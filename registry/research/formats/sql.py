"""How PostgreSQL writes one value: the counterpart of ``values.py``, held equal to it by tests on whole files."""

from typing import Any

from django.db import models
from django.db.models import Func, TextField

from registry.core.spreadsheets import FORMULA_STARTS
from registry.research.columns import Column, ColumnType
from registry.research.formats.values import PLACES

#: The signs as they stand between the brackets of a regular expression; a hyphen has to be the last.
_FORMULA_STARTS = "".join(
    {"\t": r"\t", "\r": r"\r"}.get(sign, sign)
    for sign in sorted(FORMULA_STARTS, key=lambda sign: sign == "-")
)


class _Written(Func):
    """An expression wrapped in SQL of PostgreSQL. The templates hold nothing that anybody typed."""

    output_field = TextField()

    def __init__(self, expression: Any, template: str) -> None:
        super().__init__(expression, template=template)


def plain(column: Column, expression: Any, field: models.Field) -> Any:
    """A value that COPY writes as ``values.TEXTS`` does; an empty text becomes NULL, as it says as little."""
    match column.type:
        case ColumnType.NUMBER | ColumnType.INTEGER:
            return _number(expression, field)
        case ColumnType.BOOLEAN:
            return _Written(expression, "(%(expressions)s)::text")
        case ColumnType.DATE:
            return _Written(expression, "to_char(%(expressions)s, 'YYYY-MM-DD')")
        case ColumnType.DATETIME:
            pattern = 'YYYY-MM-DD"T"HH24:MI:SS"Z"'
            return _Written(expression, f"to_char((%(expressions)s) AT TIME ZONE 'UTC', '{pattern}')")
        case ColumnType.KEY:
            return expression
        case _:
            return _Written(expression, "NULLIF(%(expressions)s, '')")


def defused(column: Column, expression: Any, field: models.Field) -> Any:
    """The same, with free text that no spreadsheet takes for a formula."""
    if column.type is not ColumnType.TEXT:
        return plain(column, expression, field)
    # By a pattern, as the text may be a subquery, and stands in the SQL once.
    return _Written(
        expression, f"NULLIF(regexp_replace(%(expressions)s, '^([{_FORMULA_STARTS}])', '''\\1'), '')"
    )


def json_member(column: Column, expression: Any, field: models.Field, before: str, after: str) -> Any:
    """``before`` and the value as JSON, ``null`` where there is none, and ``after``."""
    bare = column.type in (ColumnType.NUMBER, ColumnType.INTEGER, ColumnType.BOOLEAN)
    value = "(%(expressions)s)::text" if bare else "to_json((%(expressions)s)::text)::text"
    inner = plain(column, expression, field)
    return _Written(inner, f"'{before}' || COALESCE({value}, 'null') || '{after}'")


def is_exact(field: models.Field) -> bool:
    """Whether the database alone can write what this field holds: what is decrypted on the way out it cannot."""
    return not hasattr(field, "from_db_value")


def _number(expression: Any, field: models.Field) -> Any:
    if isinstance(field, models.IntegerField):
        return expression
    if isinstance(field, models.DecimalField) and field.decimal_places <= PLACES:
        return _Written(expression, "trim_scale(%(expressions)s)")
    # The cast keeps fifteen significant digits, as ``%.15g`` does; both round halves away from zero.
    return _Written(expression, f"trim_scale(round((%(expressions)s)::numeric, {PLACES}))")
