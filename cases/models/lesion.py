"""Lesions of a case, and what is computed from them."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Case as Switch
from django.db.models import F, IntegerField, Q, Value, When
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases import codes
from cases.codes import level_name
from cases.models.case import Case
from registry.core import fields
from registry.core.derived import Derived, Input
from registry.core.expressions import as_float
from registry.core.limits import SoftLimit
from registry.core.models import Record
from registry.core.rules import Between, CodedMissing, OneOf, OnlyOne, Requires, SubsetOf
from registry.core.units import rounded, shown_number

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# -- Spinal Instability Neoplastic Score (Fisher et al. 2010): 0–18 ---------------------------------------------------

_JUNCTIONAL = ("C1", "C2", "C7", "T1", "T2", "T11", "T12", "L1", "L5", "S1")
_MOBILE = ("C3", "C4", "C5", "C6", "L2", "L3", "L4")
_SEMIRIGID = tuple(f"T{n}" for n in range(3, 11))
_RIGID = ("S2", "S3", "S4", "S5")
#: Points by location, most points first: a lesion over several levels counts with its least stable one.
SINS_LOCATION_POINTS = ((3, _JUNCTIONAL), (2, _MOBILE), (1, _SEMIRIGID), (0, _RIGID))

#: Points of each component by its code.
SINS_POINTS: dict[str, dict[str, int]] = {
    "sins_pain": {"mechanical": 3, "occasional": 1, "none": 0},
    "bone_lesion": {"lytic": 2, "mixed": 1, "blastic": 0},
    "sins_alignment": {"subluxation": 4, "deformity": 2, "normal": 0},
    "sins_collapse": {"over_half": 3, "under_half": 2, "body_involved": 1, "none": 0},
    "sins_posterolateral": {"bilateral": 3, "unilateral": 1, "none": 0},
}


def has_level(level: str) -> Q:
    """The lesion reaches this level (``levels`` is a code set, so T1 must not be found in T10)."""
    return (
        Q(levels=level)
        | Q(levels__startswith=f"{level};")
        | Q(levels__endswith=f";{level}")
        | Q(levels__contains=f";{level};")
    )


def _sins_location(lesion: "Lesion") -> int | None:
    levels = set((lesion.levels or "").split(";"))
    return next((points for points, group in SINS_LOCATION_POINTS if levels.intersection(group)), None)


def _sins_inputs(lesion: "Lesion") -> list[Input]:
    """The six components with their points. A level such as “sacrum” is given and yet tells no location."""
    parts = {"levels": _sins_location(lesion)}
    parts |= {name: points.get(getattr(lesion, name) or "") for name, points in SINS_POINTS.items()}
    return [Input(lesion, name, None if points is None else f"+{points}") for name, points in parts.items()]


def _sins_location_sql() -> Any:
    whens = []
    for points, group in SINS_LOCATION_POINTS:
        condition = Q()
        for level in group:
            condition |= has_level(level)
        whens.append(When(condition, then=Value(points)))
    return Switch(*whens, default=Value(None), output_field=IntegerField())


def _sins_score(lesion: "Lesion") -> int | None:
    parts = [_sins_location(lesion)]
    parts += [points.get(getattr(lesion, name) or "") for name, points in SINS_POINTS.items()]
    return None if None in parts else sum(part for part in parts if part is not None)


def _sins_score_sql() -> Any:
    total = _sins_location_sql()
    for name, points in SINS_POINTS.items():
        whens = [When(**{name: code}, then=Value(value)) for code, value in points.items()]
        total = total + Switch(*whens, default=Value(None), output_field=IntegerField())
    return total


def _sins_working(lesion: "Lesion") -> str:
    score = _sins_score(lesion)
    if score is None:
        return ""
    parts = [_sins_location(lesion)]
    parts += [points.get(getattr(lesion, name) or "") for name, points in SINS_POINTS.items()]
    return f"{' + '.join(str(part) for part in parts)} = {score}"


def _sins_class(lesion: "Lesion") -> str | None:
    score = _sins_score(lesion)
    if score is None:
        return None
    return "stable" if score <= 6 else "potentially_unstable" if score <= 12 else "unstable"


def _sins_class_sql() -> Any:
    # Written over the score's own expression so that it stands alone in any annotated queryset.
    from django.db.models.lookups import GreaterThan, LessThanOrEqual

    score = _sins_score_sql()
    return Switch(
        When(LessThanOrEqual(score, Value(6)), then=Value("stable")),
        When(LessThanOrEqual(score, Value(12)), then=Value("potentially_unstable")),
        When(GreaterThan(score, Value(12)), then=Value("unstable")),
        default=Value(None),
        output_field=models.CharField(),
    )


def _denis_zone(lesion: "Lesion") -> str | None:
    if lesion.zone_central:
        return "central"
    if lesion.zone_foraminal:
        return "foraminal"
    return "ala" if lesion.zone_ala else None


def _denis_zone_sql() -> Any:
    return Switch(
        When(zone_central=True, then=Value("central")),
        When(zone_foraminal=True, then=Value("foraminal")),
        When(zone_ala=True, then=Value("ala")),
        default=Value(None),
        output_field=models.CharField(),
    )


def _abc2(lesion: "Lesion") -> float | None:
    axes = (lesion.diameter_longest_mm, lesion.diameter_perpendicular_mm, lesion.diameter_craniocaudal_mm)
    if None in axes:
        return None
    a, b, c = (float(axis) / 10 for axis in axes if axis is not None)
    return a * b * c / 2


def _abc2_inputs(lesion: "Lesion") -> list[Input]:
    """The three diameters, and the measured volume beside them."""
    axes = ("diameter_longest_mm", "diameter_perpendicular_mm", "diameter_craniocaudal_mm")
    return [*(Input(lesion, name) for name in axes), Input(lesion, "volume_ml", needed=False)]


def _abc2_working(lesion: "Lesion") -> str:
    computed = _abc2(lesion)
    if computed is None:
        return ""
    axes = (lesion.diameter_longest_mm, lesion.diameter_perpendicular_mm, lesion.diameter_craniocaudal_mm)
    product = " × ".join(shown_number(float(axis) / 10) for axis in axes if axis is not None)
    return f"{product} / 2 = {shown_number(rounded(computed, 1))} mL"


def _abc2_sql() -> Any:
    a, b, c = (
        as_float(F(name)) / Value(10.0)
        for name in ("diameter_longest_mm", "diameter_perpendicular_mm", "diameter_craniocaudal_mm")
    )
    return a * b * c / Value(2.0)


SINS = _("Spinal Instability Neoplastic Score, Fisher et al., Spine 2010")
DERIVED = (
    Derived(
        "denis_zone",
        _("Denis zone"),
        _("the most medial zone the lesion reaches (Denis 1988): central before foraminal before ala"),
        _denis_zone,
        _denis_zone_sql,
        kind="code",
        codes=tuple(codes.DenisZone.values),
        inputs=("zone_central", "zone_foraminal", "zone_ala"),
    ),
    Derived(
        "abc2_volume_ml",
        _("volume by A·B·C/2"),
        _(
            "ellipsoid, Kothari et al., Stroke 1996: longest × perpendicular × craniocaudal diameter in cm / 2"
        ),
        _abc2,
        _abc2_sql,
        inputs=_abc2_inputs,
        working=_abc2_working,
    ),
    Derived(
        "sins_location_points",
        _("SINS points for location"),
        SINS,
        _sins_location,
        _sins_location_sql,
        inputs=lambda lesion: _sins_inputs(lesion)[:1],
    ),
    Derived(
        "sins_score",
        _("SINS"),
        SINS,
        _sins_score,
        _sins_score_sql,
        inputs=_sins_inputs,
        working=_sins_working,
        graded_by="sins_class",
    ),
    Derived(
        "sins_class",
        _("SINS class"),
        _(
            "Spinal Instability Neoplastic Score, Fisher et al., Spine 2010: "
            "0–6 stable, 7–12 potentially unstable, 13–18 unstable"
        ),
        _sins_class,
        _sins_class_sql,
        kind="code",
        codes=tuple(codes.SinsClass.values),
        inputs=_sins_inputs,
    ),
)


def _volume_differs_from_abc2(lesion: "Lesion") -> "StrOrPromise | None":
    computed = _abc2(lesion)
    if (
        computed is None
        or not lesion.volume_ml
        or abs(float(lesion.volume_ml) - computed) <= 0.2 * float(lesion.volume_ml)
    ):
        return None
    return _("Volume %(volume)s mL differs by more than 20 %% from A·B·C/2 (%(computed)s mL).") % {
        "volume": shown_number(lesion.volume_ml),
        "computed": shown_number(rounded(computed, 1)),
    }


#: What a sacroplasty usually fills; above it a decimal separator may have been left out (68 mL for 6.8).
USUAL_SACRAL_VOLUME_ML = 15
_SACRAL = frozenset({"sacrum", *(level for level in codes.LEVELS if level.startswith("S"))})


def _large_for_the_sacrum(lesion: "Lesion") -> "StrOrPromise | None":
    """A lesion of the sacrum alone; one that reaches beyond it may well be larger."""
    levels = set((lesion.levels or "").split(";")) - {""}
    if not levels or not levels <= _SACRAL or not lesion.volume_ml:
        return None
    if lesion.volume_ml <= USUAL_SACRAL_VOLUME_ML:
        return None
    return _("Lesion volume: %(value)s mL is above the usual %(limit)s mL of a sacral lesion.") % {
        "value": shown_number(lesion.volume_ml),
        "limit": USUAL_SACRAL_VOLUME_ML,
    }


class Lesion(Record):
    """One lesion. Two sides with a volume each are two lesions; adjoining levels may be one."""

    center_path = "case__center"
    numbered_within = ("number", "case")
    immutable_fields = ("case",)
    derived = DERIVED
    soft_limits = (
        SoftLimit("volume_ml", "sacral:15", _large_for_the_sacrum),
        SoftLimit("volume_ml", "abc2:20%", _volume_differs_from_abc2),
    )

    case = models.ForeignKey(
        Case, models.CASCADE, related_name="lesions", verbose_name=_("case"), db_index=False
    )
    number = fields.IntegerField(_("lesion number"), blank=True)
    levels = fields.CodeSetField(_("levels"), codes=codes.LEVEL_CHOICES, null=True, blank=True)
    fractured_levels = fields.CodeSetField(
        _("fractured levels"), codes=codes.LEVEL_CHOICES, null=True, blank=True
    )
    kyphotic_levels = fields.CodeSetField(
        _("levels with kyphosis"), codes=codes.LEVEL_CHOICES, null=True, blank=True
    )
    side = fields.CodeField(_("side"), choices=codes.Side.choices, null=True, blank=True)
    zone_ala = fields.BooleanField(_("zone I (ala)"))
    zone_foraminal = fields.BooleanField(_("zone II (foraminal)"))
    zone_central = fields.BooleanField(_("zone III (central)"))
    volume_ml = fields.DecimalField(_("lesion volume"), decimal_places=2, null=True, blank=True)
    volume_method = fields.CodeField(
        _("volume measured by"), choices=codes.VolumeMethod.choices, null=True, blank=True
    )
    diameter_longest_mm = fields.DecimalField(_("longest diameter"), null=True, blank=True)
    diameter_perpendicular_mm = fields.DecimalField(_("perpendicular diameter"), null=True, blank=True)
    diameter_craniocaudal_mm = fields.DecimalField(_("craniocaudal diameter"), null=True, blank=True)
    bone_lesion = fields.CodeField(_("bone lesion"), choices=codes.BoneLesion.choices, null=True, blank=True)
    cortical_breach = fields.BooleanField(_("cortical boundary exceeded"))
    epidural_grade = fields.CodeField(
        _("epidural grade (ESCC)"), choices=codes.EpiduralGrade.choices, null=True, blank=True
    )
    epidural_extension = fields.BooleanField(_("extension into the canal"))
    neural_compression = fields.CodeSetField(
        _("neural compression"), codes=codes.NeuralCompression.choices, null=True, blank=True
    )
    compressed_root_levels = fields.CodeSetField(
        _("compressed roots"), codes=codes.LEVEL_CHOICES, null=True, blank=True
    )
    compressed_root_side = fields.CodeField(
        _("side of the compressed roots"), choices=codes.RootSide.choices, null=True, blank=True
    )
    foraminal_erosion = fields.BooleanField(_("foraminal erosion"))
    sins_pain = fields.CodeField(_("SINS pain"), choices=codes.SinsPain.choices, null=True, blank=True)
    sins_alignment = fields.CodeField(
        _("SINS alignment"), choices=codes.SinsAlignment.choices, null=True, blank=True
    )
    sins_collapse = fields.CodeField(
        _("SINS collapse"), choices=codes.SinsCollapse.choices, null=True, blank=True
    )
    sins_posterolateral = fields.CodeField(
        _("SINS posterolateral involvement"), choices=codes.SinsPosterolateral.choices, null=True, blank=True
    )

    class Meta:
        verbose_name = _("lesion")
        verbose_name_plural = _("lesions")
        ordering = ["case", "number"]
        constraints = [
            OnlyOne("case", "number", message=_("This case has a lesion of that number.")),
            Between("number", 1, 99),
            SubsetOf("levels", codes.LEVELS),
            SubsetOf("fractured_levels", codes.LEVELS),
            SubsetOf("kyphotic_levels", codes.LEVELS),
            OneOf("side", codes.Side),
            Between("volume_ml", 0, 6000, above=True),
            OneOf("volume_method", codes.VolumeMethod),
            Between("diameter_longest_mm", 0, 400, above=True),
            Between("diameter_perpendicular_mm", 0, 400, above=True),
            Between("diameter_craniocaudal_mm", 0, 400, above=True),
            OneOf("bone_lesion", codes.BoneLesion),
            OneOf("epidural_grade", codes.EpiduralGrade),
            SubsetOf("neural_compression", codes.NeuralCompression, alone="none"),
            SubsetOf("compressed_root_levels", codes.LEVELS),
            OneOf("compressed_root_side", codes.RootSide),
            Requires("compressed_root_side", "compressed_root_levels"),
            OneOf("sins_pain", codes.SinsPain),
            OneOf("sins_alignment", codes.SinsAlignment),
            OneOf("sins_collapse", codes.SinsCollapse),
            OneOf("sins_posterolateral", codes.SinsPosterolateral),
            CodedMissing(
                "levels",
                "fractured_levels",
                "kyphotic_levels",
                "side",
                "zone_ala",
                "zone_foraminal",
                "zone_central",
                "volume_ml",
                "volume_method",
                "diameter_longest_mm",
                "diameter_perpendicular_mm",
                "diameter_craniocaudal_mm",
                "bone_lesion",
                "cortical_breach",
                "epidural_grade",
                "epidural_extension",
                "neural_compression",
                "compressed_root_levels",
                "compressed_root_side",
                "foraminal_erosion",
                "sins_pain",
                "sins_alignment",
                "sins_collapse",
                "sins_posterolateral",
            ),
        ]

    def __str__(self) -> str:
        if self.levels:
            return gettext("lesion %(number)s (%(levels)s)") % {
                "number": self.number,
                "levels": ";".join(level_name(level) for level in self.levels.split(";")),
            }
        return gettext("lesion %(number)s") % {"number": self.number}

    def aggregate_root(self) -> Case:
        return self.case
