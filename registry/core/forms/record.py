"""The form of every record, in the browser and in the admin: it runs the write door's checks while it validates."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist, PermissionDenied, ValidationError
from django.forms.models import ModelFormMetaclass, construct_instance
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from registry.core import limits, reading, records
from registry.core.codes import MISSING_SUFFIX, PUBLISHED_ONLY, MissingCode
from registry.core.models import Record
from registry.core.rules import Between, range_of, why_missing_label

CONFIRM_PREFIX = "confirm__"
_MISSING_CHOICES = [
    ("", "–"),
    *((code, label) for code, label in MissingCode.choices if code not in PUBLISHED_ONLY),
]

#: The range of a number as a hint, in the language of whoever reads it.
_range_text: Any = lazy(Between.range_text, str)


class MissingCodeFormField(forms.ChoiceField):
    """Why a value is missing; stands beside the field it explains.

    A reason that the field itself offers as an answer (an unknown sex) is not offered a second time; where it is
    stored, from another door, it is shown.
    """

    def __init__(self, *, explains: str, **kwargs: Any) -> None:
        self.explains = explains
        super().__init__(choices=_MISSING_CHOICES, required=False, **kwargs)

    def offer(self, explained: forms.Field, stored: str | None) -> None:
        """Leave out what ``explained`` answers itself and add what is stored."""
        coded = isinstance(explained, forms.ChoiceField) and not isinstance(explained, forms.ModelChoiceField)
        answers = {code for code, _label in explained.choices} if coded else set()  # type: ignore[attr-defined]
        self.choices = [choice for choice in _MISSING_CHOICES if choice[0] == "" or choice[0] not in answers]
        if stored in MissingCode.values and stored not in {code for code, _label in self.choices}:
            self.choices = [*self.choices, (stored, MissingCode(stored).label)]
        #: What the menu is called while nothing is chosen.
        self.prompt = _("Not stated…") if MissingCode.UNKNOWN in answers else _("Unknown…")

    def valid_value(self, value: Any) -> bool:
        return True  # the rule ``CodedMissing`` words the refusal


class RecordFormMetaclass(ModelFormMetaclass):
    """Adds to each field that may be missing its select for the reason, and to each number its range as a hint."""

    def __new__(mcs, name: str, bases: tuple, attrs: dict) -> type:
        made: Any = super().__new__(mcs, name, bases, attrs)
        model = made._meta.model
        if model is None:
            return made
        missable = set(model.missable_fields())
        ordered: dict[str, forms.Field] = {}
        for field_name, field in made.base_fields.items():
            ordered[field_name] = field
            limits_of_field = range_of(model, field_name)
            if (
                limits_of_field is not None
                and not field.help_text
                and getattr(field, "unit", None) is not None
            ):
                field.help_text = _range_text(limits_of_field)
            companion = field_name + MISSING_SUFFIX
            if field_name in missable and companion not in made.base_fields:
                ordered[companion] = made.declared_fields[companion] = MissingCodeFormField(
                    explains=field_name, label=why_missing_label(model, field_name)
                )
        made.base_fields = ordered
        return made


class RecordForm(forms.ModelForm, metaclass=RecordFormMetaclass):
    """Edits one record through the write door.

    ``by`` is the signed-in user (given to the constructor, or set on a subclass as the admin does). After validation
    ``conflict`` holds a ``records.Conflict`` when somebody else saved meanwhile, and ``crossings`` the soft limits
    that are crossed and unexplained.
    """

    by: ClassVar[Any] = None
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason for the change"),
        required=False,
        max_length=400,
        help_text=_("The case is complete: say why you change it. The reason is kept in the history."),
    )

    def __init__(self, *args: Any, by: Any = None, writes: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = by if by is not None else type(self).by
        #: Autosave: what can be read is written while the form is cleaned, instead of being tried and taken back.
        self.writes = writes
        self.written = False
        self.conflict: records.Conflict | None = None
        record: Record = self.instance
        self.fields["version"].initial = record.version if record.pk else None
        for name, field in list(self.fields.items()):
            if isinstance(field, MissingCodeFormField):
                if field.explains not in self.fields:
                    del self.fields[name]
                    continue
                field.offer(self.fields[field.explains], record.missing.get(field.explains))
                field.initial = record.missing.get(field.explains, "")
                self.initial.setdefault(name, field.initial)
        if "reason" in self.fields and not self._is_settled():
            del self.fields["reason"]

    def _is_settled(self) -> bool:
        try:
            return self.instance.aggregate_root().is_settled()
        except (AttributeError, ObjectDoesNotExist):
            return False  # the parent has not been chosen yet

    # -- validation ----------------------------------------------------------------------------------------------

    @property
    def why(self) -> str:
        """The reason given, in this form or, for a row edited beneath another form, in that one."""
        return str(self.data.get(self.add_prefix("reason")) or self.data.get("reason") or "")

    @property
    def confirmations(self) -> dict[str, str]:
        """Reasons given for unusual values: field → reason."""
        prefix = self.add_prefix(CONFIRM_PREFIX)
        return {
            key.removeprefix(prefix): str(value).strip()
            for key, value in self.data.items()
            if key.startswith(prefix) and str(value).strip()
        }

    def door_arguments(self) -> dict[str, Any]:
        """What the write door needs to know besides the record."""
        return {
            "by": self.user,
            "reason": self.why,
            "expected_version": self.cleaned_data.get("version") if self.instance.pk else None,
            "confirm": self.confirmations,
        }

    def _post_clean(self) -> None:
        try:
            reading.refuse_nul("".join([self.why, *self.confirmations.values()]))
        except ValidationError as refused:
            self.add_error("reason" if "reason" in self.fields else None, refused)
            return
        self.instance = construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)
        self._take_missing_codes()
        if self.instance.pk and self.cleaned_data.get("version") is None:
            self.add_error(None, _("The form is incomplete. Reload the page and enter the change again."))
            return
        try:
            (records.save if self.writes else records.check)(self.instance, **self.door_arguments())
            self.written = self.writes
        except records.Conflict as conflict:
            self.conflict = conflict
            who = conflict.stored.history.first()
            self.add_error(
                None,
                _(
                    "%(name)s saved this record while you were editing it. Nothing of yours has been written yet."
                )
                % {"name": who.history_user_name if who else _("Somebody")},
            )
        except PermissionDenied as refused:
            self.add_error(None, str(refused) or _("You may not change this record."))
        except ValidationError as refused:
            self._take_errors(refused)

    def _take_missing_codes(self) -> None:
        missing = dict(self.instance.missing)
        for name, field in self.fields.items():
            if not isinstance(field, MissingCodeFormField) or name not in self.cleaned_data:
                continue
            explained = field.explains
            code = self.cleaned_data[name]
            answered = self.cleaned_data.get(explained) not in (None, "")
            if answered and code == self.initial.get(name) and explained in self.changed_data:
                code = ""  # the value has been found: the old reason for its absence goes by itself
            if code:
                missing[explained] = code
            else:
                missing.pop(explained, None)
        self.instance.missing = missing

    def _take_errors(self, refused: ValidationError) -> None:
        """Put every message at its field; what belongs to a field that is not shown stands above the form."""
        messages = (
            refused.error_dict if hasattr(refused, "error_dict") else {NON_FIELD_ERRORS: refused.error_list}
        )
        for name, errors in messages.items():
            if name in self.errors:
                continue  # the value could not even be read; one message is enough
            if (
                name == NON_FIELD_ERRORS
                and any(error.code == "reason" for error in errors)
                and "reason" in self.fields
            ):
                self.add_error("reason", errors)
            elif name in self.fields:
                self.add_error(name, errors)
            else:
                self.add_error(None, errors)

    # -- afterwards ----------------------------------------------------------------------------------------------

    @property
    def crossings(self) -> list[limits.Crossing]:
        """Unusual values that nobody has explained yet, of the record as it stands in the form."""
        try:
            return limits.unconfirmed(self.instance)
        except (TypeError, ValueError, AttributeError):
            return []  # a half-readable record has its errors shown already

    def save(self, commit: bool = True) -> Any:
        """Write through the door; with ``commit=False`` only hand over the record, as the admin wants it."""
        if self.errors:
            raise ValueError("The form has errors.")
        if not commit:
            self.save_m2m = lambda: None  # type: ignore[method-assign]
            return self.instance
        return records.save(self.instance, **self.door_arguments())
