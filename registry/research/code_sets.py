"""The union of code sets over several rows, in the order of the code list, as one portable subquery."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Case as Switch
from django.db.models import CharField, Max, QuerySet, Subquery, Value, When
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import NullIf, Substr

from registry.research.columns import holds_code


def union_of_codes(rows: QuerySet, parent: str, field: str, codes: Sequence[str]) -> Any:
    """``a;b``: every code that one of ``rows`` (correlated over ``parent``) holds in ``field``; NULL where none does.

    ``field`` may hold one code or several.

    One pass over the rows for all codes together. The concatenation is a balanced tree: SQLite's parser overflows on
    thirty nested terms.
    """
    parts: list[Any] = [
        Max(
            Switch(
                When(holds_code(field, code), then=Value(f";{code}")),
                default=Value(""),
                output_field=CharField(),
            )
        )
        for code in codes
    ]
    while len(parts) > 1:
        pairs = [parts[at : at + 2] for at in range(0, len(parts), 2)]
        parts = [
            CombinedExpression(pair[0], "||", pair[1], output_field=CharField())
            if len(pair) == 2
            else pair[0]
            for pair in pairs
        ]
    union = NullIf(Substr(parts[0], 2, output_field=CharField()), Value(""))
    return Subquery(
        rows.order_by().values(parent).annotate(answer=union).values("answer"), output_field=CharField()
    )
