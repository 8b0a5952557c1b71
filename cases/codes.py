"""Code lists of patients, cases and lesions. Stored values are words, never numbers."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Sex(models.TextChoices):
    MALE = "male", _("male")
    FEMALE = "female", _("female")
    OTHER = "other", pgettext_lazy("sex", "other")
    UNKNOWN = "unknown", _("unknown")


class ConsentStatus(models.TextChoices):
    GIVEN = "given", _("given")
    WAIVED = "waived", _("waived by the ethics committee")
    PENDING = "pending", _("pending")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


class CaseStatus(models.TextChoices):
    DRAFT = "draft", _("draft")
    COMPLETE = "complete", _("complete")
    SIGNED = "signed", _("signed")


class DiseaseStatus(models.TextChoices):
    PRIMARY = "primary", _("primary")
    METASTASIS = "metastasis", _("metastasis")
    SYSTEMIC = "systemic", _("systemic")
    BENIGN = "benign", _("benign")


class DatePrecision(models.TextChoices):
    DAY = "day", _("day")
    MONTH = "month", _("month")
    YEAR = "year", _("year")


class BodyHabitus(models.TextChoices):
    UNDERWEIGHT = "underweight", _("underweight")
    NORMAL = "normal", _("normal")
    OVERWEIGHT = "overweight", _("overweight")
    OBESE = "obese", _("obese")


class Indication(models.TextChoices):
    PAIN = "pain", _("pain")
    NEUROLOGIC_DEFICIT = "neurologic_deficit", _("neurologic deficit")
    INSTABILITY = "instability", _("instability")
    BLEEDING_CONTROL = "bleeding_control", _("bleeding control")
    TUMOUR_CONTROL = "tumour_control", _("tumour control")


class AsaClass(models.TextChoices):
    ONE = "asa_1", "I"
    TWO = "asa_2", "II"
    THREE = "asa_3", "III"
    FOUR = "asa_4", "IV"
    FIVE = "asa_5", "V"


class NeuroScale(models.TextChoices):
    FRANKEL = "frankel", "Frankel"
    ASIA = "asia", "ASIA"


class NeuroGrade(models.TextChoices):
    A = "a", "A"
    B = "b", "B"
    C = "c", "C"
    D = "d", "D"
    E = "e", "E"


class VascularImaging(models.TextChoices):
    CTA = "cta", _("CT angiography")
    DCE_MRI = "dce_mri", _("DCE-MRI perfusion")
    DSA = "dsa", _("DSA")
    MRA = "mra", _("MR angiography")


class VascularFinding(models.TextChoices):
    NONE = "none", _("none")
    MALFORMATION = "malformation", _("vascular malformation")
    ANEURYSM = "aneurysm", _("aneurysm")
    UNSTABLE_PLAQUE = "unstable_plaque", _("unstable plaque")
    OTHER = "other", _("other")


class Imaging(models.TextChoices):
    RADIOGRAPHY = "radiography", _("radiography")
    CT = "ct", _("CT")
    MRI = "mri", _("MRI")
    BONE_SCAN = "bone_scan", _("bone scan")
    PET_CT = "pet_ct", _("PET-CT")
    CTA = "cta", _("CT angiography")
    DCE_MRI = "dce_mri", _("DCE-MRI perfusion")
    DSA = "dsa", _("DSA")
    MRA = "mra", _("MR angiography")


class TreatmentKind(models.TextChoices):
    RADIOTHERAPY = "radiotherapy", _("radiotherapy")
    CHEMOTHERAPY = "chemotherapy", _("chemotherapy")
    TARGETED = "targeted", _("targeted therapy")
    HORMONE = "hormone", _("hormone therapy")
    BISPHOSPHONATE = "bisphosphonate", _("bisphosphonate")
    DENOSUMAB = "denosumab", _("denosumab")
    SURGERY = "surgery", _("surgery")
    EMBOLIZATION = "embolization", _("embolization")
    ABLATION = "ablation", _("ablation")
    CEMENTOPLASTY = "cementoplasty", _("cementoplasty")
    OTHER = "other", _("other")


class TreatmentTiming(models.TextChoices):
    BEFORE = "before", _("before")
    AFTER = "after", _("after")


class IntervalUnit(models.TextChoices):
    DAYS = "days", _("days")
    WEEKS = "weeks", _("weeks")
    MONTHS = "months", _("months")
    YEARS = "years", _("years")


#: C1 … S5 in anatomical order, then the regions a paper may name without a level.
VERTEBRAE = tuple(
    [f"C{n}" for n in range(1, 8)]
    + [f"T{n}" for n in range(1, 13)]
    + [f"L{n}" for n in range(1, 6)]
    + [f"S{n}" for n in range(1, 6)]
)
REGIONS = ("coccyx", "sacrum", "pelvis")
LEVELS = VERTEBRAE + REGIONS
REGION_NAMES = {"coccyx": _("coccyx"), "sacrum": _("sacrum"), "pelvis": _("pelvis")}
LEVEL_CHOICES = [(level, REGION_NAMES.get(level, level)) for level in LEVELS]


def level_name(level: str) -> str:
    """A level for the reader: vertebrae are called the same everywhere, regions are not."""
    return str(REGION_NAMES.get(level, level))


class Side(models.TextChoices):
    LEFT = "left", _("left")
    RIGHT = "right", _("right")
    CENTRAL = "central", _("central")
    BILATERAL = "bilateral", _("bilateral")


class RootSide(models.TextChoices):
    LEFT = "left", _("left")
    RIGHT = "right", _("right")
    BILATERAL = "bilateral", _("bilateral")


class VolumeMethod(models.TextChoices):
    SEGMENTATION = "segmentation", _("segmentation")
    ABC2 = "abc2", _("A·B·C/2")
    CT_UNSPECIFIED = "ct_unspecified", _("on CT, method not named")
    MRI_UNSPECIFIED = "mri_unspecified", _("on MRI, method not named")


class BoneLesion(models.TextChoices):
    LYTIC = "lytic", _("lytic")
    MIXED = "mixed", _("mixed")
    BLASTIC = "blastic", _("blastic")


class EpiduralGrade(models.TextChoices):
    G0 = "grade_0", "0"
    G1A = "grade_1a", "1a"
    G1B = "grade_1b", "1b"
    G1C = "grade_1c", "1c"
    G2 = "grade_2", "2"
    G3 = "grade_3", "3"


class NeuralCompression(models.TextChoices):
    NONE = "none", _("none")
    NERVE_ROOT = "nerve_root", _("nerve root")
    CAUDA_EQUINA = "cauda_equina", _("cauda equina")
    SPINAL_CORD = "spinal_cord", _("spinal cord")


class DenisZone(models.TextChoices):
    ALA = "ala", _("zone I, ala")
    FORAMINAL = "foraminal", _("zone II, foraminal")
    CENTRAL = "central", _("zone III, central")


class SinsPain(models.TextChoices):
    MECHANICAL = "mechanical", _("mechanical")
    OCCASIONAL = "occasional", _("occasional, not mechanical")
    NONE = "none", _("none")


class SinsAlignment(models.TextChoices):
    SUBLUXATION = "subluxation", _("subluxation or translation")
    DEFORMITY = "deformity", _("de novo deformity")
    NORMAL = "normal", _("normal")


class SinsCollapse(models.TextChoices):
    # xgettext:no-python-format
    OVER_HALF = "over_half", _("more than 50 % collapse")
    # xgettext:no-python-format
    UNDER_HALF = "under_half", _("less than 50 % collapse")
    # xgettext:no-python-format
    BODY_INVOLVED = "body_involved", _("no collapse, more than 50 % of the body involved")
    NONE = "none", _("none of these")


class SinsPosterolateral(models.TextChoices):
    BILATERAL = "bilateral", _("bilateral")
    UNILATERAL = "unilateral", _("unilateral")
    NONE = "none", _("none")


class SinsClass(models.TextChoices):
    STABLE = "stable", _("stable")
    POTENTIALLY_UNSTABLE = "potentially_unstable", _("potentially unstable")
    UNSTABLE = "unstable", _("unstable")
