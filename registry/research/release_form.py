"""The form that freezes a cohort."""

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registry.research.models.cohort import LONGEST_TITLE
from registry.research.models.release import LONGEST_NOTES
from registry.research.releases.wish import Wish


class ReleaseForm(forms.Form):
    """Title, authors and notes, as they will be cited; ``token`` makes a second click no second release."""

    title = forms.CharField(label=_("Title"), required=False, max_length=LONGEST_TITLE)
    authors = forms.CharField(
        label=_("Authors"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One on each line, as “Family, Given”. A group is written without a comma."),
    )
    notes = forms.CharField(
        label=_("Notes"),
        required=False,
        max_length=LONGEST_NOTES,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What a reader of the files should know."),
    )
    token = forms.UUIDField(widget=forms.HiddenInput)

    wish: Wish

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors:
            try:
                self.wish = Wish.read(given["title"], given["authors"], given["notes"], given["token"])
            except ValidationError as refused:
                for name, messages in refused.message_dict.items():
                    self.add_error(name, messages)
        return given

    def refuse(self, refused: ValidationError) -> None:
        """Say why it was not frozen. Words changed after they had been sent make another release, if that is meant."""
        if "token" not in refused.message_dict:
            self.add_error(None, refused.messages)
            return
        self.add_error(
            None, _("This form has been sent before, with other words. Freeze again to make another release.")
        )
        self.data = {**{name: self.data.get(name, "") for name in self.fields}, "token": str(uuid.uuid4())}
