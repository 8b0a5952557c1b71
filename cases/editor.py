"""The section editor: which sections a case has, what belongs to each, and how each stands.

Every floor registers its sections and the forms of its records when it starts; this floor draws the page around them
without knowing what a procedure or an assessment is.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from registry.core import limits, policies
from registry.core.codes import MISSING_SUFFIX
from registry.core.forms.record import RecordForm
from registry.core.models import Record
from registry.core.policies import Gap
from registry.core.views import links


class State(models.TextChoices):
    """How a section stands."""

    EMPTY = "empty", _("empty")
    IN_PROGRESS = "in_progress", _("in progress")
    COMPLETE = "complete", _("complete")
    WARNINGS = "warnings", _("values to look at")


#: The section that looks at all others.
REVIEW = "review"


@dataclass(frozen=True)
class Section:
    """One section. ``records`` answers with its records, of a case loaded by ``load``."""

    slug: str
    label: Any
    order: int
    records: Callable[[Case], Iterable[Record]]
    #: Whether anything has been said, where that is more than a value in one of the records.
    begun: Callable[[Case], bool] | None = None


@dataclass(frozen=True)
class Standing:
    """A section of one case: its state, and what is still needed or unusual in it."""

    section: Section
    state: State
    gaps: tuple[Gap, ...] = ()
    unusual: int = 0


_sections: list[Section] = []
_forms: dict[type[Record], type[RecordForm]] = {}
#: (model, field or "") → slug of the section in which it is edited.
_places: dict[tuple[type[Record], str], str] = {}
_prefetches: list[Callable[[], Sequence[Prefetch | str]]] = []
_slots: dict[type[Record], list[Callable[[Any], dict[str, str]]]] = {}
_after: dict[type[Record], list[Callable[[Any, Any, Any, str], None]]] = {}
_contradictions: list[Callable[[Case], list[Gap]]] = []


def register(
    *sections: Section,
    forms: dict[type[Any], type[RecordForm]] | None = None,
    places: dict[tuple[type[Any], str], str] | None = None,
    prefetch: Callable[[], Sequence[Prefetch | str]] | None = None,
    contradictions: Callable[[Case], list[Gap]] | None = None,
) -> None:
    """Called once by each floor when it starts."""
    for section in sections:
        if section.slug not in {known.slug for known in _sections}:
            _sections.append(section)
    _sections.sort(key=lambda section: section.order)
    _forms.update(forms or {})
    _places.update(places or {})
    if prefetch is not None and prefetch not in _prefetches:
        _prefetches.append(prefetch)
    if contradictions is not None and contradictions not in _contradictions:
        _contradictions.append(contradictions)


def register_slots(model: type[Any], slots: Callable[[Any], dict[str, str]]) -> None:
    """Parts of the page, by element id, that are drawn anew when a record of this model has been saved."""
    known = _slots.setdefault(model, [])
    if slots not in known:
        known.append(slots)


def register_after(model: type[Any], follow: Callable[[Any, Any, Any, str], None]) -> None:
    """What follows from a saved record, after its transaction: ``follow(before, record, by, reason)``."""
    known = _after.setdefault(model, [])
    if follow not in known:
        known.append(follow)


def follow_up(before: Record, record: Record, *, by: Any, reason: str) -> None:
    for follow in _after.get(type(record), ()):
        follow(before, record, by, reason)


def sections() -> tuple[Section, ...]:
    return tuple(_sections)


def form_of(model: type[Record]) -> type[RecordForm] | None:
    """The form by which records of this model are edited in a section."""
    return _forms.get(model)


def models_by_name() -> dict[str, type[Record]]:
    return {model._meta.model_name: model for model in _forms}  # type: ignore[misc]


def slots_of(record: Record) -> dict[str, str]:
    found: dict[str, str] = {}
    for draw in _slots.get(type(record), ()):
        found.update(draw(record))
    return found


def load(cases: Any) -> Any:
    """Cases with everything that sections look at, in a fixed number of queries."""
    lookups = [lookup for prefetch in _prefetches for lookup in prefetch()]
    return cases.select_related("patient__publication", "center", "diagnosis").prefetch_related(
        "lesions", "treatments", "patient__cases", *lookups
    )


# -- where a value is edited -----------------------------------------------------------------------------------------


def prefix_of(record: Record) -> str:
    """Begins the names of all form controls of a record."""
    return f"{record._meta.model_name}-{record.uuid}"


def section_of(model: type[Record], field: str = "") -> str:
    """The slug of the section in which a field of the model is edited; empty where there is none."""
    return _places.get((model, field)) or _places.get((model, "")) or ""


def section_url(case: Any, slug: str) -> str:
    return reverse("case-section", args=[case.uuid, slug])


def case_of(patient: Any) -> Case | None:
    """The case in which a patient's own data is edited: the one that is open (``edited_in``), else the latest."""
    opened = getattr(patient, "edited_in", None)
    if opened is not None:
        return opened
    cases = list(patient.cases.all()) if hasattr(patient, "cases") else []
    return max(cases, key=lambda case: case.number) if cases else None


def place_of(record: Record, field: str = "") -> str:
    """The address of a field in the editor; empty for records that no case owns."""
    slug = section_of(type(record), field)
    if not slug:
        return ""
    root: Any = record.aggregate_root()
    if not isinstance(root, Case):
        root = case_of(root)
        if root is None:
            return ""
    form = form_of(type(record))
    shown = form is not None and field.removesuffix(MISSING_SUFFIX) in form.base_fields
    anchor = f"#field-{prefix_of(record)}-{field}" if shown else f"#{prefix_of(record)}"
    return section_url(root, slug) + ("" if isinstance(record, Case) and not shown else anchor)


links.register_place(place_of)


# -- how a case stands -----------------------------------------------------------------------------------------------


def has_content(record: Record) -> bool:
    """Whether anything has been said in a record, be it why a value is missing."""
    form = form_of(type(record))
    if record.missing or form is None:
        return bool(record.missing)
    numbering = (record.numbered_within or ("",))[0]
    columns = {column.name: column.attname for column in record._meta.concrete_fields}
    fixed = {numbering, "time_point", "kind", "lesion", *record.immutable_fields}
    return any(
        getattr(record, columns[name]) not in (None, "")
        for name in form.base_fields
        if name in columns and name not in fixed
    )


def contradictions(case: Case) -> list[Gap]:
    """What contradicts across the records of a case; nothing of it is refused."""
    return [found for look in _contradictions for found in look(case)]


def standings(case: Case) -> list[Standing]:
    """Each section of a loaded case."""
    gaps = policies.gaps(case)
    return [_standing(case, section, gaps) for section in _sections]


def _standing(case: Case, section: Section, gaps: list[Gap]) -> Standing:
    own = tuple(gap for gap in gaps if section_of(type(gap.record), gap.field) == section.slug)
    if section.slug == REVIEW:
        return Standing(section, State.IN_PROGRESS if gaps else State.COMPLETE, tuple(gaps))
    records = list(section.records(case))
    unusual = sum(bool(limits.unconfirmed(record)) for record in records)
    begun = any(has_content(record) for record in records)
    if section.begun is not None:
        begun = begun or section.begun(case)
    if unusual:
        state = State.WARNINGS
    elif not begun:
        state = State.EMPTY
    else:
        state = State.IN_PROGRESS if own else State.COMPLETE
    return Standing(section, state, own, unusual)
