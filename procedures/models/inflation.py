"""Balloon inflations: every inflate–deflate cycle of an aortic occlusion."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.models import Case
from procedures import codes
from procedures.models.procedure import Procedure
from procedures.strategy import reperfusions
from registry.core import fields
from registry.core.derived import Derived
from registry.core.limits import SoftLimit, usual
from registry.core.models import Record
from registry.core.rules import Between, CodedMissing, OneOf, OnlyOne, Span

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def _occlusion(row: "BalloonInflation") -> int | None:
    if row.inflated_min is None or row.deflated_min is None:
        return None
    return row.deflated_min - row.inflated_min


def _occlusion_sql() -> Any:
    return models.F("deflated_min") - models.F("inflated_min")


#: Minutes of occlusion that are usual at most in one aortic zone; zone II is avoided at all.
USUAL_OCCLUSION_MIN = {codes.AorticZone.I: 30, codes.AorticZone.III: 60}
#: Above it ischaemia is likely.
STRONG_OCCLUSION_MIN = {codes.AorticZone.III: 90}
#: Minutes of reperfusion that are usual at least between two inflations.
USUAL_REPERFUSION_MIN = 10


def _long_for_zone(row: "BalloonInflation") -> "StrOrPromise | None":
    minutes, zone = _occlusion(row), row.aortic_zone
    if zone == codes.AorticZone.II:
        return _("Zone II: an occlusion between coeliac and renal arteries is to be avoided.")
    if minutes is None or minutes <= USUAL_OCCLUSION_MIN.get(zone, minutes):  # type: ignore[call-overload]
        return None
    if zone == codes.AorticZone.I:
        return _("Occlusion: %(minutes)s min is above the usual 30 min for zone I.") % {"minutes": minutes}
    if minutes > STRONG_OCCLUSION_MIN[codes.AorticZone.III]:
        return _("Occlusion: %(minutes)s min is above 90 min for zone III: ischaemia is likely.") % {
            "minutes": minutes
        }
    return _("Occlusion: %(minutes)s min is above the usual 60 min for zone III.") % {"minutes": minutes}


def _short_reperfusion(row: "BalloonInflation") -> "StrOrPromise | None":
    if row.procedure_id is None or row.inflated_min is None:
        return None
    others = [other for other in row.procedure.balloon_inflations.all() if other.pk != row.pk]
    gaps = {end: end - start for start, end in reperfusions([*others, row])}
    minutes = gaps.get(row.inflated_min)
    if minutes is None or minutes >= USUAL_REPERFUSION_MIN:
        return None
    return _("Reperfusion: %(minutes)s min before this inflation is below the usual 10 min.") % {
        "minutes": minutes
    }


class BalloonInflation(Record):
    """One inflation and its deflation, in minutes from incision (negative before it)."""

    center_path = "procedure__case__center"
    numbered_within = ("number", "procedure")
    immutable_fields = ("procedure",)
    derived = (
        Derived(
            "occlusion_min",
            _("occlusion"),
            _("deflation minus inflation, minutes from incision (zhao-2021)"),
            _occlusion,
            _occlusion_sql,
            inputs=("inflated_min", "deflated_min"),
        ),
    )
    soft_limits = (
        usual("inflated_min", -240, None, why=_("More than 240 min before incision.")),
        SoftLimit("deflated_min", "zone", _long_for_zone),
        SoftLimit("inflated_min", "reperfusion:10", _short_reperfusion),
    )

    procedure = models.ForeignKey(
        Procedure,
        models.CASCADE,
        related_name="balloon_inflations",
        verbose_name=_("procedure"),
        db_index=False,
    )
    number = fields.IntegerField(_("inflation number"), blank=True)
    inflated_min = fields.IntegerField(
        _("inflated at"), null=True, blank=True, help_text=_("Minutes from incision.")
    )
    deflated_min = fields.IntegerField(
        _("deflated at"), null=True, blank=True, help_text=_("Minutes from incision.")
    )
    aortic_zone = fields.CodeField(_("aortic zone"), choices=codes.AorticZone.choices, null=True, blank=True)
    completeness = fields.CodeField(
        _("occlusion is"), choices=codes.Completeness.choices, null=True, blank=True
    )
    volume_ml = fields.DecimalField(_("filling volume"), null=True, blank=True)

    class Meta:
        verbose_name = _("balloon inflation")
        verbose_name_plural = _("balloon inflations")
        ordering = ["procedure", "number"]
        constraints = [
            OnlyOne("procedure", "number", message=_("This procedure has an inflation of that number.")),
            Between("number", 1, 99),
            Between("inflated_min", -1440, 1800),
            Between("deflated_min", -1440, 2160),
            Span("deflated_min", "inflated_min", 360),
            OneOf("aortic_zone", codes.AorticZone),
            OneOf("completeness", codes.Completeness),
            Between("volume_ml", 0, 100),
            CodedMissing("inflated_min", "deflated_min", "aortic_zone", "completeness", "volume_ml"),
        ]

    def __str__(self) -> str:
        return gettext("inflation %(number)s") % {"number": self.number}

    def aggregate_root(self) -> Case:
        return self.procedure.case

    def check_across_rows(self) -> None:
        if self.procedure.kind != codes.Kind.REBOA:
            raise ValidationError({"procedure": _("Procedure: only a REBOA has balloon inflations.")})
        if self.inflated_min is None:
            return
        for other in self.procedure.balloon_inflations.all():
            if other.pk != self.pk:
                self._refuse_overlap(other)

    def _refuse_overlap(self, other: "BalloonInflation") -> None:
        """An inflation that has not ended yet counts with its beginning."""
        start, end = self.inflated_min, self.deflated_min
        if start is None or other.inflated_min is None:
            return
        if other.deflated_min is not None and (
            other.inflated_min <= start < other.deflated_min
            if end is None
            else start < other.deflated_min and other.inflated_min < end
        ):
            raise ValidationError(
                {
                    "inflated_min": _(
                        "Inflated at: overlaps inflation %(number)s (%(start)s to %(end)s min)."
                    )
                    % {"number": other.number, "start": other.inflated_min, "end": other.deflated_min}
                }
            )
        if other.deflated_min is None and end is not None and start <= other.inflated_min < end:
            raise ValidationError(
                {
                    "deflated_min": _(
                        "Deflated at: inflation %(number)s begins before that (at %(start)s min)."
                    )
                    % {"number": other.number, "start": other.inflated_min}
                }
            )
