"""What only one kind of procedure has: a one-to-one row per kind."""

from typing import TYPE_CHECKING, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from procedures import codes
from procedures.models.procedure import Procedure
from registry.core import fields
from registry.core.limits import SoftLimit, usual
from registry.core.models import Record
from registry.core.rules import Between, CodedMissing, OneOf, OnlyWhen, SubsetOf
from registry.core.units import shown_number

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Details(Record):
    """Common ground of the details rows."""

    center_path = "procedure__case__center"
    immutable_fields = ("procedure",)
    kind: ClassVar[codes.Kind]

    procedure: models.OneToOneField

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return gettext("%(kind)s: details") % {"kind": self.kind.label}

    def aggregate_root(self) -> Case:
        return self.procedure.case

    def check_across_rows(self) -> None:
        if self.procedure.kind != self.kind:
            raise ValidationError(
                {
                    "procedure": _("Procedure: is a %(kind)s and takes no %(own)s details.")
                    % {"kind": self.procedure.get_kind_display(), "own": self.kind.label}
                }
            )


def _aneurysm(details: "ReboaDetails") -> "StrOrPromise | None":
    diameter = details.aortic_diameter_mm
    if diameter is None or diameter < 30:
        return None
    if diameter > 32:
        return _(
            "Aortic diameter: %(value)s mm is above 32 mm, where balloon occlusion is contraindicated."
        ) % {"value": shown_number(diameter)}
    return _("Aortic diameter: %(value)s mm is aneurysmal (30 mm and above).") % {
        "value": shown_number(diameter)
    }


def _balloon_fit(details: "ReboaDetails") -> "StrOrPromise | None":
    aorta, balloon = details.aortic_diameter_mm, details.balloon_diameter_mm
    if aorta is None or balloon is None:
        return None
    if balloon < aorta:
        return _("Balloon diameter: %(balloon)s mm is below the aortic diameter (%(aorta)s mm).") % {
            "balloon": shown_number(balloon),
            "aorta": shown_number(aorta),
        }
    if balloon > aorta + 5:
        return _(
            "Balloon diameter: %(balloon)s mm is more than 5 mm above the aortic diameter (%(aorta)s mm)."
        ) % {
            "balloon": shown_number(balloon),
            "aorta": shown_number(aorta),
        }
    return None


class ReboaDetails(Details):
    """Aortic balloon occlusion during resection: access, balloon, surgery."""

    kind = codes.Kind.REBOA
    soft_limits = (
        usual("sheath_fr", 6, 14),
        usual("aortic_diameter_mm", 13, 25),
        SoftLimit("aortic_diameter_mm", "aneurysm:30/32", _aneurysm),
        SoftLimit("balloon_diameter_mm", "fit:+0…+5", _balloon_fit),
        usual("blood_loss_ml", None, 5000, why=_("Above it blood loss counts as catastrophic.")),
    )

    procedure = models.OneToOneField(
        Procedure, models.CASCADE, related_name="reboa_details", verbose_name=_("procedure")
    )
    access_side = fields.CodeField(
        _("arterial access"), choices=codes.AccessSide.choices, null=True, blank=True
    )
    access_anesthesia = fields.CodeField(
        _("anaesthesia for the access"), choices=codes.Anesthesia.choices, null=True, blank=True
    )
    sheath_fr = fields.DecimalField(_("sheath"), null=True, blank=True)
    aortic_diameter_mm = fields.DecimalField(_("aortic diameter"), null=True, blank=True)
    balloon_diameter_mm = fields.DecimalField(_("balloon diameter"), null=True, blank=True)
    occlusion_confirmed_by = fields.CodeSetField(
        _("occlusion confirmed by"), codes=codes.OcclusionSign.choices, null=True, blank=True
    )
    closure = fields.CodeField(_("closure"), choices=codes.Closure.choices, null=True, blank=True)
    closure_device = fields.LineField(_("closure device"), max_length=80, identifying=False)
    surgical_approach = fields.CodeField(
        _("surgical approach"), choices=codes.SurgicalApproach.choices, null=True, blank=True
    )
    anterior_route = fields.CodeField(
        _("anterior route"), choices=codes.AnteriorRoute.choices, null=True, blank=True
    )
    resection = fields.CodeField(_("resection"), choices=codes.Resection.choices, null=True, blank=True)
    margin = fields.CodeField(_("margin"), choices=codes.Margin.choices, null=True, blank=True)
    reconstruction = fields.CodeSetField(
        _("reconstruction"), codes=codes.Reconstruction.choices, null=True, blank=True
    )
    blood_loss_ml = fields.IntegerField(_("blood loss"), null=True, blank=True)
    transfused_units = fields.DecimalField(_("transfused units"), null=True, blank=True)
    urine_output_ml = fields.IntegerField(_("urine output"), null=True, blank=True)

    class Meta:
        verbose_name = _("REBOA details")
        verbose_name_plural = _("REBOA details")
        constraints = [
            OneOf("access_side", codes.AccessSide),
            OneOf("access_anesthesia", codes.Anesthesia),
            Between("sheath_fr", 4, 26),
            Between("aortic_diameter_mm", 8, 60),
            Between("balloon_diameter_mm", 8, 50),
            SubsetOf("occlusion_confirmed_by", codes.OcclusionSign),
            OneOf("closure", codes.Closure),
            OneOf("surgical_approach", codes.SurgicalApproach),
            OneOf("anterior_route", codes.AnteriorRoute),
            OnlyWhen(
                "anterior_route",
                when="surgical_approach",
                equals=[codes.SurgicalApproach.ANTERIOR, codes.SurgicalApproach.COMBINED],
            ),
            OneOf("resection", codes.Resection),
            OneOf("margin", codes.Margin),
            SubsetOf("reconstruction", codes.Reconstruction, alone="none"),
            Between("blood_loss_ml", 0, 60_000),
            Between("transfused_units", 0, 200),
            Between("urine_output_ml", 0, 30_000),
            CodedMissing(
                "access_side",
                "access_anesthesia",
                "sheath_fr",
                "aortic_diameter_mm",
                "balloon_diameter_mm",
                "occlusion_confirmed_by",
                "closure",
                "surgical_approach",
                "anterior_route",
                "resection",
                "margin",
                "reconstruction",
                "blood_loss_ml",
                "transfused_units",
                "urine_output_ml",
            ),
        ]


class SacroplastyDetails(Details):
    """Cement augmentation of the sacrum."""

    kind = codes.Kind.SACROPLASTY

    procedure = models.OneToOneField(
        Procedure, models.CASCADE, related_name="sacroplasty_details", verbose_name=_("procedure")
    )
    technique = fields.CodeField(_("technique"), choices=codes.CementTechnique.choices, null=True, blank=True)
    cement_product = fields.LineField(pgettext_lazy("product", "cement"), max_length=80, identifying=False)

    class Meta:
        verbose_name = _("sacroplasty details")
        verbose_name_plural = _("sacroplasty details")
        constraints = [OneOf("technique", codes.CementTechnique), CodedMissing("technique")]


class VertebroplastyDetails(Details):
    """Cement augmentation of a vertebral body, with or without transarterial therapy."""

    kind = codes.Kind.VERTEBROPLASTY

    procedure = models.OneToOneField(
        Procedure, models.CASCADE, related_name="vertebroplasty_details", verbose_name=_("procedure")
    )
    technique = fields.CodeField(_("technique"), choices=codes.CementTechnique.choices, null=True, blank=True)
    cement_product = fields.LineField(pgettext_lazy("product", "cement"), max_length=80, identifying=False)
    transarterial_therapy = fields.CodeField(
        _("transarterial therapy"), choices=codes.TransarterialTherapy.choices, null=True, blank=True
    )

    class Meta:
        verbose_name = _("vertebroplasty details")
        verbose_name_plural = _("vertebroplasty details")
        constraints = [
            OneOf("technique", codes.CementTechnique),
            OneOf("transarterial_therapy", codes.TransarterialTherapy),
            CodedMissing("technique", "transarterial_therapy"),
        ]

    def check_across_rows(self) -> None:
        super().check_across_rows()
        none = self.transarterial_therapy == codes.TransarterialTherapy.NONE
        if none and self.procedure.transarterial_sessions.exists():
            raise ValidationError(
                {
                    "transarterial_therapy": _(
                        "Transarterial therapy: “none” contradicts the sessions that are listed."
                    )
                }
            )


class RfaDetails(Details):
    """Radiofrequency ablation: the device and whether it had to stop."""

    kind = codes.Kind.RFA

    procedure = models.OneToOneField(
        Procedure, models.CASCADE, related_name="rfa_details", verbose_name=_("procedure")
    )
    electrode = fields.LineField(_("electrode"), max_length=80, identifying=False)
    stopped_for_neurologic_symptoms = fields.BooleanField(_("stopped for neurologic symptoms"))

    class Meta:
        verbose_name = _("RFA details")
        verbose_name_plural = _("RFA details")
        constraints = [CodedMissing("stopped_for_neurologic_symptoms")]
