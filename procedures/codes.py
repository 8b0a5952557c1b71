"""Code lists of procedures."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Kind(models.TextChoices):
    """The four procedures, in the order in which a case's strategy names them."""

    REBOA = "reboa", _("REBOA-assisted resection")
    VERTEBROPLASTY = "vertebroplasty", _("vertebroplasty")
    SACROPLASTY = "sacroplasty", _("sacroplasty")
    RFA = "rfa", _("radiofrequency ablation")


PERCUTANEOUS = (Kind.VERTEBROPLASTY, Kind.SACROPLASTY, Kind.RFA)


class Anesthesia(models.TextChoices):
    LOCAL = "local", _("local")
    LOCAL_WITH_SEDATION = "local_with_sedation", _("local with sedation")
    SPINAL = "spinal", _("spinal")
    GENERAL = "general", _("general")


class Position(models.TextChoices):
    PRONE = "prone", _("prone")
    SUPINE = "supine", _("supine")
    LATERAL = "lateral", _("lateral")


class Guidance(models.TextChoices):
    FLUOROSCOPY = "fluoroscopy", _("fluoroscopy")
    BIPLANE_FLUOROSCOPY = "biplane_fluoroscopy", _("biplane fluoroscopy")
    CT = "ct", _("CT")
    CT_FLUOROSCOPY = "ct_fluoroscopy", _("CT fluoroscopy")
    CONE_BEAM_CT = "cone_beam_ct", _("cone-beam CT")
    ANGIOGRAPHY = "angiography", _("angiography")


class DurationQualifier(models.TextChoices):
    EXACT = "exact", _("exact")
    NEARLY = "nearly", _("nearly")
    APPROXIMATELY = "approximately", _("approximately")
    UP_TO = "up_to", _("up to")


class Answer(models.TextChoices):
    """Whether rows follow: “none” is an answer, no rows alone are not."""

    NONE = "none", _("none")
    PRESENT = "present", _("yes, listed")


class AccessSide(models.TextChoices):
    LEFT = "left", _("left femoral")
    RIGHT = "right", _("right femoral")
    BILATERAL = "bilateral", _("both femoral")


class OcclusionSign(models.TextChoices):
    AORTOGRAPHY = "aortography", _("aortography")
    DORSALIS_PEDIS_PULSE = "dorsalis_pedis_pulse", _("loss of the dorsalis pedis pulse")
    TOE_SPO2 = "toe_spo2", _("loss of the toe SpO₂ signal")
    ARTERIAL_PRESSURE = "arterial_pressure", _("arterial pressure")


class Closure(models.TextChoices):
    SUTURE_MEDIATED = "suture_mediated", _("suture-mediated device")
    PLUG = "plug", _("plug")
    MANUAL = "manual", _("manual compression")
    SURGICAL = "surgical", _("surgical")


class SurgicalApproach(models.TextChoices):
    ANTERIOR = "anterior", _("anterior")
    POSTERIOR = "posterior", _("posterior")
    COMBINED = "combined", _("combined")


class AnteriorRoute(models.TextChoices):
    RETROPERITONEAL = "retroperitoneal", _("retroperitoneal")
    TRANSPERITONEAL = "transperitoneal", _("transperitoneal")


class Resection(models.TextChoices):
    TOTAL_EN_BLOC_SPONDYLECTOMY = "total_en_bloc_spondylectomy", _("total en bloc spondylectomy")
    EN_BLOC = "en_bloc", _("en bloc")
    PIECEMEAL = "piecemeal", _("piecemeal")
    CURETTAGE = "curettage", _("curettage")
    NONE = "none", _("none")


class Margin(models.TextChoices):
    WIDE = "wide", _("wide")
    MARGINAL = "marginal", _("marginal")
    INTRALESIONAL = "intralesional", _("intralesional")


class Reconstruction(models.TextChoices):
    NONE = "none", _("none")
    PEDICLE_SCREWS = "pedicle_screws", _("pedicle screws")
    CAGE = "cage", _("cage")
    BONE_GRAFT = "bone_graft", _("bone graft")
    CEMENT = "cement", _("cement")


class AorticZone(models.TextChoices):
    I = "zone_i", _("zone I")  # noqa: E741
    II = "zone_ii", _("zone II")
    III = "zone_iii", _("zone III")


class Completeness(models.TextChoices):
    COMPLETE = "complete", _("complete")
    PARTIAL = "partial", _("partial")
    INTERMITTENT = "intermittent", _("intermittent")


class CementTechnique(models.TextChoices):
    NEEDLE = "needle", _("needle")
    BALLOON = "balloon", _("balloon")
    RADIOFREQUENCY = "radiofrequency", _("radiofrequency")
    VESSELPLASTY = "vesselplasty", _("vesselplasty")
    SCREW = "screw", _("screw")


class TransarterialTherapy(models.TextChoices):
    NONE = "none", _("none")
    SESSIONS = "sessions", _("yes, sessions listed")


class TransarterialKind(models.TextChoices):
    TAI = "tai", _("TAI (infusion)")
    TACE = "tace", _("TACE (chemoembolization)")
    TAE = "tae", _("TAE (embolization)")


class EmbolicAgent(models.TextChoices):
    GELATIN_SPONGE = "gelatin_sponge", _("gelatin sponge")
    PVA = "pva", _("PVA particles")
    MICROSPHERES = "microspheres", _("microspheres")
    LIPIODOL = "lipiodol", _("Lipiodol")
    COILS = "coils", _("coils")


class NeedleApproach(models.TextChoices):
    TRANSILIAC = "transiliac", _("transiliac")
    INTERPEDICULAR = "interpedicular", _("interpedicular")
    ANTERIOR_OBLIQUE = "anterior_oblique", _("anterior oblique")
    POSTERIOR_SHORT_AXIS = "posterior_short_axis", _("posterior, short axis")
    POSTERIOR_LONG_AXIS = "posterior_long_axis", _("posterior, long axis")
    ANGULATED_SHORT_AXIS = "angulated_short_axis", _("angulated short axis")
    TRANSPEDICULAR = "transpedicular", _("transpedicular")
    PARAPEDICULAR = "parapedicular", _("parapedicular")
    OTHER = "other", pgettext_lazy("approach", "other")


class LeakSite(models.TextChoices):
    NONE = "none", _("none")
    NEUROFORAMEN = "neuroforamen", _("neuroforamen")
    SPINAL_CANAL = "spinal_canal", _("spinal canal")
    SACROILIAC_JOINT = "sacroiliac_joint", _("sacroiliac joint")
    PRESACRAL = "presacral", _("presacral")
    SOFT_TISSUE = "soft_tissue", _("soft tissue")
    VENOUS = "venous", _("venous")
    DISC = "disc", _("disc")
    NEEDLE_TRACT = "needle_tract", _("needle tract")


class AblationCompletion(models.TextChoices):
    TEMPERATURE = "temperature", _("complete by temperature")
    ROLLOFF = "rolloff", _("complete by roll-off")
    NOT_COMPLETE = "not_complete", _("not complete")
