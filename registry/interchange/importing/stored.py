"""What is stored of the patients that an import names, loaded once."""

import copy
import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from cases.identity import lookup_hashes
from cases.models import Patient
from registry.core.family import Family, fetch, in_parts, owner_field
from registry.core.models import Record
from registry.interchange.importing.layout import LAYOUTS, Row


class Stored:
    """The named records of the centres somebody may import into, with their families; nobody else's exist here."""

    def __init__(self, rows: Iterable[Row], centers: list[Any]) -> None:
        self.centers = centers
        named, registry_ids, numbers = _named(rows)
        found: list[Record] = []
        self._by_hash: dict[str, list[Any]] = defaultdict(list)
        for model, ids in named.items():
            path = f"{model.center_path}__in"
            for part in in_parts(ids):
                found += model._base_manager.filter(**{path: centers}, uuid__in=part)
        patients = [p for p in fetch(Patient, "registry_id", registry_ids) if p.center_id in self._center_ids]
        hashes = {
            each for number in numbers for center in centers for each in lookup_hashes(center.pk, number)
        }
        patients += [
            p for p in fetch(Patient, "hospital_number_hash", hashes) if p.center_id in self._center_ids
        ]
        self.family = Family([*found, *patients], lock=False)
        self.family.records = []
        self.family.connect()
        self._by_uuid = {
            (model, row.uuid): row for model, rows_ in self.family.after.items() for row in rows_.values()
        }
        known = self.family.after.get(Patient, {}).values()
        self._by_registry_id = {patient.registry_id: patient for patient in known}
        for patient in known:
            if patient.hospital_number_hash:
                self._by_hash[patient.hospital_number_hash].append(patient)

    @property
    def _center_ids(self) -> set[int]:
        return {center.pk for center in self.centers}

    def by_id(self, model: Any, given: Any) -> Any:
        """The record of a public id, or ``None``; also for what is no id at all."""
        try:
            return self._by_uuid.get((model, uuid.UUID(str(given).strip())))
        except ValueError:
            return None

    def by_registry_id(self, given: str) -> Any:
        return self._by_registry_id.get(given.strip())

    def by_hospital_number(self, number: str) -> list[Any]:
        return [
            patient
            for center in self.centers
            for each in lookup_hashes(center.pk, number)
            for patient in self._by_hash.get(each, ())
        ]

    def below(self, model: Any, owner: Any) -> list[Any]:
        """The stored rows of a model that belong to a stored owner."""
        if not hasattr(self, "_children"):
            self._children: dict[Any, list[Any]] = defaultdict(list)
            for child, rows in self.family.after.items():
                field = owner_field(child)
                for row in rows.values() if field is not None else ():
                    self._children[(child, getattr(row, field.attname))].append(row)
        return self._children.get((model, owner.pk), [])

    def details(self, procedure: Any) -> Any:
        stored = self.family.after[type(procedure)].get(procedure.pk)
        return None if stored is None else stored.details


def _named(rows: Iterable[Row]) -> tuple[dict[Any, set[uuid.UUID]], set[str], set[str]]:
    """Public ids by model, registry ids and hospital numbers that the rows name."""
    models = {layout.id_column: layout.model for layout in LAYOUTS.values()}
    named: dict[Any, set[uuid.UUID]] = defaultdict(set)
    registry_ids: set[str] = set()
    numbers: set[str] = set()
    for row in rows:
        for column, cell in row.cells.items():
            if column in models:
                try:
                    named[models[column]].add(uuid.UUID(str(cell).strip()))
                except ValueError:
                    continue
            elif column == "registry_id":
                registry_ids.add(str(cell).strip())
            elif column == "hospital_number":
                numbers.add(str(cell))
    return named, registry_ids, numbers


def copy_of(stored: Any) -> Any:
    """A copy to change, which shares nothing that changes with the stored one."""
    made = copy.copy(stored)
    made._state = copy.copy(stored._state)
    made._state.fields_cache = {
        name: value for name, value in stored._state.fields_cache.items() if not _is_reverse(stored, name)
    }
    made.__dict__.pop("_prefetched_objects_cache", None)
    made.missing, made.confirmed = dict(stored.missing), dict(stored.confirmed)
    return made


def _is_reverse(record: Any, name: str) -> bool:
    return name not in {field.name for field in record._meta.concrete_fields}
