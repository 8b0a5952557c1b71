"""The scores of one planned time point in a compact form: what the follow-up list asks for."""

from copy import deepcopy
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from outcomes import codes
from outcomes.ending import ended
from outcomes.forms import AssessmentForm
from outcomes.models.assessment import OBSERVED
from registry.core import records
from registry.core.codes import MISSING_SUFFIX, MissingCode
from registry.core.views.layout import Fieldset

SCORES = (
    "vas_pain",
    "pain_instrument",
    "odi",
    "kps",
    "analgesic_scale",
    "analgesic_class",
    "ambulatory",
    "satisfaction",
)
#: Those of them that are observed: the instrument only says how.
ASKED = tuple(name for name in SCORES if name in OBSERVED)
#: Why a whole time point has no score.
ABSENCES = (MissingCode.NOT_DONE, MissingCode.REFUSED, MissingCode.LOST, MissingCode.DIED)
#: Those that also end the follow-up of the case.
ENDINGS = {MissingCode.LOST: codes.FollowupState.LOST, MissingCode.DIED: codes.FollowupState.DIED}


class TimePointForm(AssessmentForm):
    """The time point is given; one reason may stand for every score that is left empty."""

    absent = forms.ChoiceField(
        label=gettext_lazy("Reason for all scores left empty"),
        required=False,
        choices=[("", "–"), *((code.value, code.label) for code in ABSENCES)],
    )
    close = forms.BooleanField(
        label=gettext_lazy("If lost or died: end the follow-up"), required=False, initial=True
    )

    fieldsets: tuple[Fieldset, ...] = (Fieldset("", ("date", *SCORES, "absent", "close")),)

    class Meta(AssessmentForm.Meta):
        fields = ("date", *SCORES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None and not self.why:
            self.fields.pop("reason", None)  # follow-up is expected after a case is complete

    @property
    def why(self) -> str:
        """The reason for the change; explaining an unusual value is one."""
        return super().why or "; ".join(self.confirmations.values())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        empty = [name for name in ASKED if name not in self.errors and cleaned.get(name) is None]
        absent = cleaned.get("absent")
        if absent:
            for name in empty:
                cleaned[name + MISSING_SUFFIX] = cleaned.get(name + MISSING_SUFFIX) or absent
            if len(empty) == len(ASKED) and not self._seen_beside():
                # Nobody was seen, so there is no day on which it was.
                cleaned.update(date=None, **{f"date{MISSING_SUFFIX}": absent})
        elif len(empty) == len(ASKED) and not self._says_otherwise(cleaned):
            self.add_error("absent", _("Enter a score, or say why there is none."))
        if cleaned.get("vas_pain") is None and "vas_pain" not in self.errors:
            cleaned["pain_instrument"] = None
        self._note_version(cleaned)
        if self._ending_needs_reason():
            self.fields.setdefault("reason", deepcopy(self.base_fields["reason"]))
            self.add_error("reason", _("This case is complete. Say why you change it."))
        return cleaned

    def _says_otherwise(self, cleaned: dict[str, Any]) -> bool:
        """A single score has a reason, or the stored assessment holds what this form does not show."""
        return any(cleaned.get(name + MISSING_SUFFIX) for name in ASKED) or self._seen_beside()

    def _seen_beside(self) -> bool:
        """The stored assessment holds a score that this form does not show."""
        return any(getattr(self.instance, name) is not None for name in OBSERVED if name not in ASKED)

    def _ending_needs_reason(self) -> bool:
        """The ending changes what the follow-up status of a complete case says."""
        if not self.ending or not self._is_settled():
            return False
        try:
            records.check(ended(self.instance.case, self.ending, self.user), by=self.user, reason=self.why)
        except ValidationError as refused:
            above = refused.error_dict.get(NON_FIELD_ERRORS, []) if hasattr(refused, "error_dict") else []
            return any(error.code == "reason" for error in above)
        except PermissionDenied:
            return False  # said once the assessment itself is written
        return False

    def _note_version(self, cleaned: dict[str, Any]) -> None:
        """A score on the registry's own scale says so; one that was stored with another version keeps it."""
        if cleaned.get("analgesic_scale") is None:
            self.instance.analgesic_scale_version = None
        elif self.instance.analgesic_scale_version is None:
            self.instance.analgesic_scale_version = codes.AnalgesicScaleVersion.REGISTRY_1

    @property
    def ending(self) -> str:
        """The state of follow-up that the reason for all implies, where it is to be noted."""
        absent = self.cleaned_data.get("absent")
        return (
            ENDINGS[MissingCode(absent)].value if self.cleaned_data.get("close") and absent in ENDINGS else ""
        )
