"""Forms of assessments, complications and the state of follow-up."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from cases.forms import LevelsMixin
from cases.models import Lesion
from outcomes import codes
from outcomes.models import Assessment, Complication, FollowUpStatus
from outcomes.models.assessment import SECTION_NAMES
from registry.core.forms.record import RecordForm
from registry.core.rules import rules_of
from registry.core.views.layout import Fieldset

#: How a value was measured: value → the field that says so.
MEASURED_BY = {
    "vas_pain": "pain_instrument",
    "analgesic_scale": "analgesic_scale_version",
    "barthel": "barthel_version",
}


class AssessmentForm(RecordForm):
    """The scores at one time point.

    A score typed without saying how it was measured is taken to be measured as at the nearest other time point of the
    case, if it can be measured so; whoever clears that afterwards is left alone.
    """

    fieldsets: tuple[Fieldset, ...] = (
        Fieldset(_("When"), ("time_point", "date", "interval_value", "interval_unit")),
        Fieldset(_("Pain"), ("vas_pain", "pain_instrument", "pain_relief")),
        Fieldset(
            _("Analgesics"),
            ("analgesic_class", "analgesic_adjuvant", "analgesic_scale", "analgesic_scale_version"),
        ),
        Fieldset(
            _("Function"), ("odi", "kps", "ecog", "barthel", "barthel_version", "ambulatory", "satisfaction")
        ),
        Fieldset(
            _("ODI by section"),
            SECTION_NAMES,
            hint=_(
                "0 to 5 each; the registry computes the total. Leave a section empty that was not answered."
            ),
            folded=True,
        ),
    )

    class Meta:
        model = Assessment
        fields = (
            "time_point",
            "date",
            "interval_value",
            "interval_unit",
            "vas_pain",
            "pain_instrument",
            "pain_relief",
            "analgesic_class",
            "analgesic_adjuvant",
            "analgesic_scale",
            "analgesic_scale_version",
            "odi",
            "kps",
            "ecog",
            "barthel",
            "barthel_version",
            "ambulatory",
            "satisfaction",
            *SECTION_NAMES,
        )
        help_texts = {
            "odi": _("Total in per cent, 0 to 100."),
            "kps": _("0 to 100 in steps of 10."),
            "interval_value": _("From the index procedure, where no date is known."),
            "analgesic_scale": _("0 none to 5 parenteral or intrathecal."),
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance.case_id is None:
            return cleaned
        for value, way in MEASURED_BY.items():
            typed = value in self.changed_data and cleaned.get(value) is not None
            unsaid = way in cleaned and cleaned[way] is None and way not in self.changed_data
            if typed and unsaid:
                usual = self._usual_way(way)
                cleaned[way] = usual if _gives({value: cleaned[value], way: usual}) else None
        return cleaned

    def _usual_way(self, way: str) -> str | None:
        order = {point: at for at, point in enumerate(codes.TimePoint.values)}
        here = order.get(self.instance.time_point, 0)
        others = [
            row
            for row in self.instance.case.assessments.all()
            if row.pk != self.instance.pk and getattr(row, way) is not None
        ]
        nearest = min(others, key=lambda row: abs(order[row.time_point] - here), default=None)
        if nearest is not None:
            return getattr(nearest, way)
        return codes.AnalgesicScaleVersion.REGISTRY_1 if way == "analgesic_scale_version" else None


def _gives(measured: dict[str, Any]) -> bool:
    """Whether an assessment's value and the way it was measured go together."""
    return all(rule.holds(measured) for rule in rules_of(Assessment) if set(rule.fields) == measured.keys())


class ComplicationForm(RecordForm):
    fieldsets = (
        Fieldset(_("Complication"), ("kind", "lesion", "onset_day", "symptomatic", "treatment", "resolved")),
        Fieldset(
            _("Grade"),
            ("sir_grade", "cirse_grade", "clavien_dindo"),
            hint=_("SIR: A and B are minor, C to F major. The other two are optional."),
        ),
    )

    class Meta:
        model = Complication
        fields = (
            "kind",
            "lesion",
            "onset_day",
            "symptomatic",
            "treatment",
            "resolved",
            "sir_grade",
            "cirse_grade",
            "clavien_dindo",
        )
        help_texts = {"onset_day": _("Days after the procedure, 0 to 3650.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.procedure_id is not None:
            self.offer_lesions(self.instance.procedure.case)

    def offer_lesions(self, case: Any) -> None:
        """Those of the case as it was loaded, so that many rows on a page ask once."""
        field: Any = self.fields["lesion"]
        field.queryset = (
            Lesion.objects.for_user(self.user) if self.user is not None else Lesion.objects.none()
        )
        field.choices = [("", "–"), *((lesion.pk, str(lesion)) for lesion in case.lesions.all())]


class FollowUpStatusForm(LevelsMixin, RecordForm):
    """Last contact, death, local recurrence; each a date or an interval from the index procedure."""

    level_fields = ("recurrence_levels",)
    fieldsets = (
        Fieldset(
            _("Follow-up"),
            (
                "followup_state",
                "last_contact_date",
                "last_contact_interval_value",
                "last_contact_interval_unit",
            ),
            hint=_("A date, or an interval from the index procedure where no date is known."),
        ),
        Fieldset(
            _("Survival"),
            ("vital_status", "death_cause", "death_date", "death_interval_value", "death_interval_unit"),
        ),
        Fieldset(
            _("Local recurrence"),
            (
                "local_recurrence",
                "recurrence_date",
                "recurrence_interval_value",
                "recurrence_interval_unit",
                "recurrence_levels",
                "recurrence_treatment",
                "recurrence_treatment_detail",
            ),
        ),
    )

    class Meta:
        model = FollowUpStatus
        fields = (
            "followup_state",
            "last_contact_date",
            "last_contact_interval_value",
            "last_contact_interval_unit",
            "vital_status",
            "death_cause",
            "death_date",
            "death_interval_value",
            "death_interval_unit",
            "local_recurrence",
            "recurrence_date",
            "recurrence_interval_value",
            "recurrence_interval_unit",
            "recurrence_levels",
            "recurrence_treatment",
            "recurrence_treatment_detail",
        )


#: The browser form of each record of this app.
FORMS: dict[type, type[RecordForm]] = {
    Assessment: AssessmentForm,
    Complication: ComplicationForm,
    FollowUpStatus: FollowUpStatusForm,
}
