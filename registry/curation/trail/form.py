"""The filters of the history: what can be asked, and what cannot be read is named at its field."""

import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.views.case_filters import DayField
from registry.access.models import Center
from registry.access.scope import writable_centers
from registry.core.reading import refuse_nul
from registry.curation.trail.kinds import kinds, shown_fields
from registry.curation.trail.search import ADDED, CHANGED, DELETED, Search

ALL = [("", gettext_lazy("All"))]
CHANGES = {"added": ADDED, "changed": CHANGED, "deleted": DELETED}


class HistoryFilter(forms.Form):
    """Centre, person, kind of record, kind of change, field, days, and reason."""

    center = forms.ChoiceField(label=gettext_lazy("Centre"), required=False)
    user = forms.CharField(label=gettext_lazy("By"), required=False, max_length=150)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of record"), required=False)
    field = forms.ChoiceField(label=gettext_lazy("Field"), required=False)
    change = forms.ChoiceField(
        label=gettext_lazy("Change"),
        required=False,
        choices=[
            *ALL,
            ("added", gettext_lazy("added")),
            ("changed", gettext_lazy("changed")),
            ("deleted", gettext_lazy("deleted")),
        ],
    )
    since = DayField(label=gettext_lazy("From"), required=False)
    until = DayField(label=gettext_lazy("To"), required=False)
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        required=False,
        choices=[*ALL, ("yes", gettext_lazy("given")), ("no", gettext_lazy("not given"))],
    )
    q = forms.CharField(label=gettext_lazy("Words of the reason"), required=False, max_length=100)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.everything = bool(user.is_superuser)
        own = Center.objects.all() if self.everything else writable_centers(user)
        self.centers = {center.code: center for center in own.order_by("kind", "code")}
        self._choose("center", [(code, f"{code} · {center.name}") for code, center in self.centers.items()])
        models = {model._meta.label_lower: model for model in kinds(everything=self.everything)}
        named = [(kind, capfirst(str(model._meta.verbose_name))) for kind, model in models.items()]
        self._choose("kind", sorted(named, key=lambda choice: choice[1].casefold()))
        chosen = models.get(self.data.get("kind", ""))
        self._choose("field", shown_fields(chosen) if chosen is not None else [])
        if chosen is None:
            self.fields["field"].widget.attrs["disabled"] = True
            self.fields["field"].choices = [("", _("choose a kind of record first"))]  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            field.widget.attrs["class"] = (
                "form-select" if isinstance(field, forms.ChoiceField) else "form-control"
            )
            field.widget.attrs.setdefault("id", f"id_{name}")

    def _choose(self, name: str, choices: Any) -> None:
        self.fields[name].choices = [*ALL, *choices]  # type: ignore[attr-defined]

    def clean_user(self) -> str:
        return refuse_nul(self.cleaned_data["user"]).strip()

    def clean_q(self) -> str:
        return refuse_nul(self.cleaned_data["q"]).strip()

    def search(self) -> Search:
        """What the valid form asks for."""
        said = self.cleaned_data
        if said["center"]:
            centers: tuple[int, ...] | None = (self.centers[said["center"]].pk,)
        else:
            centers = None if self.everything else tuple(center.pk for center in self.centers.values())
        return Search(
            centers=centers,
            user=said["user"],
            kind=said["kind"],
            change=CHANGES.get(said["change"], ""),
            field=said["field"] if said["kind"] else "",
            since=_midnight(said["since"]) if said["since"] else None,
            until=_midnight(said["until"] + datetime.timedelta(days=1)) if said["until"] else None,
            reason=said["reason"],
            text=said["q"],
        )


def _midnight(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))
