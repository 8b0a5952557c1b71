"""Which record a row means: by its id, by a label, by a number within what it belongs to."""

from collections import defaultdict
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cases.models import Patient
from procedures.models import Procedure
from registry.interchange.importing.findings import Findings, shortened
from registry.interchange.importing.layout import LAYOUTS, Row, naming
from registry.interchange.importing.stored import Stored
from registry.interchange.importing.values import typed


class Failed(Exception):
    """A row that leads to no record. What is to say about it has been said; what depends on it says nothing."""


class References:
    """What the rows of one import lead to: stored records, and those that the import makes."""

    stored: Stored

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.by_table: dict[str, list[Row]] = defaultdict(list)
        self.labels: dict[tuple[str, str], Row] = {}
        #: Row → its record, or ``None`` where it has none.
        self.made: dict[int, Any] = {}
        #: Stored record → the copy that is changed.
        self.taken: dict[tuple[Any, int], tuple[Any, Row]] = {}
        self.new_below: dict[tuple[str, int], list[Any]] = defaultdict(list)
        self._gathered: dict[tuple[str, int], tuple[list[Any], dict[str, list[Any]]]] = {}

    def _say(self, row: Row, column: str, message: str) -> None:
        self.findings.say(row.file, row.at, row.called(column), message)

    def _fail(self, row: Row, column: str, message: str) -> Failed:
        self._say(row, column, message)
        return Failed()

    @staticmethod
    def _names_directly(row: Row, reference: Any, *, numbered: bool = False) -> bool:
        """Whether the row names the other row itself, not only what that belongs to."""
        other = LAYOUTS[reference.table]
        names = [f"{reference.stem}_id", f"{reference.stem}_ref"]
        if numbered and other.key:
            names.append(other.named_key)
        return reference.field in row.owners or any(name in row.cells for name in names)

    def _own(self, row: Row) -> Any:
        """The stored record that the row names by its own id."""
        layout = row.layout
        given = row.cells.get(layout.id_column)
        if given is not None:
            return self._by_id(row, layout.name, layout.id_column, given)
        if layout.model is Patient and "registry_id" in row.cells:
            return self._patient(row)
        return None

    def _by_id(self, row: Row, table: str, column: str, given: Any) -> Any:
        found = self.stored.by_id(LAYOUTS[table].model, given)
        if found is None:
            name = LAYOUTS[table].model._meta.verbose_name
            raise self._fail(row, column, _("No such %(name)s.") % {"name": name})
        return found

    def _patient(self, row: Row) -> Any:
        """A patient by registry id or hospital number; nothing where neither is given."""
        given = row.cells.get("registry_id")
        if given is not None:
            found = self.stored.by_registry_id(str(given))
            if found is None:
                raise self._fail(
                    row, "registry_id", _("No such %(name)s.") % {"name": Patient._meta.verbose_name}
                )
            return found
        number = row.cells.get("hospital_number")
        if number is None or row.table == "patients":
            return None
        patients = self.stored.by_hospital_number(str(number))
        patients += [
            self.made[id(other)]
            for other in self.by_table.get("patients", ())
            if self.made.get(id(other)) is not None
            and self.made[id(other)]._state.adding
            and str(other.cells.get("hospital_number", "")).strip() == str(number).strip()
        ]
        if len(patients) != 1:
            message = (
                _("Several patients have this hospital number. Name the patient by the registry id.")
                if patients
                else _("No such %(name)s.") % {"name": Patient._meta.verbose_name}
            )
            raise self._fail(row, "hospital_number", message)
        return patients[0]

    def _current(self, record: Any) -> Any:
        """The copy that is changed, where a row changes this record."""
        return self.taken.get((type(record), record.pk), (record, None))[0]

    def _referred(self, row: Row, reference: Any, known: dict[str, Any]) -> Any:
        """The record that a reference leads to."""
        if reference.field in row.owners:
            return self._of_row(row.owners[reference.field])
        other = LAYOUTS[reference.table]
        given = row.cells.get(f"{reference.stem}_id")
        if given is not None:
            return self._current(self._by_id(row, reference.table, f"{reference.stem}_id", given))
        label = row.cells.get(f"{reference.stem}_ref")
        if label is not None:
            target = self.labels.get((reference.table, str(label)))
            if target is None:
                raise self._fail(
                    row,
                    f"{reference.stem}_ref",
                    _("No row of %(table)s has the label “%(label)s”.")
                    % {"table": reference.table, "label": shortened(label)},
                )
            return self._of_row(target)
        if other.model is Patient:
            found = self._patient(row)
            if found is None:
                raise self._fail(row, f"{reference.stem}_id", _lacking(reference))
            return self._current(found)
        return self._numbered(row, reference, self._above(row, reference, known))

    def _of_row(self, target: Row) -> Any:
        record = self.made.get(id(target))
        if record is None:
            raise Failed
        return record

    def _above(self, row: Row, reference: Any, known: dict[str, Any]) -> Any:
        """The record that the wanted one belongs to: another reference may have led there already."""
        upper = LAYOUTS[reference.table].references[0]
        for record in known.values():
            if upper.field == "case" and isinstance(record, Procedure):
                return self._current(record.case)
        return self._referred(row, upper, known)

    def _numbered(self, row: Row, reference: Any, owner: Any) -> Any:
        """One of the records of an owner, by its number; without a number the only one."""
        other = LAYOUTS[reference.table]
        rows, by_key = self._below(reference.table, owner)
        column = other.named_key if other.key else ""
        given = row.cells.get(column) if column else None
        if given is not None:
            rows = by_key.get(repr(self._key(other.model, other.key, given)), [])
            if not rows:
                raise self._fail(
                    row, column, _("No such %(name)s.") % {"name": other.model._meta.verbose_name}
                )
        if len(rows) != 1:
            raise self._fail(row, column or f"{reference.stem}_id", _lacking(reference))
        return rows[0]

    def _below(self, table: str, owner: Any) -> tuple[list[Any], dict[str, list[Any]]]:
        """The records of a table beneath an owner, stored ones and those of this import; and the same by their key.

        Gathered once: all rows of a table have been made before a row of another table asks for them.
        """
        known = self._gathered.get((table, id(owner)))
        if known is not None:
            return known
        layout = LAYOUTS[table]
        found = (
            []
            if owner._state.adding
            else [self._current(each) for each in self.stored.below(layout.model, owner)]
        )
        found += self.new_below[(table, id(owner))]
        by_key: dict[str, list[Any]] = defaultdict(list)
        for each in found if layout.key else ():
            by_key[repr(self._key(layout.model, layout.key, getattr(each, layout.key)))].append(each)
        self._gathered[(table, id(owner))] = found, by_key
        return found, by_key

    def _by_key(self, row: Row, owners: dict[str, Any]) -> Any:
        """The stored record that has the row's key within its owner."""
        layout = row.layout
        owner = owners.get(layout.references[0].field)
        if owner is None or owner._state.adding:
            return None
        rows = self.stored.below(layout.model, owner)
        if layout.single:
            return next(iter(rows), None)
        if layout.name == "treated_lesions":
            lesion = owners.get("lesion")
            return next((each for each in rows if lesion is not None and each.lesion_id == lesion.pk), None)
        if not layout.key:
            return None
        given = row.cells.get(layout.key_column)
        if given is None:
            if row.likeliest and layout.name == "procedures":
                same = [each for each in rows if each.kind == row.cells.get("kind")]
                return same[0] if len(same) == 1 else None
            return None
        key = self._key(layout.model, layout.key, given)
        if key in layout.repeatable:
            return None
        return next((each for each in rows if getattr(each, layout.key) == key), None)

    @staticmethod
    def _key(model: Any, name: str, value: Any) -> Any:
        """A key as its field reads it; unread where it cannot be."""
        field = model._meta.get_field(name)
        try:
            return field.read(typed(field, value))
        except ValidationError:
            return value


def _lacking(reference: Any) -> str:
    """What to say where a row does not say, or not clearly, what it belongs to."""
    columns = list(dict.fromkeys(naming(reference)))[:4]
    return _("Say which %(name)s: fill in %(columns)s.") % {
        "name": LAYOUTS[reference.table].model._meta.verbose_name,
        "columns": ", ".join(columns),
    }
