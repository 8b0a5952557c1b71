"""What an export shows of columns that could identify a patient. De-identification happens in the SQL.

``identified ⊃ pseudonymised ⊃ aggregate``: whoever has the right to one may choose any below it. The first two are for
rows, the last is for statistics. How dates are shown is chosen apart: exact ones are for identified exports alone.
"""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Case as Switch
from django.db.models import F, IntegerField, Q, TextField, Value, When
from django.db.models.functions import ExtractYear
from django.utils.translation import gettext as _

from cases.identity import HIGHEST_SHOWN_AGE_YEARS
from registry.access import scope
from registry.access.models import Center
from registry.research.columns import Column, ColumnType, Identity


class Dates(enum.StrEnum):
    """How the dates of an export are shown."""

    DAYS = "days"
    YEAR = "year"
    EXACT = "exact"


@dataclass(frozen=True)
class Rows:
    """Conditions on the rows of a table: published ones, and those whose patients the user may know."""

    published: Q
    identifiable: Q = field(default_factory=lambda: Q(pk__in=()))


@dataclass(frozen=True)
class Treatment:
    """What becomes of an identifying column: another expression, or none at all; ``reason`` stands on the receipt."""

    reason: str
    expression: Callable[[Any, Q], Any] | None = None


@dataclass(frozen=True)
class Shown:
    """A column as an export shows it."""

    column: Column
    expression: Any


def _capped(age: Any, published: Q) -> Any:
    # Not LEAST: on PostgreSQL it turns an unknown age into 90.
    whens = When(**{f"{age.name}__gt": HIGHEST_SHOWN_AGE_YEARS}, then=Value(HIGHEST_SHOWN_AGE_YEARS))
    return Switch(whens, default=F(age.name), output_field=IntegerField())


def _published_only(text: Any, published: Q) -> Any:
    return Switch(When(published, then=text), default=Value(""), output_field=TextField())


#: What those may see who may not know the patients.
_HIDDEN = {
    Identity.NUMBER: Treatment("identifies the patient; left out"),
    Identity.DATE: Treatment(
        "exact date; left out, days from the index procedure stand in its place where known"
    ),
    Identity.TEXT: Treatment("free text; shown for published patients only", _published_only),
    Identity.AGE: Treatment(
        f"ages above {HIGHEST_SHOWN_AGE_YEARS} are shown as {HIGHEST_SHOWN_AGE_YEARS}", _capped
    ),
}
_YEAR = "exact date; the year stands in its place"
_YEAR_OF_MOMENT = "exact time; left out"


@dataclass(frozen=True)
class Profile:
    """A named level of identity: what is shown of columns that identify, of which rows, and how dates are shown.

    ``identified`` says that rows of the user's own centres show all; ``elsewhere`` that there are rows of others too,
    which are shown as in a pseudonymised export.
    """

    name: str
    identified: bool = False
    elsewhere: bool = True
    dates: Dates = Dates.DAYS
    treatments: Mapping[Identity, Treatment] = field(default_factory=lambda: _HIDDEN)

    def shown(self, column: Column, rows: Rows) -> Shown | None:
        """The column under this profile; ``None`` where it is left out."""
        if column.identity is None:
            return Shown(column, column.expression)
        if column.identity is Identity.DATE and self.dates is not Dates.EXACT:
            return self._year(column) if self.dates is Dates.YEAR else None
        treatment = self.treatments[column.identity]
        hidden = treatment.expression(column.expression, rows.published) if treatment.expression else None
        if not self.identified:
            return None if hidden is None else Shown(column, hidden)
        if not rows.identifiable:
            return Shown(column, column.expression)
        known = When(rows.identifiable, then=column.expression)
        if hidden is None:
            return Shown(column, Switch(known, default=Value(None)))
        return Shown(column, Switch(known, default=hidden, output_field=hidden.output_field))

    def expression(self, column: Column, published: Q) -> Any:
        """The column's expression under this profile, or ``None`` where it is left out."""
        shown = self.shown(column, Rows(published))
        return None if shown is None else shown.expression

    def withheld(self, column: Column) -> str:
        """Why the column is not shown as it stands; empty where it is."""
        if column.identity is None:
            return ""
        if column.identity is Identity.DATE and self.dates is Dates.YEAR:
            return _YEAR if column.type is ColumnType.DATE else _YEAR_OF_MOMENT
        reason = self.treatments[column.identity].reason
        if column.identity is Identity.DATE and self.dates is Dates.DAYS:
            return reason
        if not self.identified:
            return reason
        return f"shown for your own centres; elsewhere: {reason}" if self.elsewhere else ""

    @staticmethod
    def _year(column: Column) -> Shown | None:
        if column.type is not ColumnType.DATE:
            return None
        stem = column.name.removesuffix("date")
        year = replace(
            column,
            name=f"{stem}year",
            label=f"{column.label}, year",
            type=ColumnType.INTEGER,
            expression=ExtractYear(column.expression),
            identity=None,
            derived=True,
        )
        return Shown(year, year.expression)


IDENTIFIED = Profile("identified", identified=True, dates=Dates.EXACT)
PSEUDONYMISED = Profile("pseudonymised")
#: For statistics: no row is shown, so nothing is said of columns.
AGGREGATE = Profile("aggregate")
PROFILES = {profile.name: profile for profile in (IDENTIFIED, PSEUDONYMISED, AGGREGATE)}


def chosen(user: Any, profile: str = "", dates: str = "") -> Profile:
    """The profile asked for by name, for an export of rows.

    Raises ``ValidationError`` for a name that means nothing here, ``PermissionDenied`` for one above the user's right.
    """
    name = profile or PSEUDONYMISED.name
    if name not in PROFILES:
        raise ValidationError({"profile": [_one_of(name, (IDENTIFIED.name, PSEUDONYMISED.name))]})
    if name == AGGREGATE.name:
        raise ValidationError(
            {"profile": [_("“aggregate” is for statistics of a cohort. A table of rows has no such form.")]}
        )
    if dates and dates not in list(Dates):
        raise ValidationError({"dates": [_one_of(dates, [known.value for known in Dates])]})
    if name == IDENTIFIED.name and not scope.identified_centers(user).exists():
        raise PermissionDenied(
            _(
                "Identified rows are for clinicians and curators, of their own centres. You may use: %(allowed)s."
            )
            % {"allowed": PSEUDONYMISED.name}
        )
    if name == PSEUDONYMISED.name:
        if dates == Dates.EXACT:
            raise PermissionDenied(
                _(
                    "Exact dates are shown in identified exports only. With “pseudonymised” you may use: %(allowed)s."
                )
                % {"allowed": "dates=days, dates=year"}
            )
        return replace(PSEUDONYMISED, dates=Dates(dates or Dates.DAYS))
    own = scope.identifiable(user, "pk")
    others = scope.visible_centers(user).exclude(kind=Center.Kind.PUBLISHED).exclude(own) if own else None
    return replace(
        IDENTIFIED,
        dates=Dates(dates or Dates.EXACT),
        elsewhere=others is not None and others.exists(),
    )


def _one_of(value: str, known: Any) -> str:
    return _("“%(value)s” is not one of: %(codes)s.") % {"value": value[:60], "codes": ", ".join(known)}
