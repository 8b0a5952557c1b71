"""What an export shows of columns that could identify a patient. De-identification happens in the SQL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Case as Switch
from django.db.models import F, IntegerField, Q, TextField, Value, When

from cases.identity import HIGHEST_SHOWN_AGE_YEARS
from registry.research.columns import Column, Identity


@dataclass(frozen=True)
class Treatment:
    """What becomes of an identifying column: another expression, or none at all; ``reason`` stands on the receipt."""

    reason: str
    expression: Callable[[Any, Q], Any] | None = None


def _capped(age: Any, published: Q) -> Any:
    # Not LEAST: on PostgreSQL it turns an unknown age into 90.
    whens = When(**{f"{age.name}__gt": HIGHEST_SHOWN_AGE_YEARS}, then=Value(HIGHEST_SHOWN_AGE_YEARS))
    return Switch(whens, default=F(age.name), output_field=IntegerField())


def _published_only(text: Any, published: Q) -> Any:
    return Switch(When(published, then=text), default=Value(""), output_field=TextField())


@dataclass(frozen=True)
class Profile:
    """A named level of identity. Whoever has the right to one may choose any below it."""

    name: str
    treatments: Mapping[Identity, Treatment]

    def treatment(self, column: Column) -> Treatment | None:
        return self.treatments.get(column.identity) if column.identity else None

    def expression(self, column: Column, published: Q) -> Any:
        """The column's expression under this profile, or ``None`` where the column is left out."""
        treatment = self.treatment(column)
        if treatment is None:
            return column.expression
        return None if treatment.expression is None else treatment.expression(column.expression, published)

    def withheld(self, column: Column) -> str:
        """Why the column is not shown as it stands; empty where it is."""
        treatment = self.treatment(column)
        return treatment.reason if treatment else ""


PSEUDONYMISED = Profile(
    "pseudonymised",
    {
        Identity.NUMBER: Treatment("identifies the patient; left out"),
        Identity.DATE: Treatment(
            "exact date; left out, days from the index procedure stand in its place where known"
        ),
        Identity.TEXT: Treatment("free text; shown for published patients only", _published_only),
        Identity.AGE: Treatment(
            f"ages above {HIGHEST_SHOWN_AGE_YEARS} are shown as {HIGHEST_SHOWN_AGE_YEARS}", _capped
        ),
    },
)
