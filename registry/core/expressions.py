"""Database expressions that Django lacks and both databases share."""

from django.db.models import BooleanField, CharField, FloatField, Func, JSONField
from django.db.models.expressions import Expression, Value
from django.db.models.functions import Cast, Coalesce, Replace


class WithoutKeys(Func):
    """A JSON object less the given keys."""

    output_field = JSONField()

    def __init__(self, expression: object, *keys: str, **extra: object) -> None:
        self.keys = keys
        super().__init__(expression, **extra)

    def _constructor_args(self) -> tuple:
        return (self.source_expressions[0], *self.keys), {}

    def as_postgresql(self, compiler, connection, **context):
        sql, params = compiler.compile(self.source_expressions[0])
        return f"({sql} - ARRAY[{', '.join(['%s'] * len(self.keys))}]::text[])", (*params, *self.keys)

    def as_sqlite(self, compiler, connection, **context):
        sql, params = compiler.compile(self.source_expressions[0])
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


def code_set_remainder(field: str, codes: tuple[str, ...]) -> Expression:
    """What is left of a ``a;b`` code set once each known code has been taken out once: ``;`` when all are known."""
    from django.db.models.functions import Concat

    rest: Expression = Concat(Value(";"), Coalesce(field, Value("")), Value(";"), output_field=CharField())
    for code in codes:
        rest = Replace(rest, Value(f";{code};"), Value(";"))
    return rest


def as_float(expression: object) -> Expression:
    """Computed numbers are floating point on both databases, so that they compare."""
    return Cast(expression, FloatField())


__all__ = ["BooleanField", "WithoutKeys", "as_float", "code_set_remainder"]
