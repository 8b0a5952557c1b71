"""What a draft says of patient, diagnosis, lesions and other treatments."""

from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from cases.codes import REGIONS, TreatmentTiming
from cases.models import Case, Lesion, Treatment
from outcomes.report.phrases import Facts, Joined, Phrase, Sheet, interval, label_within, years

ZONES = ("zone_ala", "zone_foraminal", "zone_central")


def patient_facts(sheet: Sheet, case: Case) -> Facts:
    patient = case.patient
    publication = patient.publication
    return sheet.of(
        patient,
        _("Patient"),
        published=f"{patient.source_label}, {publication.slug}" if publication else "",
    )


def case_facts(sheet: Sheet, case: Case) -> Facts:
    facts = sheet.of(case, _("Diagnosis"))
    facts.more.update(
        age=Phrase(years(case.age_years)) if case.age_years is not None else facts.phrase("age_years"),
        diagnosis_named=_diagnosis(facts, case),
        icd10=", ".join(
            code
            for code in (getattr(case.diagnosis, "icd10", ""), case.derived_value("icd10_secondary"))
            if code
        ),
        neurology=Joined([facts.phrase("neuro_scale"), facts.phrase("neuro_grade")], " ")
        if case.neuro_scale
        else facts.said["neuro_grade"],
    )
    return facts


def _diagnosis(facts: Facts, case: Case) -> Phrase:
    """The diagnosis, with its wording where one was entered beside or instead of the code."""
    worded = facts.said["diagnosis_text"]
    return Joined([facts.phrase("diagnosis"), worded], " – ") if case.diagnosis_id or not worded else worded


def lesion_facts(sheet: Sheet, lesion: Lesion) -> Facts:
    facts = sheet.of(lesion, lesion_name(lesion))
    facts.more.update(
        name=lesion_name(lesion),
        place=place_of(facts, lesion),
        zones=_zones(facts, lesion),
        zones_free=", ".join(label_within(lesion, name) for name in ZONES if getattr(lesion, name) is False),
        sins=_sins(facts),
    )
    return facts


def lesion_name(lesion: Lesion) -> str:
    return _("Lesion %(number)s") % {"number": lesion.number}


def is_sacral(lesion: Lesion) -> bool:
    levels = (lesion.levels or "").split(";")
    return "sacrum" in levels or any(level.startswith("S") for level in levels)


def place_of(facts: Facts, lesion: Lesion) -> Phrase:
    """Levels and side; in the sacrum and the pelvis a lesion without a side is not located."""
    levels = set((lesion.levels or "").split(";"))
    needed = is_sacral(lesion) or bool(levels.intersection(REGIONS))
    return Joined([facts.phrase("levels"), facts.phrase("side") if needed else facts.said["side"]])


def _zones(facts: Facts, lesion: Lesion) -> Phrase:
    """The zones that are reached, then the gap of those of which nothing is known: a zone not named is not “no”."""
    known = [name for name in ZONES if getattr(lesion, name) is not None]
    if not known and not is_sacral(lesion):
        return Phrase("")
    by_reason: dict[str, list[Any]] = {}
    for name in ZONES:
        if name not in known:
            missing = facts.missing(name)
            by_reason.setdefault(missing.reason, []).append(missing)
    reached = [label_within(lesion, name) for name in known if getattr(lesion, name)]
    return Joined([*reached, *(facts.sheet.absent(*group) for group in by_reason.values())])


def _sins(facts: Facts) -> str:
    """The score with its class, once every component is known."""
    if not facts.given("sins_score"):
        return ""
    return f"{facts.phrase('sins_score')} ({facts.phrase('sins_class')})"


def treatments(sheet: Sheet, rows: list[Treatment], timing: str) -> str:
    """The other treatments before or after the index procedure, in one list."""
    return "; ".join(_treatment(sheet, row) for row in rows if row.timing == timing)


def _treatment(sheet: Sheet, row: Treatment) -> str:
    facts = sheet.of(row, capfirst(str(row.get_kind_display())))
    kind, detail = str(facts.phrase("kind")), str(facts.said["detail"])
    what = f"{kind} ({detail})" if detail else kind
    if row.interval_value is None:
        return what
    named = {"what": what, "interval": interval(row.interval_value, row.interval_unit)}
    if row.timing == TreatmentTiming.BEFORE:
        return _("%(what)s %(interval)s before the procedure") % named
    return _("%(what)s %(interval)s after the procedure") % named
