"""What may be asked about a variable: the operators, what each expects beside it, and which fit a type."""

import enum
from collections.abc import Mapping

from registry.research.columns import ColumnType


class Operator(enum.StrEnum):
    """How a value is compared."""

    EQUAL = "="
    UNEQUAL = "!="
    IN = "in"
    NOT_IN = "not_in"
    BETWEEN = "between"
    BELOW = "<"
    AT_MOST = "<="
    ABOVE = ">"
    AT_LEAST = ">="
    HAS_ANY = "has_any"
    HAS_ALL = "has_all"
    MISSING = "missing"
    RECORDED = "recorded"


class Expects(enum.Enum):
    """What stands beside an operator: one value, a list of values, two numbers, reasons for absence, or nothing."""

    ONE = enum.auto()
    SEVERAL = enum.auto()
    TWO = enum.auto()
    REASONS = enum.auto()
    NOTHING = enum.auto()


EXPECTS: Mapping[Operator, Expects] = {
    Operator.IN: Expects.SEVERAL,
    Operator.NOT_IN: Expects.SEVERAL,
    Operator.HAS_ANY: Expects.SEVERAL,
    Operator.HAS_ALL: Expects.SEVERAL,
    Operator.BETWEEN: Expects.TWO,
    Operator.MISSING: Expects.REASONS,
    Operator.RECORDED: Expects.NOTHING,
}

_PRESENCE = (Operator.RECORDED, Operator.MISSING)
_SAME = (Operator.EQUAL, Operator.UNEQUAL)
_ONE_OF = (Operator.IN, Operator.NOT_IN)
_ORDERED = (
    Operator.AT_LEAST,
    Operator.AT_MOST,
    Operator.BETWEEN,
    Operator.ABOVE,
    Operator.BELOW,
    *_SAME,
    *_ONE_OF,
    *_PRESENCE,
)

#: The operators of a type, the most usual first.
FITTING: Mapping[ColumnType, tuple[Operator, ...]] = {
    ColumnType.NUMBER: _ORDERED,
    ColumnType.INTEGER: _ORDERED,
    ColumnType.BOOLEAN: (*_SAME, *_PRESENCE),
    ColumnType.CODE: (*_ONE_OF, *_SAME, *_PRESENCE),
    ColumnType.CODE_SET: (Operator.HAS_ANY, Operator.HAS_ALL, *_PRESENCE),
    ColumnType.TEXT: (*_SAME, *_ONE_OF, *_PRESENCE),
    ColumnType.KEY: (*_SAME, *_ONE_OF, *_PRESENCE),
}


def expected(operator: Operator) -> Expects:
    return EXPECTS.get(operator, Expects.ONE)
