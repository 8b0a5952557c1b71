"""Whether a case is worth a look as a whole, asked in SQL that is written once in each process.

The condition joins what all rules say of offenders. To build it takes longer than to load a case, to ask it less than a
millisecond; and it holds nothing but the key of the case.
"""

from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Q

from cases.models import Case
from registry.curation.quality.rules import RULES

#: Rules that need the whole case, and may find something new in it when one of its records is saved.
WHOLE_RULES = tuple(rule for rule in RULES if rule.of_record is None and not rule.held_by_door)
#: Stands for the key while the statement is written; no case has it.
_PLACE = -4711


@cache
def _statement(vendor: str) -> tuple[str, tuple[Any, ...]]:
    offends = Q()
    for rule in WHOLE_RULES:
        offends |= rule.offenders()
    rows = Case.objects.filter(offends, pk=_PLACE).order_by().values("pk")
    return rows.query.sql_with_params()


def offends(case_id: int) -> bool:
    """Whether one of the rules may find something in the case: never missed, now and then wrongly suspected."""
    sql, params = _statement(connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(sql, [case_id if value == _PLACE else value for value in params])
        return cursor.fetchone() is not None
