"""Which fields a record has in the API, and the record as JSON."""

import copy
from typing import Any, ClassVar

from django.core.exceptions import NON_FIELD_ERRORS
from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.fields import SkipField

from registry.core import limits, policies
from registry.core.api import problems
from registry.core.api.embedding import Embedding
from registry.core.api.fields import (
    ID,
    TEXTS,
    WARNINGS,
    ColumnField,
    DerivedField,
    MissingField,
    ReferenceField,
    ShownField,
    describe,
    missing_name,
    value_out,
)
from registry.core.models import Record

#: Columns that every record has and that have their own place in the JSON.
_OWN_PLACE = frozenset(
    [
        "id",
        "uuid",
        "version",
        "created_at",
        "created_by",
        "modified_at",
        "modified_by",
        "missing",
        "confirmed",
    ]
)


class ShownRecordSerializer(serializers.ModelSerializer):
    """A record with everything it has, in one order: keys, columns with their missing codes, what is derived.

    Subclasses name their ``Meta.model``, the ``own_key`` under which other tables refer to the record, and declare
    the keys of what lies above.
    """

    #: ``lesion_id``: the record's id once more, under the name by which tables are joined.
    own_key: ClassVar[str] = ""
    #: Columns that have another name in the API.
    renamed: ClassVar[dict[str, str]] = {}
    #: Columns that the API does not show.
    left_out: ClassVar[frozenset[str]] = frozenset()
    #: Columns shown with the single record only, never in lists or inside other records.
    detail_only: ClassVar[frozenset[str]] = frozenset()
    embedding: ClassVar[Embedding | None] = None

    class Meta:
        model: Any = None

    # -- fields --------------------------------------------------------------------------------------------------

    @classmethod
    def model(cls) -> Any:
        return cls.Meta.model

    @classmethod
    def api_name(cls, column: models.Field) -> str:
        """The name of a column in the API: ``case`` is ``case_id``, as its value is the id."""
        return cls.renamed.get(column.name) or (f"{column.name}_id" if column.is_relation else column.name)

    @classmethod
    def columns(cls) -> list[models.Field]:
        return [
            column
            for column in cls.model()._meta.concrete_fields
            if column.name not in _OWN_PLACE and column.name not in cls.left_out and column.editable
        ]

    @classmethod
    def named(cls, field_name: str) -> str:
        """A model's field as the API names it."""
        if field_name == NON_FIELD_ERRORS:
            return problems.NO_FIELD
        column = next((each for each in cls.columns() if each.name == field_name), None)
        return cls.api_name(column) if column is not None else field_name

    def get_fields(self) -> dict[str, serializers.Field]:
        model = self.model()
        found: dict[str, Any] = {"id": ShownField(of=lambda record: str(record.uuid), schema=ID)}
        if self.own_key:
            found[self.own_key] = ShownField(of=lambda record: str(record.uuid), schema=ID)
        declared = copy.deepcopy(self._declared_fields)
        found.update(self.key_fields())
        found.update(declared)
        missable = model.missable_fields()
        for column in self.columns():
            name = self.api_name(column)
            if name not in found:
                found[name] = self.column_field(column)
            if column.name in missable:
                found[missing_name(name)] = MissingField(
                    explains=column.name, help_text=_("Why %(name)s is missing.") % {"name": name}
                )
        derived = [*model.derived, *(self.embedding.derived.values() if self.embedding else ())]
        found.update(
            {value.name: DerivedField(derived=value) for value in derived if value.name not in found}
        )
        found.update(self.shown_fields())
        if self.embedding:
            found.update({name: embedded.field() for name, embedded in self.embedding.embedded.items()})
        found["version"] = serializers.IntegerField(
            required=False, min_value=1, help_text=_("The version that was read; a change must name it.")
        )
        if self.scoped():
            found["warnings"] = ShownField(
                of=self.warnings_of,
                schema=WARNINGS,
                help_text=_("Unusual values that nobody has explained; shown with the single record."),
            )
            found["withheld"] = ShownField(
                of=lambda record: [],
                schema=TEXTS,
                help_text=_("Fields that you may not see and that are left out."),
            )
            found["reason"] = serializers.CharField(
                write_only=True, required=False, help_text=_("Why; needed once the case is complete.")
            )
            found["confirm"] = serializers.DictField(
                child=serializers.CharField(),
                write_only=True,
                required=False,
                help_text=_("Field → reason, for values outside the usual range."),
            )
        return found

    def key_fields(self) -> dict[str, Any]:
        """The ids and codes of what lies above, by the names under which tables are joined."""
        return {}

    def shown_fields(self) -> dict[str, Any]:
        """Whatever is shown beside columns and derived values."""
        return {}

    def column_field(self, column: models.Field) -> Any:
        help_text = describe(column)
        if column.is_relation:
            return ReferenceField(column=column, help_text=help_text)
        return ColumnField(column=column, help_text=help_text)

    @classmethod
    def scoped(cls) -> bool:
        """Whether the records belong to centres (clinical data), so that users may write and identity is kept."""
        return cls.model().center_path is not None

    # -- out -----------------------------------------------------------------------------------------------------

    @property
    def is_detail(self) -> bool:
        """Whether this is the single record that was asked for, not one in a list or inside another."""
        return self.parent is None

    def to_representation(self, instance: Record) -> dict[str, Any]:
        hidden = self.hidden_from_user(instance)
        shown: dict[str, Any] = {}
        withheld = []
        for name, field_ in self.fields.items():
            if field_.write_only:
                continue
            if name in hidden:
                withheld.append(name)
                continue
            if not self.is_detail and (name == "warnings" or name in self.detail_only):
                continue
            try:
                value = field_.get_attribute(instance)
            except SkipField:  # the one row that would stand here does not exist
                value = None
            shown[name] = None if value is None else field_.to_representation(value)
        if "withheld" in shown:
            shown["withheld"] = withheld
        return shown

    def hidden_from_user(self, instance: Record) -> frozenset[str]:
        """The names withheld because the user may not see who the patients of this centre are."""
        if self.may_identify(instance):
            return frozenset()
        return self.identifying_names()

    @classmethod
    def identifying_names(cls) -> frozenset[str]:
        return frozenset(cls.named(name) for name in cls.model().identifying()) | cls.also_identifying()

    @classmethod
    def also_identifying(cls) -> frozenset[str]:
        """Names shown beside the columns that would tell who a patient is."""
        return frozenset()

    def may_identify(self, instance: Record) -> bool:
        if not self.scoped():
            return True
        context: Any = self.context
        known = context.setdefault("_may_identify", {})
        center_id = instance.center_id_of()
        if center_id not in known:
            known[center_id] = policies.may_identify(self.context["request"].user, center_id)
        return known[center_id]

    def warnings_of(self, record: Record) -> list[dict[str, Any]]:
        """Soft limits that are crossed and unexplained; for those who see the values and could explain them."""
        if not self.may_identify(record):
            return []
        return [
            {
                "field": self.named(crossing.field),
                "limit": crossing.limit,
                "message": str(crossing.message),
                "value": value_out(crossing.value),
            }
            for crossing in limits.unconfirmed(record)
        ]
