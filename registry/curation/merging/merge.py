"""The merge itself: one change, through the write door, all of it or nothing."""

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from cases.codes import CaseStatus, ConsentStatus
from cases.identity import lookup_hash
from cases.models import Case, MergedPatient, Patient
from registry.access.scope import may_curate
from registry.core import records
from registry.core.rules import label_of
from registry.curation.merging import hooks
from registry.curation.merging.choosing import FIELDS, SIGNED_FIELDS, Chosen, impossible, said, shown
from registry.curation.merging.seen import changed_since, mark_of

#: A reason for the trial behind the preview: none of it is kept.
TRIAL = "preview"


class Stale(Exception):
    """The patients or their cases have changed since the curator looked. Nothing has been written."""

    def __init__(self, changes: list[str]) -> None:
        self.changes = changes
        super().__init__("; ".join(changes))


@dataclass(frozen=True)
class FieldChange:
    """A field of the survivor, before and after."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Moved:
    """A case with its name at the merged patient and its name at the survivor."""

    case: Case
    before: str
    after: str


@dataclass
class Result:
    """What a merge does."""

    survivor: Patient
    merged: Patient
    mark: str
    fields: list[FieldChange] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    #: What else follows, in sentences.
    followed: list[str] = field(default_factory=list)
    #: What deserves a second look.
    warnings: list[str] = field(default_factory=list)


def preview(a: Patient, b: Patient, chosen: Chosen, by: Any) -> Result:
    """What ``merge`` would do: it is done and taken back. Raises what ``merge`` raises."""
    return records.tried(lambda: merge(a, b, chosen, by=by, reason=TRIAL))


def merge(a: Patient, b: Patient, chosen: Chosen, *, by: Any, reason: str, mark: str | None = None) -> Result:
    """Make one patient of two.

    The survivor takes the chosen fields and all cases; the other is deleted, and what leads to it leads to the
    survivor. ``mark`` is what the curator has seen (``seen.mark_of``). Raises ``Stale``, ``PermissionDenied`` or
    ``ValidationError``; then nothing has been written.
    """
    if not reason.strip():
        raise ValidationError(
            {"reason": ValidationError(_("Say why these two are one patient."), code="reason")}
        )
    with records.together():
        a, b, cases = _locked(a, b)
        if why_not := impossible(a, b):
            raise ValidationError(why_not, code="impossible")
        if not may_curate(by, a.center_id):
            raise PermissionDenied(_("Curators of the centre merge its patients."))
        now = mark_of([a, b, *cases])
        if mark is not None and mark != now:
            raise Stale(changed_since(mark, [a, b, *cases]))
        survivor, merged = (a, b) if chosen.survivor == "a" else (b, a)
        result = Result(survivor, merged, now)
        taken = {name for name in FIELDS if chosen.fields[name] != chosen.survivor}
        _refuse_what_is_signed(survivor, merged, cases, taken)
        result.warnings += _warnings(survivor, merged, taken)
        other_number = survivor.hospital_number if "hospital_number" in taken else merged.hospital_number
        _update(result, taken, by, reason)
        own = [case for case in cases if case.patient_id == survivor.pk]
        if "birth_year" in taken:
            for case in own:
                _of_case(str(case), lambda case=case: _in_place(case, survivor).check_across_rows())
        moving = [case for case in cases if case.patient_id == merged.pk]
        _move(result, own, moving, by, reason)
        result.followed += hooks.follow(hooks.Merger(survivor, merged, tuple(moving), by, reason))
        _take_in(survivor, merged, other_number)
        records.delete(merged, by=by, reason=reason)
    return result


def _locked(a: Patient, b: Patient) -> tuple[Patient, Patient, list[Case]]:
    """Both patients and all their cases as stored, locked until the change ends: cases before patients, each in the
    order of their keys, as deleting a case with its patient locks them.
    """
    keys = sorted({a.pk, b.pk})
    rows = Case.objects.filter(patient__in=keys).order_by("pk")
    locked = list(rows.select_for_update(of=("self",)))
    patients = {
        patient.pk: patient
        for patient in Patient.objects.filter(pk__in=keys).order_by("pk").select_for_update(of=("self",))
    }
    if len(patients) < len(keys):
        raise Stale([_("One of the patients is gone: deleted, or merged already.")])
    if set(rows.values_list("pk", flat=True)) != {case.pk for case in locked}:
        raise Stale([_("A case was added to one of the patients a moment ago.")])
    for case in locked:
        case.patient = patients[case.patient_id]
    return patients[a.pk], patients[b.pk], locked


def _refuse_what_is_signed(survivor: Patient, merged: Patient, cases: list[Case], taken: set[str]) -> None:
    """A signature vouches for sex and year of birth as well: they stay what the signer saw."""
    signed = {case.patient_id for case in cases if case.status == CaseStatus.SIGNED}
    errors = []
    if survivor.pk in signed:
        errors += [
            _("%(label)s: %(patient)s has a signed case, so its value stays. Unsign the case first.")
            % {"label": label_of(Patient, name), "patient": survivor}
            for name in FIELDS
            if name in taken and said(survivor, name) != said(merged, name)
        ]
    if merged.pk in signed:
        errors += [
            _(
                "%(label)s: %(patient)s has a signed case that says “%(value)s”. Choose it, or unsign the case first."
            )
            % {"label": label_of(Patient, name), "patient": merged, "value": shown(merged, name) or "–"}
            for name in SIGNED_FIELDS
            if name not in taken and said(survivor, name) != said(merged, name)
        ]
    if errors:
        raise ValidationError([ValidationError(text, code="signed") for text in dict.fromkeys(errors)])


def _warnings(survivor: Patient, merged: Patient, taken: set[str]) -> list[str]:
    """A consent that somebody has taken back must not come to life unseen."""
    refused = (ConsentStatus.REFUSED, ConsentStatus.WITHDRAWN)
    kept = (merged if "consent_status" in taken else survivor).consent_status
    left = (survivor if "consent_status" in taken else merged).consent_status
    if left in refused and kept not in refused:
        return [
            _("One of the two says that consent is %(status)s. With your choice all cases count in research.")
            % {"status": ConsentStatus(left).label}
        ]
    return []


def _update(result: Result, taken: set[str], by: Any, reason: str) -> None:
    """The survivor says what was chosen."""
    survivor, merged = result.survivor, result.merged
    before = {name: shown(survivor, name) for name in FIELDS}
    missing, confirmed = dict(survivor.missing), dict(survivor.confirmed)
    for name in taken:
        setattr(survivor, name, getattr(merged, name))
        for own, other in ((missing, merged.missing), (confirmed, merged.confirmed)):
            own.pop(name, None)
            if name in other:
                own[name] = other[name]
    survivor.missing, survivor.confirmed = missing, confirmed
    records.save(survivor, by=by, reason=reason, expected_version=survivor.version)
    result.fields = [
        FieldChange(label_of(Patient, name), before[name], after)
        for name in FIELDS
        if (after := shown(survivor, name)) != before[name]
    ]


def _move(result: Result, own: list[Case], moving: list[Case], by: Any, reason: str) -> None:
    """The cases go over in the order of their numbers; a number that the survivor has already is given anew."""
    numbers = {case.number for case in own}
    kept = {case.number for case in moving} - numbers
    for case in sorted(moving, key=lambda case: case.number):
        name = str(case)
        case.patient = result.survivor
        if case.number in numbers:
            case.number = max(numbers | kept) + 1
        numbers.add(case.number)
        _of_case(
            name, lambda case=case: records.move(case, by=by, reason=reason, expected_version=case.version)
        )
        result.moved.append(Moved(case, name, str(case)))


def _in_place(case: Case, patient: Patient) -> Case:
    case.patient = patient
    return case


def _of_case(name: str, act: Any) -> None:
    """What a rule says of a case names the case as the curator knows it."""
    try:
        act()
    except ValidationError as error:
        texts = [f"{name}: {text}" for text in error.messages]
        raise ValidationError(
            {NON_FIELD_ERRORS: [ValidationError(text, code="case") for text in texts]}
        ) from None


def _take_in(survivor: Patient, merged: Patient, other_number: str) -> None:
    """What led to the merged patient, or to those it had taken in itself, leads to the survivor."""
    for earlier in MergedPatient.objects.filter(survivor=merged):
        earlier.survivor = survivor
        earlier.save(update_fields=["survivor"])
    MergedPatient(
        survivor=survivor,
        key=merged.pk,
        uuid=merged.uuid,
        registry_id=merged.registry_id,
        hospital_number=other_number,
        hospital_number_hash=lookup_hash(survivor.center_id, other_number),
    ).save()
