"""The form of a month of the ascertainment log."""

from typing import Any

from procedures.codes import Kind
from registry.core.forms.record import RecordForm
from registry.curation.models import AscertainmentMonth
from registry.curation.models.ascertainment import REASONS

FIELDS = tuple(f"{kind}_{name}" for kind in Kind.values for name in ("eligible", *REASONS, "text"))


class AscertainmentForm(RecordForm):
    """The figures of the four kinds."""

    class Meta:
        model = AscertainmentMonth
        fields = FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in FIELDS:
            if not name.endswith("_text"):
                self.fields[name].widget.attrs |= {"inputmode": "numeric", "class": "form-control count"}
            self.fields[name].required = False
        # A figure is a number, or it is not there yet; why it is not is no question of this log.
        for kind in Kind.values:
            self.fields.pop(f"{kind}_eligible__missing", None)

    def clean(self) -> dict[str, Any]:
        """A reason that is left empty was not met with."""
        data = super().clean() or self.cleaned_data
        for kind in Kind.values:
            for name in REASONS:
                if f"{kind}_{name}" in data and data[f"{kind}_{name}"] is None:
                    data[f"{kind}_{name}"] = 0
        return data
