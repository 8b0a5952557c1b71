"""Complications of a procedure."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Case as Switch
from django.db.models import Value, When
from django.utils.translation import gettext_lazy as _

from cases.models import Case, Lesion
from outcomes import codes
from procedures.models import Procedure
from registry.core import fields
from registry.core.derived import Derived
from registry.core.models import Record
from registry.core.rules import Between, CodedMissing, OneOf

MAJOR_GRADES = ("c", "d", "e", "f")


class Complication(Record):
    """One complication, graded by SIR and, if wished, by CIRSE and Clavien–Dindo."""

    center_path = "procedure__case__center"
    immutable_fields = ("procedure",)
    grows_after_completion = True
    derived = (
        Derived(
            "major",
            _("major complication"),
            _("SIR: minor A–B, major C–F"),
            lambda row: None if row.sir_grade is None else row.sir_grade in MAJOR_GRADES,
            lambda: Switch(
                When(sir_grade__isnull=True, then=Value(None)),
                When(sir_grade__in=MAJOR_GRADES, then=Value(True)),
                default=Value(False),
                output_field=models.BooleanField(),
            ),
            kind="boolean",
            inputs=("sir_grade",),
        ),
    )

    procedure = models.ForeignKey(
        Procedure, models.CASCADE, related_name="complications", verbose_name=_("procedure")
    )
    lesion = models.ForeignKey(
        Lesion, models.RESTRICT, null=True, blank=True, related_name="complications", verbose_name=_("lesion")
    )
    kind = fields.CodeField(_("kind"), choices=codes.ComplicationKind.choices)
    sir_grade = fields.CodeField(_("SIR grade"), choices=codes.SirGrade.choices, null=True, blank=True)
    cirse_grade = fields.CodeField(_("CIRSE grade"), choices=codes.CirseGrade.choices, null=True, blank=True)
    clavien_dindo = fields.CodeField(
        _("Clavien–Dindo"), choices=codes.ClavienDindo.choices, null=True, blank=True
    )
    onset_day = fields.IntegerField(
        _("day of onset"), null=True, blank=True, help_text=_("Days after the procedure.")
    )
    symptomatic = fields.BooleanField(_("symptomatic"))
    treatment = fields.LineField(_("treatment"), max_length=200)
    resolved = fields.BooleanField(_("resolved"))

    class Meta:
        verbose_name = _("complication")
        verbose_name_plural = _("complications")
        ordering = ["procedure", "id"]
        constraints = [
            OneOf("kind", codes.ComplicationKind),
            OneOf("sir_grade", codes.SirGrade),
            OneOf("cirse_grade", codes.CirseGrade),
            OneOf("clavien_dindo", codes.ClavienDindo),
            Between("onset_day", 0, 3650),
            CodedMissing("sir_grade", "onset_day", "symptomatic", "resolved"),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())

    def aggregate_root(self) -> Case:
        return self.procedure.case

    def check_across_rows(self) -> None:
        if self.lesion is not None and self.lesion.case_id != self.procedure.case_id:
            raise ValidationError({"lesion": _("Lesion: belongs to another case.")})
        if self.procedure.complications_answered == "none":
            raise ValidationError(
                {"procedure": _("Procedure: says that there was no complication. Change that answer first.")}
            )
