"""Forms of the section editor: as those of ``procedures.forms``, but what the page around them knows is not asked for.

Times of day are read as minutes from incision, and the time of incision as a moment of the procedure's day.
"""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from procedures.clock import TIME_OF_DAY, minute_of_time, read_time
from procedures.forms import FORMS, BalloonInflationForm, ProcedureForm, TreatedLesionForm
from procedures.models import BalloonInflation, Procedure, TreatedLesion
from registry.core.forms.fields import IntegerFormField
from registry.core.forms.record import RecordForm

#: A corrected incision passes midnight by so much at most; else it is another time of the same day.
_SAME_NIGHT = datetime.timedelta(hours=4)


class IncisionField(forms.CharField):
    """The time of incision; which day it was says the date of the procedure."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
        super().__init__(**{"widget": widget, "required": False, "empty_value": None, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime.datetime):
            value = timezone.localtime(value) if timezone.is_aware(value) else value
        return f"{value:%H:%M}" if isinstance(value, datetime.datetime | datetime.time) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if text is None:
            return None
        # A browser may send seconds; the registry counts in minutes.
        time = read_time(text[:5] if text.count(":") == 2 else text)
        if time is None:
            raise ValidationError(
                _("“%(value)s” is not a time. Enter it as 14:05."), params={"value": text[:40]}
            )
        return time


class ProcedureSectionForm(ProcedureForm):
    """A procedure in the section editor."""

    incision_at = IncisionField(label=_("Incision at"))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        time = cleaned.get("incision_at")
        if time is not None:
            try:
                cleaned["incision_at"] = self._moment(time, cleaned.get("date"))
            except ValidationError as refused:
                self.add_error("incision_at", refused)
        return cleaned

    def _moment(self, time: datetime.time, date: datetime.date | None) -> datetime.datetime:
        """The stored moment moves with the date, and a new time stays in the night of the stored one."""
        stored: Any = self.initial.get("incision_at")
        before = self.initial.get("date")
        if stored is None:
            if date is None:
                raise ValidationError(_("Incision at: enter the date of the procedure first."))
            return _aware(date, time)
        local = timezone.make_naive(stored)
        unmoved = (local.hour, local.minute) == (time.hour, time.minute)
        if unmoved and (date is None or date == before):
            return stored
        day = date or local.date()
        # An incision after midnight stays as many days behind the date as it was.
        behind = local.date() - before if date is not None and before is not None else datetime.timedelta()
        moved = datetime.datetime.combine(day + behind, local.time())

        def apart(other: datetime.date) -> datetime.timedelta:
            return abs(datetime.datetime.combine(other, time) - moved)

        days, following = [day, moved.date()], day + datetime.timedelta(days=1)
        if apart(following) <= _SAME_NIGHT:
            days.append(following)
        return _aware(min(days, key=apart), time)


def _aware(day: datetime.date, time: datetime.time) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, time))


OR_A_TIME = _("or a time, 14:05")


class MinuteField(IntegerFormField):
    """Minutes from incision, also typed as a time of day."""

    #: The incision that times of day count from.
    incision: datetime.datetime | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Number pads of phones have neither the colon nor the minus.
        self.widget.attrs["inputmode"] = "text"
        self.widget.attrs["data-clock"] = ""

    def to_python(self, value: Any) -> Any:
        text = "" if value is None else str(value).strip()
        if not TIME_OF_DAY.fullmatch(text):
            return super().to_python(value)
        if self.incision is None:
            raise ValidationError(
                _("Enter the time of incision first: “%(value)s” then becomes minutes from it."),
                params={"value": text},
            )
        time = read_time(text)
        return None if time is None else minute_of_time(self.incision, time)


class BalloonInflationSectionForm(BalloonInflationForm):
    """One inflation as a row."""

    inflated_min = MinuteField(label=_("Inflated at"), required=False, unit="min", help_text=OR_A_TIME)
    deflated_min = MinuteField(label=_("Deflated at"), required=False, unit="min", help_text=OR_A_TIME)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("inflated_min", "deflated_min"):
            field: Any = self.fields[name]
            field.incision = self.instance.procedure.incision_at


class TreatedLesionSectionForm(RecordForm):
    """What was done to one lesion; which lesion it is was chosen when the row was added."""

    fieldsets = TreatedLesionForm.fieldsets

    class Meta:
        model = TreatedLesion
        fields = tuple(name for name in TreatedLesionForm.Meta.fields if name != "lesion")
        help_texts = TreatedLesionForm.Meta.help_texts


#: The form of each record of this app in the section editor.
SECTION_FORMS: dict[type, type[RecordForm]] = {
    **FORMS,
    Procedure: ProcedureSectionForm,
    BalloonInflation: BalloonInflationSectionForm,
    TreatedLesion: TreatedLesionSectionForm,
}
