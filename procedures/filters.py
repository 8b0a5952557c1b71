"""Filters of procedures and their rows, and what cases can be filtered by because of them."""

from django.core.exceptions import ValidationError
from django.db.models import Q, Value
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _

from cases.filters import keys_over
from procedures import codes
from procedures.models import Procedure
from procedures.strategy import strategy_sql
from registry.core.api.filters import RecordFilter, by_boolean, by_code, by_id, by_text, where_any


class ProcedureFilterSet(keys_over("case")):  # type: ignore[misc]
    procedure_id = by_id("uuid", "Public id of the procedure.")
    kind = by_code("kind", codes.Kind.values)
    anesthesia = by_code("anesthesia", codes.Anesthesia.values)
    technical_success = by_boolean("technical_success")


class TreatedLesionFilterSet(keys_over("procedure__case")):  # type: ignore[misc]
    procedure_id = by_id("procedure__uuid", "Public id of the procedure.")
    lesion_id = by_id("lesion__uuid", "Public id of the lesion.")
    kind = by_code("procedure__kind", codes.Kind.values, text="Kind of the procedure.")
    approach = by_code("approach", codes.NeedleApproach.values)


class AblationFilterSet(keys_over("treated_lesion__procedure__case")):  # type: ignore[misc]
    procedure_id = by_id("treated_lesion__procedure__uuid", "Public id of the procedure.")
    lesion_id = by_id("treated_lesion__lesion__uuid", "Public id of the lesion.")
    treated_lesion_id = by_id("treated_lesion__uuid", "Public id of the treated lesion.")


class BalloonInflationFilterSet(keys_over("procedure__case")):  # type: ignore[misc]
    procedure_id = by_id("procedure__uuid", "Public id of the procedure.")
    aortic_zone = by_code("aortic_zone", codes.AorticZone.values)
    completeness = by_code("completeness", codes.Completeness.values)


class TransarterialSessionFilterSet(keys_over("procedure__case")):  # type: ignore[misc]
    procedure_id = by_id("procedure__uuid", "Public id of the procedure.")
    kind = by_code("kind", codes.TransarterialKind.values)


class TransarterialDrugFilterSet(keys_over("session__procedure__case")):  # type: ignore[misc]
    procedure_id = by_id("session__procedure__uuid", "Public id of the procedure.")
    session_id = by_id("session__uuid", "Public id of the session.")
    name = by_text("name", "Name of the drug.")


def cases_by_kind() -> RecordFilter:
    """Cases with a procedure of this kind."""
    return by_code(
        "",
        codes.Kind.values,
        condition=lambda kind: where_any(Procedure, "case")(Q(kind=kind)),
        text="Kind of one of the procedures.",
    )


def cases_by_strategy() -> RecordFilter:
    """Cases whose derived strategy is exactly this one."""
    listed = [*codes.Kind.values, *codes.TransarterialKind.values]

    def read(value: str) -> str:
        # A “+” in an address stands for a space unless it is written %2B; no strategy contains a space.
        value = value.replace(" ", "+")
        parts = value.split("+")
        if parts != [part for part in listed if part in parts]:
            raise ValidationError(
                _("“%(value)s” is no strategy. Join these by + in this order: %(codes)s.")
                % {"value": value[:60], "codes": ", ".join(listed)}
            )
        return value

    return RecordFilter(
        read=read,
        condition=lambda value: Exact(strategy_sql(), Value(value)),
        text="Kinds and transarterial therapies joined by +, such as sacroplasty+rfa.",
        schema={"type": "string"},
    )
