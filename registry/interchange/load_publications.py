"""Loads the publications of ``fixtures/publications`` through the write door.

One transaction per file: a file is loaded as a whole or refused as a whole, with everything that is wrong about it at
once. Loading a file again writes nothing; a changed file updates the records it changes and leaves history. Of a
published patient every value has a ``SourceValue``, and every field without a value a missing code.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError

from cases.models import Patient
from procedures.models import Ablation
from registry.access.models import Center
from registry.core import limits, records
from registry.core.actors import System
from registry.core.models import Record
from registry.interchange import reported_rows
from registry.interchange.code_lists import load_diagnoses
from registry.interchange.patient_plan import Node, check_general, models_of, plan_patient, settable
from registry.interchange.publication_document import (
    PLACES,
    Path_,
    Problem,
    PublicationDocument,
    Refused,
    Source,
    read,
)
from registry.interchange.table_check import check_tables
from registry.literature.models import CitedSeries, Publication, ReportedValue, SourceValue, StudyArm
from registry.literature.names import NAMES

FOLDER = settings.BASE_DIR / "fixtures" / "publications"
LOADER = System("load_publications")
#: Why a value outside a soft limit stands: the paper prints it.
AS_PRINTED = "as printed"


def load(path: Path) -> Counter[str]:
    """Load one file; answers with how many records were created, updated, deleted and left unchanged.

    Raises ``Refused`` with every problem; then nothing of the file has been written.
    """
    document, source = read(path)
    load_diagnoses()
    loading = _Loading(document, source)
    loading.check()
    loading.stop_if_refused()
    with records.together():
        loading.write()
        loading.stop_if_refused()
    return loading.counts


class _Loading:
    """One file on its way into the registry."""

    def __init__(self, document: PublicationDocument, source: Source) -> None:
        self.document, self.source = document, source
        self.problems: set[Problem] = set()
        self.counts: Counter[str] = Counter(created=0, updated=0, deleted=0, unchanged=0)
        self.reason = f"{source.path.name} loaded"
        self.plans: list[list[Node]] = []

    def refuse(self, path: Path_, message: str) -> None:
        self.problems.add(self.source.problem(path, message))

    def refuse_all(
        self, error: ValidationError, path: Path_, entries: dict[str, Path_] | None = None
    ) -> None:
        """The messages of a refusal, each at the entry of its field if there is one."""
        by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for field, messages in by_field.items():
            for message in messages:
                self.refuse((entries or {}).get(field, path), message)

    def stop_if_refused(self) -> None:
        if self.problems:
            raise Refused(self.source.path, list(self.problems))

    # -- before anything is written ---------------------------------------------------------------------------------

    def check(self) -> None:
        """Everything that can be said without writing: references inside the document, and each value by itself."""
        document = self.document
        arms = {arm.code for arm in document.arms}
        self._once(("arms",), [arm.code for arm in document.arms], "code")
        self._once(("cited_series",), [row.order for row in document.cited_series], "order")
        self._once(("patients",), [row.source_label for row in document.patients], "source_label")
        variables = known_variables()
        for index, row in enumerate(document.reported_values):
            if row.arm is not None and row.arm not in arms:
                self.refuse(("reported_values", index, "arm"), f"“{row.arm}” is no arm of this publication.")
            if row.variable not in variables:
                self.refuse(
                    ("reported_values", index, "variable"),
                    f"“{row.variable}” is neither a column of the registry nor a registered name.",
                )
        if Center.objects.filter(code=document.center.code).exclude(kind=Center.Kind.PUBLISHED).exists():
            self.refuse(("center", "code"), f"“{document.center.code}” is the code of a clinical centre.")
        check_general(document, self.refuse)
        check_tables(document, self.refuse)
        for index in range(len(document.patients)):
            self.plans.append(plan_patient(document, index, self.refuse))

    def _once(self, path: Path_, keys: Iterable[Any], name: str) -> None:
        seen = set()
        for index, key in enumerate(keys):
            if key in seen:
                self.refuse((*path, index, name), f"“{key}” stands twice.")
            seen.add(key)

    # -- writing ----------------------------------------------------------------------------------------------------

    def write(self) -> None:
        document = self.document
        center = self._center()
        tables = [table.model_dump(mode="json", exclude_defaults=True) for table in document.tables]
        fields = {**document.publication.model_dump(), "tables": tables}
        publication = Publication.objects.filter(slug=document.publication.slug).first() or Publication()
        self.save(
            publication,
            {name: "" if value is None else value for name, value in fields.items()},
            ("publication",),
        )
        if publication.pk is None:
            return
        arms = self._arms(publication)
        self._reported_values(publication, arms)
        self._cited_series(publication)
        self._remove_arms(publication)
        self._remove_patients(publication)
        sources = _Sources(publication)
        for plan in self.plans:
            self._patient(publication, center, plan, sources)
        self._source_values(publication, sources)

    def _center(self) -> Center:
        values = {**self.document.center.model_dump(exclude={"code"}), "kind": Center.Kind.PUBLISHED}
        return Center.objects.update_or_create(code=self.document.center.code, defaults=values)[0]

    def save(
        self, record: Record, values: dict[str, Any], path: Path_, entries: dict[str, Path_] | None = None
    ) -> bool:
        """Write a record if it is new or differs; ``False`` if it was refused.

        ``entries`` says where the document gives each field; without it they stand under ``path`` by their names.
        """
        new = record.pk is None
        changed = [name for name, value in values.items() if getattr(record, name) != value]
        if not new and not changed:
            self.counts["unchanged"] += 1
            return True
        for name in values if new else changed:
            setattr(record, name, values[name])
        try:
            records.save(record, by=LOADER, reason=self.reason, confirm=_every_crossing(record))
        except ValidationError as error:
            self.refuse_all(
                error, path, {name: (*path, name) for name in values} if entries is None else entries
            )
            return False
        self.counts["created" if new else "updated"] += 1
        return True

    def delete(self, record: Record) -> None:
        records.delete(record, by=LOADER, reason=self.reason)
        self.counts["deleted"] += 1

    # -- the series -------------------------------------------------------------------------------------------------

    def _arms(self, publication: Publication) -> dict[str, StudyArm]:
        known = {arm.code: arm for arm in publication.arms.all()}
        for index, part in enumerate(self.document.arms):
            arm = known.setdefault(part.code, StudyArm(publication=publication))
            values = {**part.model_dump(), "kinds": ";".join(part.kinds)}
            self.save(arm, values, ("arms", index))
        return known

    def _remove_arms(self, publication: Publication) -> None:
        codes = {part.code for part in self.document.arms}
        for arm in publication.arms.exclude(code__in=codes):
            self.delete(arm)

    def _reported_values(self, publication: Publication, arms: dict[str, StudyArm]) -> None:
        rows, stale = reported_rows.match(publication, self.document.reported_values, arms)
        for record in stale:
            self.delete(record)
        for row in reported_rows.in_free_order(rows, self._park):
            self.save(row.record, row.values, ("reported_values", row.index))

    def _park(self, record: ReportedValue, order: int) -> None:
        record.order = order
        records.save(record, by=LOADER, reason=self.reason)

    def _cited_series(self, publication: Publication) -> None:
        known: dict[int, CitedSeries] = {row.order: row for row in publication.cited_series.all()}
        for index, part in enumerate(self.document.cited_series):
            values = part.model_dump()
            row = known.pop(part.order, None)
            self.save(row or CitedSeries(publication=publication), values, ("cited_series", index))
        for stale in known.values():
            self.delete(stale)

    # -- the patients -----------------------------------------------------------------------------------------------

    def _patient(
        self, publication: Publication, center: Center, plan: list[Node], sources: "_Sources"
    ) -> None:
        """Write the records of one patient; the case is a draft while they change and complete afterwards."""
        patient, case = plan[0], plan[1]
        patient.record = publication.published_patients.filter(
            source_label=patient.key["source_label"]
        ).first() or Patient(publication=publication, center=center, **patient.key)
        for node in plan[1:]:
            node.find()
        stale = list(_stale(plan))
        rebuilt = bool(stale) or any(node.record.pk is None for node in plan)
        if rebuilt and case.record.pk is not None and case.record.status != "draft":
            case.record.status = "draft"
            records.save(case.record, by=LOADER, reason=self.reason)
        for record in stale:
            self.delete(record)
        before = self.counts["created"] + self.counts["updated"] + self.counts["deleted"]
        for node in plan:
            if node.parent is not None and node.parent.failed:
                node.failed = True
                continue
            node.link()
            node.failed = not self.save(node.record, node.values, node.path, node.entry_paths)
            if not node.failed:
                sources.note(node)
        if any(node.failed for node in plan):
            return
        if before != self.counts["created"] + self.counts["updated"] + self.counts["deleted"]:
            self._confirm(plan)
        self._complete(case)

    def _confirm(self, plan: list[Node]) -> None:
        """Limits that look at other records can be judged only now that all of them are there."""
        for node in plan:
            record = type(node.record)._base_manager.get(pk=node.record.pk)
            crossed = _every_crossing(record)
            if any(field not in record.confirmed for field in crossed):
                records.save(record, by=LOADER, reason=self.reason, confirm=crossed)
            node.record = record

    def _complete(self, case: Node) -> None:
        if case.record.status != "draft":
            return
        case.record.status = "complete"
        try:
            records.save(case.record, by=LOADER, reason=self.reason)
        except ValidationError as error:
            self.refuse_all(error, case.path)

    def _remove_patients(self, publication: Publication) -> None:
        labels = {part.source_label for part in self.document.patients}
        for patient in publication.published_patients.exclude(source_label__in=labels):
            for case in patient.cases.all():
                case.status = "draft"
                records.save(case, by=LOADER, reason=self.reason)
                # What was treated goes before the lesions, which it protects.
                for procedure in case.procedures.all():
                    self.delete(procedure)
                self.delete(case)
            self.delete(patient)

    def _source_values(self, publication: Publication, sources: "_Sources") -> None:
        known = {
            (row.content_type_id, row.object_id, row.field): row for row in publication.source_values.all()
        }
        for key, (values, path) in sources.wanted.items():
            content_type_id, object_id, field = key
            row = known.pop(key, None) or SourceValue(
                publication=publication, content_type_id=content_type_id, object_id=object_id, field=field
            )
            self.save(row, values, path)
        for stale in known.values():
            self.delete(stale)


class _Sources:
    """Where the values of this publication's patients are printed, as the document says."""

    def __init__(self, publication: Publication) -> None:
        self.publication = publication
        self.wanted: dict[tuple[int, int, str], tuple[dict[str, Any], Path_]] = {}

    def note(self, node: Node) -> None:
        content_type = ContentType.objects.get_for_model(type(node.record))
        for field, stated in node.stated.items():
            self.wanted[(content_type.pk, node.record.pk, field)] = (
                {
                    "location": stated.entry.location,
                    "printed": stated.entry.printed,
                    "qualifier": stated.entry.qualifier.value,
                    "scope": stated.scope.value,
                },
                stated.path,
            )


def _every_crossing(record: Record) -> dict[str, str]:
    return {crossing.field: AS_PRINTED for crossing in limits.crossings(record)}


def _stale(plan: list[Node]) -> Iterator[Record]:
    """Records of this patient that the document no longer lists, what depends on others first."""
    for node in reversed(plan):
        for rows in node.owned:
            kept = {other.record.pk for other in plan if other.model is rows.model}
            yield from (record for record in rows if record.pk not in kept)


@cache
def known_variables() -> frozenset[str]:
    """What a reported value may be about: the columns and derived values of the registry, and the registered names."""
    clinical = [model for place in PLACES for model in models_of(place)] + [Ablation]
    columns = {name for model in clinical for name in settable(model)}
    derived = {value.name for model in clinical for value in model.derived}
    return frozenset(columns | derived | set(NAMES))


def paths_of(names: Iterable[str]) -> list[Path]:
    """The files meant by slugs or paths; all of ``fixtures/publications`` if none is named."""
    chosen = [Path(name) if name.endswith((".yaml", ".yml")) else FOLDER / f"{name}.yaml" for name in names]
    return chosen or sorted(FOLDER.glob("*.yaml"))
