"""Rows become records: each is found among the stored ones or is new, and gets the values of its cells.

Planning writes nothing and asks the database as often for ten rows as for ten thousand. An empty cell leaves a stored
value alone; a missing code takes the value's place.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cases.models import Case, Diagnosis, Patient
from procedures.kinds import KINDS
from procedures.models import Procedure
from registry.core.models import Record
from registry.interchange.importing.findings import Findings, shortened
from registry.interchange.importing.layout import (
    BY_MODEL,
    LAYOUTS,
    Row,
    Target,
    column_name,
    columns_of,
    naming,
)
from registry.interchange.importing.references import Failed, References
from registry.interchange.importing.stored import Stored, copy_of
from registry.interchange.importing.values import missing_code_of, typed


@dataclass
class Item:
    """A record to write and the row it comes from."""

    record: Any
    row: Row
    expected_version: int | None


class Planner(References):
    """The rows of one import on their way to records."""

    def __init__(self, rows: Iterable[Row], centers: Iterable[Any], findings: Findings) -> None:
        super().__init__(findings)
        self.centers = {center.code: center for center in centers}
        for row in rows:
            self.by_table[row.table].append(row)
        self.items: list[Item] = []
        self.diagnoses = self._diagnoses()

    @staticmethod
    def _diagnoses() -> dict[str, Diagnosis]:
        from django.conf import settings
        from django.utils import translation

        found = list(Diagnosis.objects.all())
        words: dict[str, Diagnosis] = {}
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                words |= {str(each).casefold(): each for each in found}
        return words | {each.slug: each for each in found}

    def plan(self) -> list[Item]:
        rows = [row for listed in self.by_table.values() for row in listed]
        self.stored = Stored(rows, list(self.centers.values()))
        for row in rows:
            label = row.cells.get(row.layout.ref_column)
            if label is not None and self.labels.setdefault((row.table, str(label)), row) is not row:
                self._say(
                    row, row.layout.ref_column, _("“%(label)s” stands twice.") % {"label": shortened(label)}
                )
        for table in LAYOUTS:
            for row in self.by_table.get(table, ()):
                try:
                    self.made[id(row)] = self._make(row)
                except Failed:
                    self.made[id(row)] = None
        return self.items

    def _make(self, row: Row) -> Any:
        layout = row.layout
        owners: dict[str, Any] = {}
        stored = self._own(row)
        for reference in layout.references:
            given = reference.field in row.owners or any(name in row.cells for name in naming(reference))
            if stored is not None and not self._names_directly(row, reference):
                continue
            if reference.optional and not self._names_directly(row, reference, numbered=True):
                continue
            if not given and stored is not None:
                continue
            owners[reference.field] = self._referred(row, reference, owners)
        if stored is None and layout.references:
            stored = self._by_key(row, owners)
        record = self._record(row, stored, owners)
        self._check_context(row, record)
        self._fill(row, record)
        if layout.references:
            first = layout.references[0]
            owner = owners.get(first.field)
            if stored is None and owner is not None:
                self.new_below[(layout.name, id(owner))].append(record)
        return record

    # -- the record -----------------------------------------------------------------------------------------------

    def _record(self, row: Row, stored: Any, owners: dict[str, Any]) -> Any:
        layout = row.layout
        if stored is None:
            record: Any = layout.model()
            if layout.model is Patient:
                record.center = self._center(row)
            version = None
        else:
            earlier = self.taken.get((layout.model, stored.pk))
            if earlier is not None:
                raise self._fail(
                    row, "", _("This record stands twice: also in row %(row)s.") % {"row": earlier[1].at}
                )
            record, version = copy_of(stored), stored.version
            self.taken[(layout.model, stored.pk)] = (record, row)
        for name, owner in owners.items():
            if stored is None or getattr(stored, f"{name}_id") != owner.pk:
                setattr(record, name, owner)
        self.items.append(Item(record, row, version))
        return record

    def _center(self, row: Row) -> Any:
        """The centre of a new patient; where it is wrong some other, so that what hangs on it is judged too."""
        code, some = row.cells.get("center"), next(iter(self.centers.values()))
        if code is None and len(self.centers) > 1:
            self._say(
                row, "center", _("Say which centre: %(codes)s.") % {"codes": ", ".join(sorted(self.centers))}
            )
        elif code is not None and str(code).strip() not in self.centers:
            self._say(row, "center", _("No such %(name)s.") % {"name": _("centre")})
        return some if code is None else self.centers.get(str(code).strip(), some)

    def _check_context(self, row: Row, record: Any) -> None:
        """What a row says of its surroundings beyond what it needs must be true."""
        root = record if isinstance(record, Patient | Case) else record.aggregate_root()
        patient = root if isinstance(root, Patient) else root.patient
        code = row.cells.get("center")
        new = isinstance(record, Patient) and record._state.adding
        if code is not None and not new and str(code).strip() != patient.center.code:
            self._say(row, "center", _("The patient belongs to another centre."))
        for column, actual in (("patient_id", patient), ("case_id", root)):
            given = row.cells.get(column)
            if given is None or column == row.layout.id_column or not isinstance(actual, Record):
                continue
            if column == "case_id" and not isinstance(actual, Case):
                continue
            if str(given).strip().lower() != str(actual.uuid):
                self._say(row, column, _("Another column names another record."))

    # -- values ---------------------------------------------------------------------------------------------------

    def _fill(self, row: Row, record: Any) -> None:
        columns = columns_of(row.table).values
        details = None
        for name, cell in row.cells.items():
            target = columns.get(name)
            if target is None or (name == "hospital_number" and row.table != "patients"):
                continue
            if target.kinds:
                kind = record.kind or typed_kind(row)
                if kind not in KINDS:
                    continue  # which is an error of its own
                if kind not in target.kinds:
                    self._say(
                        row,
                        name,
                        _("This column belongs to %(kinds)s only.") % {"kinds": ", ".join(target.kinds)},
                    )
                    continue
                details = details or self._details(row, record)
                self._set(row, details, name, target, cell)
            else:
                self._set(row, record, name, target, cell)
        if (
            details is None
            and isinstance(record, Procedure)
            and record._state.adding
            and record.kind in KINDS
        ):
            self._details(row, record)  # every procedure has them, also where nothing is said yet

    def _details(self, row: Row, procedure: Any) -> Any:
        """The details of the procedure's kind, stored or new."""
        kind = procedure.kind or typed_kind(row)
        model: Any = Procedure._meta.get_field(f"{kind}_details").related_model
        stored = self.stored.details(procedure) if not procedure._state.adding else None
        record = model() if stored is None else copy_of(stored)
        if stored is None:
            record.procedure = procedure
        self.items.append(Item(record, row, None if stored is None else stored.version))
        return record

    def _set(self, row: Row, record: Any, name: str, target: Target, cell: Any) -> None:
        field = target.field
        if target.missing:
            record.missing[field.name] = missing_code_of(cell)
            if f"{name.removesuffix('__missing')}" not in row.cells:
                setattr(record, field.attname, None)  # the reason takes the value's place
            return
        if field.is_relation:
            found = self.diagnoses.get(str(cell).strip().casefold())
            if found is None:
                self._say(
                    row, name, _("“%(value)s” is not on the list of diagnoses.") % {"value": shortened(cell)}
                )
                return
            setattr(record, field.name, found)
        else:
            try:
                value = typed(field, cell)
            except ValidationError as error:
                self._say(row, name, " ".join(error.messages))
                return
            if field.name == row.layout.key:
                value = self._key(type(record), field.name, value)
            setattr(record, field.name, value)
        if f"{name}__missing" not in row.cells:
            record.missing.pop(field.name, None)


def typed_kind(row: Row) -> str:
    """The kind of procedure that a row states, as a code."""
    cell = row.cells.get("kind")
    return "" if cell is None else str(typed(Procedure._meta.get_field("kind"), cell))


def column_of(item: Item, field_name: str) -> str:
    """The column of a field, as the file calls it."""
    layout = item.row.layout
    for reference in layout.references:
        if field_name == reference.field:
            given = [name for name in naming(reference) if name in item.row.cells]
            return item.row.called(given[0] if given else f"{reference.stem}_id")
    model = type(item.record)
    if model not in BY_MODEL and field_name == "procedure":
        return item.row.called("kind")
    return item.row.called(column_name(model, field_name))
