"""The document ``publication/1``: one YAML file per publication, checked as a whole before anything is written.

A file says what a paper prints: the series and its arms, every group value, the series it cites, and each patient with
the words and the place of every value. ``read`` answers with the document and the line of every value in it, or raises
``Refused`` with all that is wrong, each with file, line and field.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from django.core.exceptions import ValidationError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator
from pydantic import ValidationError as Invalid

from outcomes.codes import TimePoint
from procedures.codes import Kind
from registry.core.codes import MissingCode
from registry.core.reading import read_decimal, refuse_nul
from registry.literature.models import Origin, PeriodUnit, Qualifier, Statistic, UnitOfAnalysis
from registry.literature.printed_tables import PrintedTable

Path_ = tuple[str | int, ...]

#: Decimals of a reported value.
VALUE_PLACES = 6


# -- what is wrong, and where -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a document: its line (counted from 1), the field's path, and what is wrong."""

    line: int
    field: str
    message: str


class Refused(Exception):
    """A document that cannot be loaded. Nothing of it has been written."""

    def __init__(self, path: Path, problems: list[Problem]) -> None:
        self.path = path
        self.problems = sorted(problems, key=lambda problem: (problem.line, problem.field))
        super().__init__(
            "\n".join(
                f"{path}:{problem.line}: {problem.field}: {problem.message}" for problem in self.problems
            )
        )


def field_name(path: Path_) -> str:
    """``patients[2].case.age_years``"""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "document"


# -- the shape of a document ------------------------------------------------------------------------------------------

Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=0)]


class Part(BaseModel):
    """Common ground: no key that is not declared."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Entry(Part):
    """One value of a patient, with the words that print it and where they stand."""

    value: Any
    printed: Text
    location: Text
    qualifier: Qualifier = Qualifier.EXACT

    @field_validator("value")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        for item in value if isinstance(value, list) else [value]:
            if not isinstance(item, str | int | float | bool):
                raise ValueError("Enter a text, a number, yes or no, or a list of codes.")
        return value


Entries = dict[str, Entry]


class PublicationPart(Part):
    slug: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: Text
    authors: Annotated[list[Text], Field(min_length=1)]
    journal: Text
    year: int
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    doi: str | None = None
    design: str | None = None
    enrolment_from: str | None = None
    enrolment_to: str | None = None
    language: str | None = None
    licence: str | None = None
    notes: str | None = None


class CenterPart(Part):
    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,20}$")]
    name: Text
    city: str = ""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class ArmPart(Part):
    code: Annotated[str, Field(min_length=1, max_length=10)]
    label: Text
    kinds: list[Kind] = []
    patients: Count | None = None
    lesions: Count | None = None


class ReportedValuePart(Part):
    """One number of a group. ``value`` is a text so that the printed decimals survive."""

    arm: str | None = None
    variable: Text
    category: str | None = None
    time_point: TimePoint | None = None
    statistic: Statistic
    value: Text
    denominator: Count | None = None
    qualifier: Qualifier = Qualifier.EXACT
    comparison: str | None = None
    test: str | None = None
    unit: str | None = None
    unit_of_analysis: UnitOfAnalysis
    location: Text
    origin: Origin
    printed: Text

    @field_validator("value")
    @classmethod
    def _number(cls, value: str) -> str:
        try:
            read_decimal(value, VALUE_PLACES)
        except ValidationError as error:
            raise ValueError(" ".join(error.messages)) from None
        return value


class CitedSeriesPart(Part):
    order: Annotated[int, Field(ge=1)]
    authors_as_printed: Text
    reference_no: Annotated[int, Field(ge=1)] | None = None
    patients: Count | None = None
    primary_tumours: str = ""
    followup: str = ""
    followup_min: Decimal | None = None
    followup_max: Decimal | None = None
    followup_unit: PeriodUnit | None = None
    pain_reduction: bool | None = None
    location: Text


class LesionPart(Part):
    number: Annotated[int, Field(ge=1)]
    fields: Entries = {}


class TreatmentPart(Part):
    fields: Entries


class TreatedLesionPart(Part):
    lesion: Annotated[int, Field(ge=1)]
    fields: Entries = {}


class InflationPart(Part):
    number: Annotated[int, Field(ge=1)]
    fields: Entries = {}


class ComplicationPart(Part):
    fields: Entries


class ProcedurePart(Part):
    kind: Kind
    sequence: Annotated[int, Field(ge=1)] = 1
    fields: Entries = {}
    details: Entries = {}
    treated_lesions: list[TreatedLesionPart] = []
    balloon_inflations: list[InflationPart] = []
    complications: list[ComplicationPart] = []


class AssessmentPart(Part):
    time_point: TimePoint
    fields: Entries = {}


#: The places of a patient's records, of which ``for_all``, ``group_only`` and ``missing`` speak. The place of an
#: assessment is ``assessment.<time point>``, or ``assessment`` for every time point.
PLACES = (
    "patient",
    "case",
    "lesion",
    "treatment",
    "procedure",
    "details",
    "treated_lesion",
    "balloon_inflation",
    "complication",
    "assessment",
    "followup",
)


def _known_place(place: str) -> str:
    head, _dot, time_point = place.partition(".")
    if head not in PLACES or (time_point and (head != "assessment" or time_point not in TimePoint.values)):
        raise ValueError(f"is none of the places: {', '.join(PLACES)}, assessment.<time point>.")
    return place


Place = Annotated[str, AfterValidator(_known_place)]


class PatientPart(Part):
    source_label: Text
    patient: Entries = {}
    case: Entries = {}
    lesions: list[LesionPart] = []
    treatments: list[TreatmentPart] = []
    procedures: list[ProcedurePart] = []
    assessments: list[AssessmentPart] = []
    followup: Entries | None = None
    group_only: dict[Place, list[str]] = {}
    missing: dict[Place, dict[str, MissingCode]] = {}


class PublicationDocument(Part):
    """One publication: its series, its group values and its patients."""

    format: Literal["publication/1"]
    publication: PublicationPart
    center: CenterPart
    arms: list[ArmPart] = []
    reported_values: list[ReportedValuePart] = []
    cited_series: list[CitedSeriesPart] = []
    tables: list[PrintedTable] = []
    #: Facts stated of every patient: put on each matching record that has no entry of its own.
    for_all: dict[Place, Entries] = {}
    #: What the paper gives for the group alone, of all patients without an entry of their own.
    group_only: dict[Place, list[str]] = {}
    patients: list[PatientPart] = []


# -- reading a file ---------------------------------------------------------------------------------------------------


class _Loader(yaml.SafeLoader):
    """Plain YAML: no tags that build objects, no aliases that multiply."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise yaml.composer.ComposerError(None, None, "aliases are not accepted", event.start_mark)
        return super().compose_node(parent, index)


class Source:
    """A file as text with the line of every value in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data: Any = None
        self._root: yaml.Node | None = None
        try:
            text = refuse_nul(path.read_bytes().decode("utf-8"))
            loader = _Loader(text)
            try:
                self._root = loader.get_single_node()
                if self._root is not None:
                    repeated = list(_repeated_keys(self._root, ()))
                    if repeated:
                        raise Refused(path, repeated)
                    self.data = loader.construct_document(self._root)
            finally:
                loader.dispose()
        except OSError as error:
            raise Refused(path, [Problem(0, "document", f"cannot be read: {error.strerror}.")]) from None
        except UnicodeDecodeError as error:
            raise Refused(path, [Problem(0, "document", f"is not UTF-8 text: {error.reason}.")]) from None
        except ValidationError as error:
            raise Refused(path, [Problem(0, "document", " ".join(error.messages))]) from None
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise Refused(path, [_syntax_problem(error)]) from None

    def line(self, path: Path_) -> int:
        """The line of a value, or of the nearest thing around it that stands in the file."""
        node = self._root
        line = node.start_mark.line + 1 if node is not None else 1
        for part in path:
            if isinstance(node, yaml.MappingNode):
                found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
                if found is None:
                    continue
                line, node = found[0].start_mark.line + 1, found[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                line = node.start_mark.line + 1
            else:
                break
        return line

    def problem(self, path: Path_, message: str) -> Problem:
        return Problem(self.line(path), field_name(path), message)


def _syntax_problem(error: Exception) -> Problem:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error) or type(error).__name__
    return Problem(mark.line + 1 if mark else 0, "document", f"is not valid YAML: {what}.")


def _repeated_keys(node: yaml.Node, path: Path_) -> Iterator[Problem]:
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield from _repeated_keys(child, (*path, index))
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, child in node.value:
            if str(key.value) in seen:
                yield Problem(key.start_mark.line + 1, field_name((*path, str(key.value))), "stands twice.")
            seen.add(str(key.value))
            yield from _repeated_keys(child, (*path, str(key.value)))


def read(path: Path) -> tuple[PublicationDocument, Source]:
    """The document in a file. Raises ``Refused`` with everything that its shape has wrong."""
    source = Source(path)
    try:
        document = PublicationDocument.model_validate(source.data)
    except Invalid as error:
        problems = [
            source.problem(tuple(part for part in found["loc"] if part != "[key]"), _sentence(found))
            for found in error.errors(include_url=False)
        ]
        raise Refused(path, problems) from None
    return document, source


def _sentence(found: Any) -> str:
    if found["type"] == "extra_forbidden":
        return "is not a field of this document."
    if found["type"] == "missing":
        return "is missing."
    text = str(found["msg"]).removeprefix("Value error, ")
    return text if text.endswith(".") else f"{text}."
