"""Code lists and scales of outcomes."""

from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class TimePoint(models.TextChoices):
    BASELINE = "baseline", _("before the procedure")
    DAY_1 = "day_1", _("day 1")
    DAY_2 = "day_2", _("day 2")
    WEEK_1 = "week_1", _("1 week")
    MONTH_1 = "month_1", _("1 month")
    MONTH_3 = "month_3", _("3 months")
    MONTH_6 = "month_6", _("6 months")
    MONTH_12 = "month_12", _("12 months")
    MONTH_24 = "month_24", _("24 months")
    DISCHARGE = "discharge", _("discharge")
    LAST_FOLLOWUP = "last_followup", _("last follow-up")
    UNSCHEDULED = "unscheduled", _("unscheduled visit")


@dataclass(frozen=True)
class Window:
    """Nominal day after the index procedure and the days that count as on time."""

    day: int
    first: int
    last: int


#: The windows are a judgement of this registry; outside one is unusual, never refused.
WINDOWS = {
    TimePoint.BASELINE: Window(0, -30, 0),
    TimePoint.DAY_1: Window(1, 1, 1),
    TimePoint.DAY_2: Window(2, 2, 3),
    TimePoint.WEEK_1: Window(7, 4, 10),
    TimePoint.MONTH_1: Window(30, 21, 45),
    TimePoint.MONTH_3: Window(91, 70, 120),
    TimePoint.MONTH_6: Window(182, 150, 240),
    TimePoint.MONTH_12: Window(365, 300, 450),
    TimePoint.MONTH_24: Window(730, 640, 820),
}


class PainInstrument(models.TextChoices):
    VAS = "vas", _("VAS (100 mm line, one decimal)")
    NRS = "nrs", _("NRS (whole numbers)")


class AnalgesicScaleVersion(models.TextChoices):
    REGISTRY_1 = "registry_1", _("registry, version 1")
    AS_PUBLISHED = "as_published", _("as published")


class AnalgesicClass(models.TextChoices):
    """The WHO ladder."""

    NONE = "none", _("none")
    NON_OPIOID = "non_opioid", _("non-opioid")
    WEAK_OPIOID = "weak_opioid", _("weak opioid")
    STRONG_OPIOID = "strong_opioid", _("strong opioid")


class PainRelief(models.TextChoices):
    COMPLETE = "complete", _("complete")
    PARTIAL = "partial", _("partial")
    MINOR = "minor", _("minor")
    NONE = "none", _("none")


class BarthelVersion(models.TextChoices):
    ORIGINAL = "original", _("original (steps of 5)")
    SHAH = "shah", _("Shah modification (whole numbers)")


class Satisfaction(models.TextChoices):
    VERY_SATISFIED = "very_satisfied", _("very satisfied")
    SATISFIED = "satisfied", _("satisfied")
    NEUTRAL = "neutral", _("neutral")
    DISSATISFIED = "dissatisfied", _("dissatisfied")
    VERY_DISSATISFIED = "very_dissatisfied", _("very dissatisfied")


class OdiBand(models.TextChoices):
    MINIMAL = "minimal", _("minimal disability")
    MODERATE = "moderate", _("moderate disability")
    SEVERE = "severe", _("severe disability")
    CRIPPLED = "crippled", _("crippled")
    BED_BOUND = "bed_bound", _("bed-bound")


#: The ten sections of the Oswestry Disability Index by topic. The questionnaire's wording is licensed and not kept.
ODI_SECTIONS = (
    ("odi_pain_intensity", _("ODI 1, pain intensity")),
    ("odi_personal_care", _("ODI 2, personal care")),
    ("odi_lifting", _("ODI 3, lifting")),
    ("odi_walking", _("ODI 4, walking")),
    ("odi_sitting", _("ODI 5, sitting")),
    ("odi_standing", _("ODI 6, standing")),
    ("odi_sleeping", _("ODI 7, sleeping")),
    ("odi_sex_life", _("ODI 8, sex life")),
    ("odi_social_life", _("ODI 9, social life")),
    ("odi_travelling", _("ODI 10, travelling")),
)


class ComplicationKind(models.TextChoices):
    CEMENT_LEAK = "cement_leak", _("cement leak")
    RADICULAR_PAIN = "radicular_pain", _("radicular pain")
    NEUROLOGIC_DEFICIT = "neurologic_deficit", _("neurologic deficit")
    BLEEDING = "bleeding", _("bleeding")
    HEMATOMA = "hematoma", _("haematoma")
    PSEUDOANEURYSM = "pseudoaneurysm", _("pseudoaneurysm")
    DISSECTION = "dissection", _("dissection")
    THROMBOSIS = "thrombosis", _("thrombosis")
    EMBOLISM = "embolism", _("embolism")
    LIMB_ISCHEMIA = "limb_ischemia", _("limb ischaemia")
    ACUTE_KIDNEY_INJURY = "acute_kidney_injury", _("acute kidney injury")
    BALLOON_RUPTURE = "balloon_rupture", _("balloon rupture")
    BALLOON_MIGRATION = "balloon_migration", _("balloon migration")
    HYPERTENSION = "hypertension", _("hypertension")
    CARDIAC_EVENT = "cardiac_event", _("cardiac event")
    REPERFUSION_INJURY = "reperfusion_injury", _("reperfusion injury")
    INFECTION = "infection", _("infection")
    WOUND = "wound", _("wound problem")
    THERMAL_INJURY = "thermal_injury", _("thermal injury")
    POST_EMBOLIZATION_SYNDROME = "post_embolization_syndrome", _("post-embolization syndrome")
    FRACTURE = "fracture", _("fracture")
    IMPLANT_FAILURE = "implant_failure", _("implant failure")
    OTHER = "other", _("other")


class SirGrade(models.TextChoices):
    A = "a", _("A: no therapy, no consequence")
    B = "b", _("B: nominal therapy, observation")
    C = "c", _("C: therapy, stay under 48 h")
    D = "d", _("D: major therapy, stay of 48 h or more")
    E = "e", _("E: permanent sequelae")
    F = "f", _("F: death")


class CirseGrade(models.TextChoices):
    G1 = "grade_1", "1"
    G2 = "grade_2", "2"
    G3 = "grade_3", "3"
    G4 = "grade_4", "4"
    G5 = "grade_5", "5"
    G6 = "grade_6", "6"


class ClavienDindo(models.TextChoices):
    I = "grade_i", "I"  # noqa: E741
    II = "grade_ii", "II"
    IIIA = "grade_iiia", "IIIa"
    IIIB = "grade_iiib", "IIIb"
    IVA = "grade_iva", "IVa"
    IVB = "grade_ivb", "IVb"
    V = "grade_v", "V"


class FollowupState(models.TextChoices):
    UNDER_FOLLOW_UP = "under_follow_up", _("under follow-up")
    COMPLETED = "completed", _("completed")
    LOST = "lost", _("lost to follow-up")
    DIED = "died", _("died")


class VitalStatus(models.TextChoices):
    ALIVE = "alive", _("alive")
    DEAD = "dead", _("dead")
    UNKNOWN = "unknown", _("unknown")


class DeathCause(models.TextChoices):
    UNDERLYING_DISEASE = "underlying_disease", _("underlying disease")
    PROCEDURE = "procedure", _("the procedure")
    OTHER = "other", _("other")
    UNKNOWN = "unknown", _("unknown")
