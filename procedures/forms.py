"""Forms of procedures, their details by kind, and the rows beneath them."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.models import Lesion
from procedures.models import (
    Ablation,
    BalloonInflation,
    Procedure,
    ReboaDetails,
    RfaDetails,
    SacroplastyDetails,
    TransarterialDrug,
    TransarterialSession,
    TreatedLesion,
    VertebroplastyDetails,
)
from registry.core.forms.record import RecordForm
from registry.core.views.layout import Fieldset


class LesionChoice:
    """Offers the lesions of the case; one of another case is refused by the rule, in the rule's words."""

    def offer_lesions(self, case: Any) -> None:
        field: Any = self.fields["lesion"]  # type: ignore[attr-defined]
        user = self.user  # type: ignore[attr-defined]
        field.queryset = Lesion.objects.for_user(user) if user is not None else Lesion.objects.none()
        offered = [(lesion.pk, str(lesion)) for lesion in Lesion.objects.filter(case=case)]
        field.choices = [("", "–"), *offered]


class ProcedureForm(RecordForm):
    """What every kind of procedure has. The kind is chosen before the form and travels with it."""

    fieldsets = (
        Fieldset(
            _("Procedure"),
            (
                "kind",
                "date",
                "duration_min",
                "duration_qualifier",
                "anesthesia",
                "position",
                "guidance",
                "antibiotic_prophylaxis",
            ),
        ),
        Fieldset(_("Result"), ("technical_success", "complications_answered", "hospital_stay_days")),
        Fieldset(_("Notes and numbering"), ("incision_at", "notes", "sequence"), folded=True),
    )

    class Meta:
        model = Procedure
        fields = (
            "kind",
            "date",
            "duration_min",
            "duration_qualifier",
            "anesthesia",
            "position",
            "guidance",
            "antibiotic_prophylaxis",
            "technical_success",
            "complications_answered",
            "hospital_stay_days",
            "incision_at",
            "notes",
            "sequence",
        )
        widgets = {
            "kind": forms.HiddenInput,
            "incision_at": forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
            "notes": forms.Textarea(attrs={"rows": 4}),
        }
        help_texts = {
            "complications_answered": _("Say “none”, or “yes” and list them."),
            "sequence": _("Given by the registry; change it only to put procedures in order."),
        }


class ReboaDetailsForm(RecordForm):
    fieldsets = (
        Fieldset(
            _("Balloon occlusion"),
            (
                "access_side",
                "access_anesthesia",
                "sheath_fr",
                "aortic_diameter_mm",
                "balloon_diameter_mm",
                "occlusion_confirmed_by",
                "closure",
                "closure_device",
            ),
            hint=_("Inflations are entered on the case page, one row per cycle."),
        ),
        Fieldset(
            _("Resection"),
            ("surgical_approach", "anterior_route", "resection", "margin", "reconstruction"),
        ),
        Fieldset(_("Blood and urine"), ("blood_loss_ml", "transfused_units", "urine_output_ml")),
    )

    class Meta:
        model = ReboaDetails
        fields = (
            "access_side",
            "access_anesthesia",
            "sheath_fr",
            "aortic_diameter_mm",
            "balloon_diameter_mm",
            "occlusion_confirmed_by",
            "closure",
            "closure_device",
            "surgical_approach",
            "anterior_route",
            "resection",
            "margin",
            "reconstruction",
            "blood_loss_ml",
            "transfused_units",
            "urine_output_ml",
        )


class SacroplastyDetailsForm(RecordForm):
    fieldsets = (Fieldset(_("Cement"), ("technique", "cement_product")),)

    class Meta:
        model = SacroplastyDetails
        fields = ("technique", "cement_product")


class VertebroplastyDetailsForm(RecordForm):
    fieldsets = (
        Fieldset(
            _("Cement and transarterial therapy"),
            ("technique", "cement_product", "transarterial_therapy"),
            hint=_("Transarterial sessions are entered on the case page, each with its own date."),
        ),
    )

    class Meta:
        model = VertebroplastyDetails
        fields = ("technique", "cement_product", "transarterial_therapy")


class RfaDetailsForm(RecordForm):
    fieldsets = (
        Fieldset(
            _("Ablation"),
            ("electrode", "stopped_for_neurologic_symptoms"),
            hint=_("Ablation cycles are entered per treated lesion, on the case page."),
        ),
    )

    class Meta:
        model = RfaDetails
        fields = ("electrode", "stopped_for_neurologic_symptoms")


class BalloonInflationForm(RecordForm):
    fieldsets = (
        Fieldset("", ("inflated_min", "deflated_min", "aortic_zone", "completeness", "volume_ml", "number")),
    )

    class Meta:
        model = BalloonInflation
        fields = ("inflated_min", "deflated_min", "aortic_zone", "completeness", "volume_ml", "number")
        help_texts = {
            "inflated_min": _("Minutes from incision, negative before it."),
            "deflated_min": _("Minutes from incision; at most 360 after the inflation."),
            "number": _("Given by the registry when left empty."),
        }


class TransarterialSessionForm(RecordForm):
    fieldsets = (
        Fieldset("", ("kind", "date", "interval_value", "interval_unit", "arteries", "agents", "number")),
    )

    class Meta:
        model = TransarterialSession
        fields = ("kind", "date", "interval_value", "interval_unit", "arteries", "agents", "number")
        help_texts = {
            "interval_value": _("From the procedure, where no date is known."),
            "number": _("Given by the registry when left empty."),
        }


class TransarterialDrugForm(RecordForm):
    fieldsets = (Fieldset("", ("name", "dose_mg")),)

    class Meta:
        model = TransarterialDrug
        fields = ("name", "dose_mg")


class TreatedLesionForm(LesionChoice, RecordForm):
    """What was done to one lesion. The lesion is chosen once."""

    fieldsets = (
        Fieldset(_("Access"), ("lesion", "approach", "needle_gauge", "needle_count", "access_no")),
        Fieldset(
            _("Cement"),
            (
                "cement_volume_ml",
                "cement_diameter_mm",
                "cement_filling_percent_reported",
                "leak_sites",
                "leak_symptomatic",
            ),
        ),
        Fieldset(_("Ablation"), ("ablation_completion",)),
    )

    class Meta:
        model = TreatedLesion
        fields = (
            "lesion",
            "approach",
            "needle_gauge",
            "needle_count",
            "access_no",
            "cement_volume_ml",
            "cement_diameter_mm",
            "cement_filling_percent_reported",
            "leak_sites",
            "leak_symptomatic",
            "ablation_completion",
        )
        help_texts = {"access_no": _("Lesions reached through one puncture share its number.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.procedure_id is not None:
            self.offer_lesions(self.instance.procedure.case_id)


class AblationForm(RecordForm):
    fieldsets = (
        Fieldset(_("Energy"), ("active_tip_cm", "power_w", "ablation_time_min")),
        Fieldset(
            _("Target"),
            (
                "temperature_mean_celsius",
                "temperature_min_celsius",
                "temperature_max_celsius",
                "minutes_at_target_min",
                "rolloff_count",
            ),
            hint=_("Complete by a mean of 85 °C held for 10 min, or by two impedance roll-offs."),
        ),
        Fieldset(_("Numbering"), ("cycle",), folded=True),
    )

    class Meta:
        model = Ablation
        fields = (
            "active_tip_cm",
            "power_w",
            "ablation_time_min",
            "temperature_mean_celsius",
            "temperature_min_celsius",
            "temperature_max_celsius",
            "minutes_at_target_min",
            "rolloff_count",
            "cycle",
        )


#: The browser form of each record of this app.
FORMS: dict[type, type[RecordForm]] = {
    Procedure: ProcedureForm,
    ReboaDetails: ReboaDetailsForm,
    SacroplastyDetails: SacroplastyDetailsForm,
    VertebroplastyDetails: VertebroplastyDetailsForm,
    RfaDetails: RfaDetailsForm,
    BalloonInflation: BalloonInflationForm,
    TransarterialSession: TransarterialSessionForm,
    TransarterialDrug: TransarterialDrugForm,
    TreatedLesion: TreatedLesionForm,
    Ablation: AblationForm,
}
