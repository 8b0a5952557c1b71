"""Centres in the API."""

from operator import attrgetter
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from registry.access import scope
from registry.access.models import Center
from registry.core.api.fields import ID, ShownField
from registry.core.api.views import ReadOnlyRecordViewSet


class CenterSerializer(serializers.ModelSerializer):
    """A centre whose records the user may see."""

    embedding = None

    class Meta:
        model = Center
        fields = ("id", "center", "name", "city", "country", "kind", "may_write", "may_identify")

    @classmethod
    def model(cls) -> Any:
        return cls.Meta.model

    def get_fields(self) -> dict[str, Any]:
        text = {"type": "string"}
        boolean = {"type": "boolean"}
        return {
            "id": ShownField(of=lambda center: str(center.uuid), schema=ID),
            "center": ShownField(
                of=lambda center: center.code, schema=text, help_text=_("The centre’s code.")
            ),
            **{name: ShownField(of=attrgetter(name), schema=text) for name in ("name", "city", "country")},
            "kind": ShownField(of=lambda center: center.kind, schema={"type": "string"}),
            "may_write": ShownField(
                of=lambda center: scope.may_write_in(self.user, center.pk),
                schema=boolean,
                help_text=_("Whether you may write records of this centre."),
            ),
            "may_identify": ShownField(
                of=lambda center: scope.may_identify(self.user, center.pk),
                schema=boolean,
                help_text=_(
                    "Whether you see dates, birth years, hospital numbers and free text of this centre."
                ),
            ),
        }

    @property
    def user(self) -> Any:
        return self.context["request"].user


class CenterViewSet(ReadOnlyRecordViewSet):
    """Your own centres and those of the published series."""

    serializer_class: Any = CenterSerializer
    opens_to_aggregate = True
    addressed_by = ("code", "uuid")
    orderings = {"center": "code", "name": "name"}
    default_ordering = ("center",)

    def scoped_rows(self) -> QuerySet:
        return scope.visible_centers(self.request.user)

    def headers_of(self, record: Any) -> dict[str, str]:
        return {}
