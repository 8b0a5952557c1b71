"""What a document says of one patient, as the records to write: each with its values, missing codes and sources.

Planning writes nothing. It refuses whatever can be judged without the database: unknown fields, values that cannot be
read, values outside the rules of one record, references to rows that the document does not list.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from cases.models import Case, Diagnosis, Lesion, Patient, Treatment
from outcomes.models import Assessment, Complication, FollowUpStatus
from procedures.codes import Kind
from procedures.models import BalloonInflation, Procedure, TreatedLesion
from registry.core.codes import MissingCode
from registry.core.fields import CodeSetField
from registry.core.models import Record
from registry.core.rules import rules_of
from registry.interchange.publication_document import (
    Entry,
    Path_,
    PatientPart,
    ProcedurePart,
    PublicationDocument,
)
from registry.literature.models import Scope

Refuse = Callable[[Path_, str], None]


def details_model(kind: str) -> type[Record]:
    """The model of what only this kind of procedure has."""
    return Procedure._meta.get_field(f"{kind}_details").related_model  # type: ignore[return-value]


def models_of(place: str) -> tuple[type[Record], ...]:
    """The models whose records stand at a place of the document."""
    if place == "details":
        return tuple(details_model(kind) for kind in Kind.values)
    return (
        {
            "patient": Patient,
            "case": Case,
            "lesion": Lesion,
            "treatment": Treatment,
            "procedure": Procedure,
            "treated_lesion": TreatedLesion,
            "balloon_inflation": BalloonInflation,
            "complication": Complication,
            "assessment": Assessment,
            "followup": FollowUpStatus,
        }[place.partition(".")[0]],
    )


#: Fields that the document's structure fills, not an entry.
_STRUCTURE = {
    Case: {"number", "status"},
    Lesion: {"number"},
    Procedure: {"kind", "sequence"},
    BalloonInflation: {"number"},
    Assessment: {"time_point"},
}


@cache
def settable(model: type[Record]) -> dict[str, models.Field]:
    """The fields of a model that a document may give, by name."""
    kept_out = {"missing", *model.identifying_fields, *_STRUCTURE.get(model, ())}
    return {
        f.name: f
        for f in model._meta.concrete_fields
        if f.editable
        and not f.primary_key
        and f.name not in kept_out
        and (not f.is_relation or f.name == "diagnosis")
    }


@dataclass
class Stated:
    """An entry, where it stands in the document, and whether the paper says it of this patient or of all."""

    entry: Entry
    path: Path_
    scope: Scope


@dataclass(eq=False)
class Node:
    """One record to write."""

    model: type[Record]
    place: str
    path: Path_
    key: dict[str, Any] = field(default_factory=dict)
    #: The field that leads to the parent's record; ``also`` leads to others.
    parent: "Node | None" = None
    link_field: str = ""
    also: dict[str, "Node"] = field(default_factory=dict)
    #: Rows without a number of their own are known by their position.
    position: int | None = None
    stated: dict[str, Stated] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    record: Any = None
    failed: bool = False

    @property
    def entry_paths(self) -> dict[str, Path_]:
        return {name: (*stated.path, "value") for name, stated in self.stated.items()}

    @property
    def owned(self) -> list[Any]:
        """The records below this one that the document would have to list, what depends on others first."""
        if self.record.pk is None:
            return []
        if self.model is Case:
            row = self.record
            followup = FollowUpStatus.objects.filter(case=row)
            return [
                row.procedures.all(),
                row.treatments.all(),
                row.assessments.all(),
                followup,
                row.lesions.all(),
            ]
        if self.model is Procedure:
            row = self.record
            return [row.complications.all(), row.treated_lesions.all(), row.balloon_inflations.all()]
        return []

    def find(self) -> None:
        """Take the stored record, or a new one."""
        self.record = self.model()
        for name, value in self.key.items():
            setattr(self.record, name, value)
        above = self.parent.record if self.parent else None
        if above is None or above.pk is None or any(node.record.pk is None for node in self.also.values()):
            return
        rows = self.model._base_manager.filter(
            **{self.link_field: above}, **{name: node.record for name, node in self.also.items()}, **self.key
        ).order_by("pk")
        found = rows[self.position : self.position + 1] if self.position is not None else rows[:1]
        self.record = next(iter(found), self.record)

    def link(self) -> None:
        """Bind a new record to its parents, which have been written by now."""
        if self.record.pk is None and self.parent is not None:
            setattr(self.record, self.link_field, self.parent.record)
            for name, node in self.also.items():
                setattr(self.record, name, node.record)


def plan_patient(document: PublicationDocument, index: int, refuse: Refuse) -> list[Node]:
    """The records of one patient, parents first: the patient and the case, then what belongs to them."""
    part, path = document.patients[index], ("patients", index)
    nodes = list(_nodes(part, path, refuse))
    for node in nodes:
        _settle(node, document, part, path, refuse)
    return nodes


def _nodes(part: PatientPart, path: Path_, refuse: Refuse) -> Iterator[Node]:
    patient = Node(Patient, "patient", (*path, "patient"), {"source_label": part.source_label})
    yield _with(patient, part.patient, (*path, "patient"))
    case = Node(Case, "case", (*path, "case"), {"number": 1}, patient, "patient")
    yield _with(case, part.case, (*path, "case"))
    lesions: dict[int, Node] = {}
    for at, row in enumerate(part.lesions):
        place = (*path, "lesions", at)
        if row.number in lesions:
            refuse((*place, "number"), f"“{row.number}” stands twice.")
        lesions[row.number] = Node(Lesion, "lesion", place, {"number": row.number}, case, "case")
        yield _with(lesions[row.number], row.fields, (*place, "fields"))
    for at, treatment in enumerate(part.treatments):
        place = (*path, "treatments", at)
        node = Node(Treatment, "treatment", place, {}, case, "case", position=at)
        yield _with(node, treatment.fields, (*place, "fields"))
    sequences: set[int] = set()
    for at, procedure in enumerate(part.procedures):
        place = (*path, "procedures", at)
        if procedure.sequence in sequences:
            refuse((*place, "sequence"), f"“{procedure.sequence}” stands twice.")
        sequences.add(procedure.sequence)
        yield from _procedure_nodes(procedure, place, case, lesions, refuse)
    time_points: set[str] = set()
    for at, assessment in enumerate(part.assessments):
        place = (*path, "assessments", at)
        if assessment.time_point in time_points:
            refuse((*place, "time_point"), f"“{assessment.time_point.value}” stands twice.")
        time_points.add(assessment.time_point)
        key = {"time_point": assessment.time_point.value}
        node = Node(Assessment, f"assessment.{assessment.time_point.value}", place, key, case, "case")
        yield _with(node, assessment.fields, (*place, "fields"))
    if part.followup is not None:
        place = (*path, "followup")
        yield _with(Node(FollowUpStatus, "followup", place, {}, case, "case"), part.followup, place)


def _procedure_nodes(
    part: ProcedurePart, path: Path_, case: Node, lesions: dict[int, Node], refuse: Refuse
) -> Iterator[Node]:
    key = {"sequence": part.sequence, "kind": part.kind.value}
    procedure = Node(Procedure, "procedure", path, key, case, "case")
    yield _with(procedure, part.fields, (*path, "fields"))
    details = Node(details_model(part.kind), "details", (*path, "details"), {}, procedure, "procedure")
    yield _with(details, part.details, (*path, "details"))
    for at, inflation in enumerate(part.balloon_inflations):
        place = (*path, "balloon_inflations", at)
        node = Node(
            BalloonInflation, "balloon_inflation", place, {"number": inflation.number}, procedure, "procedure"
        )
        yield _with(node, inflation.fields, (*place, "fields"))
    for at, treated in enumerate(part.treated_lesions):
        place = (*path, "treated_lesions", at)
        if treated.lesion not in lesions:
            refuse((*place, "lesion"), f"This patient has no lesion {treated.lesion}.")
            continue
        also = {"lesion": lesions[treated.lesion]}
        node = Node(TreatedLesion, "treated_lesion", place, {}, procedure, "procedure", also)
        yield _with(node, treated.fields, (*place, "fields"))
    for at, complication in enumerate(part.complications):
        place = (*path, "complications", at)
        node = Node(Complication, "complication", place, {}, procedure, "procedure", position=at)
        yield _with(node, complication.fields, (*place, "fields"))


def _with(node: Node, entries: dict[str, Entry], path: Path_) -> Node:
    node.stated = {name: Stated(entry, (*path, name), Scope.PATIENT) for name, entry in entries.items()}
    return node


#: In place of a field: this code for every field of the place that has no value (a patient who had died by then).
EVERY = "every"

# -- values, missing codes, rules --------------------------------------------------------------------------------------


def check_general(document: PublicationDocument, refuse: Refuse) -> None:
    """What the document says of all patients names fields that some record at that place has."""
    for place, entries in document.for_all.items():
        for name in entries:
            if not any(name in settable(model) for model in models_of(place)):
                refuse(("for_all", place, name), f"is no field of the place “{place}”.")
    _check_missable(("group_only",), document.group_only, refuse)
    for index, part in enumerate(document.patients):
        _check_missable(("patients", index, "group_only"), part.group_only, refuse)
        _check_missable(("patients", index, "missing"), part.missing, refuse)


def _check_missable(path: Path_, by_place: dict[str, Any], refuse: Refuse) -> None:
    for place, names in by_place.items():
        for name in names:
            if name != EVERY and not any(name in model.missable_fields() for model in models_of(place)):
                refuse((*path, place), f"“{name}” takes no missing code at the place “{place}”.")


def _settle(
    node: Node, document: PublicationDocument, part: PatientPart, path: Path_, refuse: Refuse
) -> None:
    """Complete the node: facts stated of all, read values, missing codes; refuse what breaks a rule of the record."""
    places = (node.place.partition(".")[0], node.place)
    codes: dict[str, str] = dict.fromkeys(node.model.missable_fields(), MissingCode.NOT_REPORTED.value)
    for place in dict.fromkeys(places):
        group_only = (*document.group_only.get(place, ()), *part.group_only.get(place, ()))
        codes.update((name, MissingCode.GROUP_ONLY.value) for name in group_only if name in codes)
    every = next(
        (part.missing[place][EVERY] for place in places if EVERY in part.missing.get(place, {})), None
    )
    if every is not None:
        codes = dict.fromkeys(codes, every.value)
    said_missing: dict[str, str] = {}
    for place in dict.fromkeys(places):
        said_missing.update(
            (name, code.value) for name, code in part.missing.get(place, {}).items() if name in codes
        )
    for name in said_missing:
        if name in node.stated:
            refuse((*path, "missing", node.place, name), "has a value as well; only one of them can be true.")
    # Where nothing could be observed of this patient, what is said of all was not observed either.
    for place in dict.fromkeys(places if every is None else ()):
        for name, entry in document.for_all.get(place, {}).items():
            if name in settable(node.model) and name not in node.stated and name not in said_missing:
                node.stated[name] = Stated(entry, ("for_all", place, name), Scope.ALL)
    node.values = dict(node.key)
    for name, model_field in settable(node.model).items():
        node.values[name] = _read(node, name, model_field, refuse)
    for name, stated in node.stated.items():
        if name not in settable(node.model):
            refuse(stated.path, f"is no field of the {node.model._meta.verbose_name}.")
    codes.update(said_missing)
    node.values["missing"] = {name: code for name, code in codes.items() if node.values.get(name) is None}
    _check_rules(node, refuse)


def _read(node: Node, name: str, model_field: models.Field, refuse: Refuse) -> Any:
    stated = node.stated.get(name)
    if (
        stated is not None
        and isinstance(stated.entry.value, list)
        and not isinstance(model_field, CodeSetField)
    ):
        refuse((*stated.path, "value"), f"{model_field.verbose_name}: Enter one value, not a list.")
        return None
    if stated is None and (model_field.null or model_field.has_default()):
        return None if model_field.null else model_field.get_default()
    try:
        if name == "diagnosis":
            return _diagnosis(stated.entry.value if stated else None)
        return model_field.clean(stated.entry.value if stated else None, None)
    except ValidationError as error:
        refuse(
            (*stated.path, "value") if stated else node.path,
            f"{model_field.verbose_name}: {' '.join(error.messages)}",
        )
        return None


def _diagnosis(slug: Any) -> Diagnosis:
    found = Diagnosis.objects.filter(slug=str(slug)).first()
    if found is None:
        raise ValidationError(f"“{slug}” is not on the list of diagnoses.")
    return found


def _check_rules(node: Node, refuse: Refuse) -> None:
    """The rules of one record, asked in Python: all refusals of a file come at once, before anything is written."""
    record = node.model(**node.values)
    for rule in rules_of(node.model):
        try:
            rule.validate(node.model, record)
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                for message in messages:
                    refuse(node.entry_paths.get(name, node.path), message)
