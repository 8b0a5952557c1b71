"""The four kinds of procedure and what belongs to each: details model, form, serializer, template.

A fifth kind is a details model with its form, serializer and template, and one line in ``KINDS``.
"""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.utils.module_loading import import_string

from procedures import codes


@dataclass(frozen=True)
class KindOfProcedure:
    """One kind. Form and serializer are named by dotted path, so that this module stays below both."""

    kind: codes.Kind
    model_name: str
    form_path: str
    serializer_path: str
    template: str

    @property
    def label(self) -> str:
        return str(self.kind.label)

    @property
    def accessor(self) -> str:
        """The attribute of a procedure that leads to its details row."""
        return f"{self.kind}_details"

    @property
    def details_model(self) -> Any:
        return apps.get_model("procedures", self.model_name)

    @property
    def form(self) -> Any:
        return import_string(self.form_path)

    @property
    def serializer(self) -> Any:
        return import_string(self.serializer_path)


def _kind(kind: codes.Kind, name: str) -> KindOfProcedure:
    return KindOfProcedure(
        kind,
        model_name=f"{name}Details",
        form_path=f"procedures.forms.{name}DetailsForm",
        serializer_path=f"procedures.api.{name}DetailsSerializer",
        template=f"procedures/_{kind}_details.html",
    )


#: kind → what belongs to it, in the order in which a strategy names the kinds.
KINDS: dict[str, KindOfProcedure] = {
    str(kind): _kind(kind, name)
    for kind, name in (
        (codes.Kind.REBOA, "Reboa"),
        (codes.Kind.VERTEBROPLASTY, "Vertebroplasty"),
        (codes.Kind.SACROPLASTY, "Sacroplasty"),
        (codes.Kind.RFA, "Rfa"),
    )
}


def of(kind: str | None) -> KindOfProcedure | None:
    """What belongs to this kind; ``None`` for a code that is none."""
    return KINDS.get(str(kind)) if kind else None
