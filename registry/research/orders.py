"""An export as asked for, by whichever door: checked, compiled, and carried out at once or later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from registry.access import log
from registry.access.models import AccessEvent
from registry.core.api.problems import Errors, Problem, invalid, messages_of
from registry.core.reading import read_boolean
from registry.research import filters, profiles
from registry.research.archive import ARCHIVE, Archive
from registry.research.cohorts import choosing
from registry.research.cohorts.choosing import Chosen
from registry.research.delivery import Delivery
from registry.research.export import Export
from registry.research.formats import FORMATS, Format
from registry.research.profiles import Profile
from registry.research.selection import Selection, select
from registry.research.tables import Table, tables

#: Parameters that say how, not which rows; those of an archive alone stand in the second line.
HOW = ("profile", "dates", "background")
HOW_ARCHIVE = ("tables", "table_format")
DEFAULT_TABLE_FORMAT = "csv"


@dataclass(frozen=True)
class Order:
    """What was asked for, as plain values: it can be kept and carried out later with the same result."""

    #: A table, or ``archive``.
    target: str
    format: str
    parameters: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, target: str, file_format: str, query: Mapping[str, Sequence[str]]) -> "Order":
        return cls(target, file_format, {name: list(values) for name, values in sorted(query.items())})

    @property
    def is_archive(self) -> bool:
        return self.target == ARCHIVE

    @property
    def title(self) -> str:
        return f"{self.target}.{self.format}"

    @property
    def in_background(self) -> bool:
        """Whether the asker wants a job whatever the size. Raises ``ValidationError``."""
        given = self.one("background")
        try:
            return bool(read_boolean(given)) if given else False
        except ValidationError as error:
            raise ValidationError({"background": error.messages}) from None

    @property
    def asked(self) -> dict[str, list[str]]:
        """The parameters that narrow the rows."""
        how = (*HOW, *HOW_ARCHIVE) if self.is_archive else HOW
        return {name: values for name, values in self.parameters.items() if name not in how}

    def one(self, name: str) -> str:
        """A parameter that may stand once. Raises ``ValidationError``."""
        values = self.parameters.get(name, [])
        if len(values) > 1:
            raise ValidationError({name: [_("This parameter stands twice.")]})
        if values and not values[0]:
            raise ValidationError({name: [_("Give a value, or leave the parameter out.")]})
        return values[0] if values else ""

    def without(self, *names: str) -> "Order":
        kept = {name: values for name, values in self.parameters.items() if name not in names}
        return Order(self.target, self.format, kept)


@dataclass(frozen=True)
class Plan:
    """An order compiled for a user: what will be read, in which format."""

    order: Order
    user: Any
    profile: Profile
    format: Format
    selections: tuple[Selection, ...]
    cohort: Chosen | None = None

    @property
    def kept(self) -> Order:
        """The order as it is kept for later: of the version of the cohort that it was compiled with."""
        if self.cohort is None:
            return self.order
        version = {choosing.VERSION: [str(self.cohort.version.number)]}
        return Order.read(self.order.target, self.order.format, {**self.order.parameters, **version})

    def check(self) -> int:
        """How dear the export is, in cells of CSV. Raises ``Problem`` where the format cannot hold the rows."""
        cells = 0
        for selection in self.selections:
            rows, columns = selection.rows.count(), len(selection.columns)
            refusal = self.format.refusal(rows, columns)
            if refusal:
                others = ", ".join(made.name for made in FORMATS.values() if not made.refusal(rows, columns))
                raise Problem(
                    400, f"{selection.table.name}: {refusal} Narrow the rows, or choose one of: {others}."
                )
            cells += rows * columns * self.format.cost
        return cells

    def start(self, request: Any = None) -> Delivery:
        """Open the snapshot and write the receipt; the bytes come when it is iterated."""
        delivery: Delivery
        if self.order.is_archive:
            delivery = Archive(self.selections, self.format, self.user, self._definition())
        else:
            delivery = Export(self.selections[0], self.format, self.user)
        try:
            self._note(delivery, request)
        except BaseException:
            delivery.close()
            raise
        return delivery

    def _definition(self) -> dict[str, Any]:
        return {
            "table": ARCHIVE,
            "tables": [selection.table.name for selection in self.selections],
            "profile": self.profile.name,
            "dates": self.profile.dates.value,
            "filters": {
                selection.table.name: selection.definition["filters"] for selection in self.selections
            },
            **({"cohort": self.cohort.as_json()} if self.cohort else {}),
        }

    def _note(self, delivery: Delivery, request: Any) -> None:
        """Every export stands in the access log; one that shows who the patients are stands there as a reading too."""
        said = f"receipt {delivery.receipt.uuid}, {delivery.rows} rows, {self.profile.name}"
        kinds = [AccessEvent.Kind.EXPORT]
        if self.profile.identified:
            kinds.append(AccessEvent.Kind.IDENTITY_READ)
        for kind in kinds:
            log.note(kind, user=self.user, request=request, subject=self.order.title, detail=said)


def plan(order: Order, user: Any) -> Plan:
    """Compile an order. Raises ``Problem``: 400 with errors at parameters, 403, 404, 501."""
    chosen_tables = _tables(order)
    file_format = _format(order)
    try:
        order.in_background  # noqa: B018 - refused here, with everything else
        profile = profiles.chosen(user, order.one("profile"), order.one("dates"))
        asked = _asked_of(order, chosen_tables)
        # Read once: a cohort that is changed meanwhile must not narrow each table by another version.
        cohort = choosing.chosen(user, order.asked)
        selections = tuple(
            select(
                table,
                user,
                asked[table.name],
                profile,
                cohort if choosing.COHORT in asked[table.name] else None,
            )
            for table in chosen_tables
        )
    except ValidationError as error:
        raise invalid(messages_of(error)) from None
    except PermissionDenied as error:
        raise Problem(403, str(error)) from None
    return Plan(order, user, profile, file_format, selections, cohort)


def _tables(order: Order) -> list[Table]:
    known = tables()
    if not order.is_archive:
        table = known.get(order.target)
        if table is None:
            raise Problem(404, f"There is no table “{order.target[:60]}”. Tables: {', '.join(known)}.")
        return [table]
    try:
        given = order.one("tables")
    except ValidationError as error:
        raise invalid(messages_of(error)) from None
    names = [name.strip() for name in given.split(",")] if given else list(known)
    unknown = [name for name in names if name not in known]
    if unknown:
        said = _("“%(value)s” is not one of: %(codes)s.") % {
            "value": unknown[0][:60],
            "codes": ", ".join(known),
        }
        raise invalid({"tables": [said]})
    return [table for name, table in known.items() if name in names]


def _format(order: Order) -> Format:
    name = order.format
    if order.is_archive:
        if order.format != Archive.suffix:
            raise Problem(
                404, f"There is no archive as “{order.format[:20]}”. It is archive.{Archive.suffix}."
            )
        try:
            name = order.one("table_format") or DEFAULT_TABLE_FORMAT
        except ValidationError as error:
            raise invalid(messages_of(error)) from None
    found = FORMATS.get(name)
    if found is None:
        listed = ", ".join(FORMATS)
        if order.is_archive:
            said = _("“%(value)s” is not one of: %(codes)s.") % {"value": name[:20], "codes": listed}
            raise invalid({"table_format": [said]})
        raise Problem(404, f"There is no format “{name[:20]}”. Formats: {listed}.")
    if found.lacking:
        raise Problem(
            501,
            f"{found.label} needs {' and '.join(found.lacking)}, which is not installed here. "
            f"Whoever runs the registry installs it with: pip install spinal-registry[{found.extra}]",
        )
    return found


def _asked_of(order: Order, chosen_tables: Sequence[Table]) -> dict[str, dict[str, list[str]]]:
    """The filters of each table.

    In an archive a filter narrows every table of patients, and is refused where one of them does not know it: a table
    that came out whole would be a surprise. Tables of nobody's rows take what they know.
    """
    asked = order.asked
    if not order.is_archive:
        return {chosen_tables[0].name: asked}
    found: dict[str, dict[str, list[str]]] = {}
    errors: Errors = {}
    for table in chosen_tables:
        known = filters.filterable(table)
        found[table.name] = {name: values for name, values in asked.items() if name in known}
        if table.patient is None and len(chosen_tables) > 1:
            continue
        for name in asked:
            # What none of them knows is named with all that is known, as for a single table.
            if not any(name in filters.filterable(other) for other in chosen_tables):
                found[table.name][name] = asked[name]
            elif name not in known:
                errors.setdefault(name, []).append(
                    _("%(table)s cannot be narrowed by this. Choose the tables with tables=…")
                    % {"table": table.name}
                )
    if errors:
        raise ValidationError(errors)
    return found
