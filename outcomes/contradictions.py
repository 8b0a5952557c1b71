"""What contradicts across the records of a case: nothing of it is refused, each is a question for the review.

Every function takes a case loaded by ``cases.editor.load`` and asks the database nothing.
"""

from collections.abc import Iterator
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.codes import DiseaseStatus
from outcomes import codes
from outcomes.models import Assessment, Complication
from outcomes.scores import pain_change
from procedures.codes import Answer
from procedures.scores import filling_percent
from registry.core.codes import MissingCode
from registry.core.policies import Gap
from registry.core.units import shown_number


def of(case: Any) -> list[Gap]:
    """Each contradiction with the field that it is about."""
    return [
        *_diagnosis(case),
        *_procedures(case),
        *_assessments(case),
        *_followup(case),
    ]


# -- diagnosis ---------------------------------------------------------------------------------------------------------

#: Diseases of blood and marrow are systemic wherever they show (ICD-10-CM C81–C96).
_SYSTEMIC = frozenset({"multiple-myeloma", "lymphoma"})
#: Carcinomas and melanoma do not arise in bone: found there, they are metastases.
_NEVER_OF_BONE = ("carcinoma", "melanoma", "unknown-primary")


def _diagnosis(case: Any) -> Iterator[Gap]:
    diagnosis, status = case.diagnosis, case.disease_status
    if diagnosis is None or status is None:
        return
    words = {"diagnosis": str(diagnosis), "status": case.get_disease_status_display()}
    if status == DiseaseStatus.PRIMARY and diagnosis.slug.endswith(_NEVER_OF_BONE):
        yield Gap(
            case,
            "disease_status",
            _("Disease status is “%(status)s”, but %(diagnosis)s in bone is a metastasis.") % words,
        )
    elif diagnosis.slug in _SYSTEMIC and status != DiseaseStatus.SYSTEMIC:
        yield Gap(
            case,
            "disease_status",
            _("Disease status is “%(status)s”, but %(diagnosis)s is a systemic disease.") % words,
        )
    elif status == DiseaseStatus.BENIGN and diagnosis.malignant:
        yield Gap(
            case,
            "disease_status",
            _("Disease status is “%(status)s”, but %(diagnosis)s is malignant.") % words,
        )
    elif status == DiseaseStatus.METASTASIS and diagnosis.malignant is False:
        yield Gap(
            case,
            "disease_status",
            _("Disease status is “%(status)s”, but %(diagnosis)s is benign.") % words,
        )


# -- procedures, leaks and complications -------------------------------------------------------------------------------


def ungraded_leaks(procedure: Any) -> list[Any]:
    """Treated lesions whose cement leak is not among the complications of the procedure."""
    listed = {
        row.lesion_id
        for row in procedure.complications.all()
        if row.kind == codes.ComplicationKind.CEMENT_LEAK
    }
    if None in listed:  # a leak listed without its lesion may be any of them
        return []
    return [
        row
        for row in procedure.treated_lesions.all()
        if row.derived_value("leak") and row.lesion_id not in listed
    ]


def _procedures(case: Any) -> Iterator[Gap]:
    for procedure in case.procedures.all():
        for row in procedure.treated_lesions.all():
            yield from _filling(row)
        yield from _leaks(procedure)
        yield from _graded(procedure)


def _filling(row: Any) -> Iterator[Gap]:
    filling = filling_percent(row)
    if filling is None or filling <= 100 or "cement_diameter_mm" in row.confirmed:
        return
    yield Gap(
        row,
        "cement_diameter_mm",
        _("%(row)s: the cement deposit (%(cement)s mm) is longer than the lesion (%(lesion)s mm).")
        % {
            "row": capfirst(str(row)),
            "cement": shown_number(row.cement_diameter_mm),
            "lesion": shown_number(row.lesion.diameter_longest_mm),
        },
    )


def _leaks(procedure: Any) -> Iterator[Gap]:
    denied = procedure.complications_answered == Answer.NONE
    for row in ungraded_leaks(procedure):
        words = {"procedure": capfirst(str(procedure)), "lesion": str(row.lesion)}
        if denied and row.leak_symptomatic:
            yield Gap(
                procedure,
                "complications_answered",
                _("%(procedure)s: “none” is answered, though the cement leak at %(lesion)s has symptoms.")
                % words,
            )
        elif not (denied and row.leak_symptomatic is False):
            yield Gap(
                procedure,
                "complications",
                _("%(procedure)s: a cement leak at %(lesion)s is recorded, but not graded.") % words,
            )


def _graded(procedure: Any) -> Iterator[Gap]:
    rows: list[Complication] = list(procedure.complications.all())
    leaking = {row.lesion_id: row.leak_symptomatic for row in procedure.treated_lesions.all()}
    for row in rows:
        if row.sir_grade is None and not row.missing.get("sir_grade"):
            yield Gap(row, "sir_grade", _("%(row)s: it has no SIR grade yet.") % {"row": named(row)})
        if row.kind != codes.ComplicationKind.CEMENT_LEAK:
            continue
        recorded = leaking.get(row.lesion_id) if row.lesion_id else None
        if None not in (recorded, row.symptomatic) and recorded != row.symptomatic:
            yield Gap(
                row,
                "symptomatic",
                _("%(row)s: whether it has symptoms is answered differently at the treated lesion.")
                % {"row": named(row)},
            )
    major = [row for row in rows if row.derived_value("major")]
    if procedure.technical_success and major:
        yield Gap(
            procedure,
            "technical_success",
            _(
                "%(procedure)s: technical success means that there was no major complication, but %(row)s is one."
            )
            % {"procedure": capfirst(str(procedure)), "row": str(major[0])},
        )


def named(row: Complication) -> str:
    """A complication with its lesion, as it begins a sentence."""
    if row.lesion_id is None:
        return capfirst(str(row))
    return _("%(complication)s at %(lesion)s") % {"complication": capfirst(str(row)), "lesion": row.lesion}


# -- scores ------------------------------------------------------------------------------------------------------------

#: The registry's own analgesic scale, version 1: step → the WHO class it stands for.
_CLASS_OF_STEP = {
    0: codes.AnalgesicClass.NONE,
    1: codes.AnalgesicClass.NON_OPIOID,
    2: codes.AnalgesicClass.NON_OPIOID,
    3: codes.AnalgesicClass.WEAK_OPIOID,
    4: codes.AnalgesicClass.STRONG_OPIOID,
}


def _assessments(case: Any) -> Iterator[Gap]:
    followup = getattr(case, "followup_status", None)
    alive = getattr(followup, "vital_status", None) == codes.VitalStatus.ALIVE
    for row in case.assessments.all():
        words = {"when": capfirst(str(row))}
        yield from _pain(row, words)
        if alive and (row.kps == 0 or row.ecog == 5):
            name = "kps" if row.kps == 0 else "ecog"
            score = "KPS 0" if row.kps == 0 else "ECOG 5"
            text = _("%(when)s: %(score)s means dead, but the vital status is “alive”.")
            yield Gap(row, name, text % {**words, "score": score})
        derived = row.derived_value("ecog_from_kps")
        if None not in (row.ecog, derived) and abs(row.ecog - derived) > 1:
            text = _("%(when)s: ECOG %(ecog)s and KPS %(kps)s lie far apart (KPS would be ECOG %(derived)s).")
            yield Gap(row, "ecog", text % {**words, "ecog": row.ecog, "kps": row.kps, "derived": derived})
        if row.ambulatory and row.ecog == 4:
            yield Gap(row, "ambulatory", _("%(when)s: ambulatory, but ECOG 4 means bed-bound.") % words)
        yield from _analgesics(row, words)


def _pain(row: Assessment, words: dict[str, str]) -> Iterator[Gap]:
    changed = pain_change(row)
    if changed is None or row.pain_relief is None:
        return
    points, _percent = changed
    numbers = {**words, "change": shown_number(abs(points)), "relief": row.get_pain_relief_display()}
    responds = row.derived_value("responder_points") or row.derived_value("responder_30_percent")
    if row.pain_relief == codes.PainRelief.NONE and responds:
        text = _(
            "%(when)s: pain is %(change)s points lower than at baseline, but pain relief is “%(relief)s”."
        )
        yield Gap(row, "pain_relief", text % numbers)
    elif row.pain_relief in (codes.PainRelief.COMPLETE, codes.PainRelief.PARTIAL) and points >= 0:
        text = _("%(when)s: pain is not lower than at baseline, but pain relief is “%(relief)s”.")
        yield Gap(row, "pain_relief", text % numbers)


def _analgesics(row: Assessment, words: dict[str, str]) -> Iterator[Gap]:
    if row.analgesic_class is None or row.analgesic_scale_version == codes.AnalgesicScaleVersion.AS_PUBLISHED:
        return
    expected = None if row.analgesic_scale is None else _CLASS_OF_STEP.get(int(row.analgesic_scale))
    if expected is not None and expected != row.analgesic_class:
        text = _(
            "%(when)s: step %(step)s of the analgesic scale is “%(expected)s”, but the class is “%(given)s”."
        )
        numbers = {"step": shown_number(row.analgesic_scale), "expected": expected.label}
        yield Gap(
            row, "analgesic_class", text % {**words, **numbers, "given": row.get_analgesic_class_display()}
        )


# -- follow-up ---------------------------------------------------------------------------------------------------------


def _followup(case: Any) -> Iterator[Gap]:
    followup = getattr(case, "followup_status", None)
    dead = followup is not None and (
        followup.vital_status == codes.VitalStatus.DEAD or followup.followup_state == codes.FollowupState.DIED
    )
    if followup is not None:
        yield from _death(followup)
        if followup.local_recurrence and not _dated(followup, "recurrence"):
            yield Gap(
                followup, "recurrence_date", _("Local recurrence: neither a date nor an interval is given.")
            )
    if not dead:
        coded = [row for row in case.assessments.all() if MissingCode.DIED in row.missing.values()]
        if coded:
            yield Gap(
                followup or case,
                "vital_status" if followup else "followup",
                _(
                    "%(when)s: scores are missing because the patient died, but the follow-up status does not say so."
                )
                % {"when": capfirst(str(coded[0]))},
            )
    fatal = [
        row
        for procedure in case.procedures.all()
        for row in procedure.complications.all()
        if row.sir_grade == codes.SirGrade.F
    ]
    if fatal and not dead:
        yield Gap(
            fatal[0],
            "sir_grade",
            _("%(row)s: SIR F means death, but the follow-up status does not say that the patient died.")
            % {"row": named(fatal[0])},
        )
    if followup is not None and followup.death_cause == codes.DeathCause.PROCEDURE and not fatal:
        yield Gap(
            followup,
            "death_cause",
            _("Cause of death is the procedure, but no complication is graded SIR F."),
        )


def _death(followup: Any) -> Iterator[Gap]:
    dead = followup.vital_status == codes.VitalStatus.DEAD
    if dead and not _dated(followup, "death"):
        yield Gap(
            followup, "death_date", _("The patient has died, but neither a date nor an interval is given.")
        )
    if dead and followup.followup_state == codes.FollowupState.UNDER_FOLLOW_UP:
        yield Gap(
            followup, "followup_state", _("The patient has died, but follow-up is still “under follow-up”.")
        )


def _dated(followup: Any, event: str) -> bool:
    """Whether a date or an interval is given, or why there is none."""
    return any(
        getattr(followup, name) is not None or followup.missing.get(name)
        for name in (f"{event}_date", f"{event}_interval_value")
    )
