"""Database expressions that Django lacks and both databases share."""

from typing import Any

from django.db.models import BooleanField, CharField, F, FloatField, Func, IntegerField, JSONField
from django.db.models.expressions import CombinedExpression, Expression, Value
from django.db.models.functions import Cast, Concat, Least, StrIndex


class WithoutKeys(Func):
    """A JSON object less the given keys."""

    output_field = JSONField()

    def __init__(self, expression: object, *keys: str, **extra: Any) -> None:
        self.keys = keys
        super().__init__(expression, **extra)

    def _constructor_args(self) -> tuple:
        return (self.source_expressions[0], *self.keys), {}

    def as_postgresql(self, compiler, connection, **context):
        sql, params = compiler.compile(self.source_expressions[0])
        return f"({sql} - ARRAY[{', '.join(['%s'] * len(self.keys))}]::text[])", (*params, *self.keys)

    def as_sqlite(self, compiler, connection, **context):
        sql, params = compiler.compile(self.source_expressions[0])
        if not self.keys:
            return sql, params
        paths = tuple(f'$."{key}"' for key in self.keys)
        return f"json_remove({sql}, {', '.join(['%s'] * len(paths))})", (*params, *paths)

    def deconstruct(self):
        """Written into migrations by hand, as the keys are not expressions."""
        return f"{type(self).__module__}.{type(self).__name__}", (self.source_expressions[0], *self.keys), {}

    @property
    def identity(self):
        return (type(self), self.source_expressions[0], self.keys)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WithoutKeys) and self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)


def code_set_length(field: str, codes: tuple[str, ...]) -> Expression:
    """How long an ``a;b`` code set is when each known code in it counts once, with its separators.

    Equal to the length of the wrapped text ``;a;b;`` exactly when every part is a known code and none stands twice.
    The sum is a balanced tree: SQLite's parser overflows on thirty nested terms.
    """
    wrapped = wrapped_code_set(field)
    terms: list[Expression] = [Value(1)]
    for code in codes:
        present = Least(StrIndex(wrapped, Value(f";{code};")), Value(1))
        terms.append(CombinedExpression(present, "*", Value(len(code) + 1), output_field=IntegerField()))
    while len(terms) > 1:
        pairs = [terms[at : at + 2] for at in range(0, len(terms), 2)]
        terms = [
            CombinedExpression(pair[0], "+", pair[1], output_field=IntegerField())
            if len(pair) == 2
            else pair[0]
            for pair in pairs
        ]
    return terms[0]


def wrapped_code_set(field: str) -> Expression:
    """``a;b`` as ``;a;b;``, so that every code stands between separators."""
    return Concat(Value(";"), F(field), Value(";"), output_field=CharField())


def as_float(expression: Any) -> Expression:
    """Computed numbers are floating point on both databases, so that they compare."""
    return Cast(expression, FloatField())


class AnyGiven(Func):
    """Whether any of the columns holds a value: shorter to compile than one condition per column."""

    template = "(%(expressions)s IS NOT NULL)"
    arg_joiner = " IS NOT NULL OR "
    conditional = True
    output_field = BooleanField()


class DaysBetween(Func):
    """Whole days from the second date to the first. Django's own subtraction is an interval, not a number."""

    arity = 2
    output_field = IntegerField()

    def as_sql(self, compiler, connection, function=None, template=None, arg_joiner=None, **extra_context):
        return super().as_sql(
            compiler,
            connection,
            function=function,
            template=template or "(%(expressions)s)",
            arg_joiner=arg_joiner or " - ",
            **extra_context,
        )

    def as_sqlite(self, compiler, connection, **context):
        # Julian days of two calendar dates end alike, so their difference is a whole number exactly.
        template = "CAST(julianday(%(expressions)s) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=") - julianday(", **context)
