"""The API's description (OpenAPI 3.1): fields say unit, range and codes as the rules declare them."""

from typing import Any

from django.db import models
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from registry.core import fields as core_fields
from registry.core.api.fields import ColumnField, DerivedField, MissingField, ReferenceField, ShownField
from registry.core.api.shown import ShownRecordSerializer
from registry.core.rules import Between, range_of


class ProblemSerializer(serializers.Serializer):
    """Why a request was refused (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="One sentence that says what is wrong.")
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="Field → messages; nested fields with a point, such as details.blood_loss_ml.",
    )


class DifferenceSerializer(serializers.Serializer):
    """A field that two people changed differently."""

    field = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    yours = serializers.JSONField(allow_null=True)
    theirs = serializers.JSONField(allow_null=True)


class ConflictSerializer(ProblemSerializer):
    """The record has changed since it was read: both values, and the record as it stands."""

    differences = DifferenceSerializer(many=True, required=False)
    current = serializers.DictField(required=False)


_REFUSALS = {
    400: "A value, a field or a parameter is not valid; see errors.",
    401: "Sign in, or send a token.",
    403: "You may not do this.",
    404: "There is nothing at this address, or you may not see it.",
    405: "The method is not offered here.",
    406: "The API answers in JSON only.",
    409: "The record has changed since it was read.",
    413: "The request is too large.",
    415: "Send JSON.",
    423: "The record is locked: its case is signed, or frozen by a curator.",
    428: "Name the version that you read.",
    429: "Too many requests, or too much at once. Retry-After says in how many seconds to ask again.",
}
_BY_METHOD = {
    "GET": (400, 401, 403, 404, 406),
    "POST": (400, 401, 403, 404, 406, 409, 413, 415, 423),
    "PUT": (400, 401, 403, 404, 406, 409, 413, 415, 423),
    "PATCH": (400, 401, 403, 404, 406, 409, 413, 415, 423, 428),
    "DELETE": (400, 401, 403, 404, 406, 409, 413, 415, 423, 428),
}
_MEDIA = "application/problem+json"


def refusals(method: str) -> dict[Any, Any]:
    """How an operation of this method may be refused."""
    return {
        (status, _MEDIA): OpenApiResponse(
            ConflictSerializer if status == 409 else ProblemSerializer, description=_REFUSALS[status]
        )
        for status in _BY_METHOD[method]
    }


def with_limits(result: Any, generator: Any, request: Any, public: bool) -> Any:
    """Every operation may be refused for its sender: without one, beyond its scope, or because there were too many."""
    content = {_MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in result["paths"].values():
        for operation in path.values():
            if not isinstance(operation, dict):
                continue
            responses = operation.setdefault("responses", {})
            for status in (401, 403, 429):
                responses.setdefault(str(status), {"description": _REFUSALS[status], "content": content})
            responses["429"]["headers"] = {
                "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}
            }
    return result


def kinds_may_overlap(result: Any, generator: Any, request: Any, public: bool) -> Any:
    """One of several shapes means any of them: what one kind holds can be all that another kind needs."""
    for shape in result["components"]["schemas"].values():
        if "oneOf" in shape:
            shape["anyOf"] = shape.pop("oneOf")
    return result


class RecordSchema(AutoSchema):
    """Adds the refusals to every operation, and tells the operations of the resources apart."""

    view: Any

    def get_response_serializers(self) -> Any:
        success = super().get_response_serializers()
        code = {"POST": 201, "DELETE": 204}.get(self.method, 200)
        answers: dict[Any, Any] = {code: OpenApiResponse(description="Deleted.") if code == 204 else success}
        return answers | refusals(self.method)

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        """What an answer always holds (not what is left out in lists, or for some), and what a new record needs."""
        shape = super()._map_basic_serializer(serializer, direction)
        if not isinstance(serializer, ShownRecordSerializer):
            return shape
        shape.pop("required", None)
        if direction == "response":
            absent = {"warnings", *serializer.detail_only}
            if serializer.scoped():
                absent |= serializer.identifying_names()
            required = [name for name in shape["properties"] if name not in absent]
        elif self.method == "PATCH":
            required = []
        else:
            required = [
                name
                for name, field in serializer.fields.items()
                if isinstance(field, ColumnField | ReferenceField)
                and field.must_have_value
                and not field.column.has_default()
            ]
        if required:
            shape["required"] = required
        return shape

    def get_override_parameters(self) -> list[Any]:
        if self.method not in ("PATCH", "DELETE"):
            return []
        from drf_spectacular.utils import OpenApiParameter

        found = [
            OpenApiParameter(
                "If-Match", str, OpenApiParameter.HEADER, description='The version that was read, as "3".'
            )
        ]
        if self.method == "DELETE":
            found += [
                OpenApiParameter(
                    "version", int, OpenApiParameter.QUERY, description="The version that was read."
                ),
                OpenApiParameter(
                    "reason",
                    str,
                    OpenApiParameter.QUERY,
                    description="Why; needed once the case is complete.",
                ),
            ]
        return found

    def get_summary(self) -> str | None:
        meta = self.view.serializer_class.model()._meta
        if getattr(self.view, "action", "") == "list":
            return f"List {meta.verbose_name_plural}"
        verb = {"GET": "Read", "POST": "Create", "PUT": "Change", "PATCH": "Change", "DELETE": "Delete"}[
            self.method
        ]
        name = str(meta.verbose_name)
        return f"{verb} {'an' if name[0] in 'aeiou' else 'a'} {name}"

    def get_description(self) -> str:  # type: ignore[override]
        return (type(self.view).__doc__ or "").strip()

    def _resolve_path_parameters(self, variables: list[str]) -> list[Any]:
        return [
            {
                "name": variable,
                "in": "path",
                "required": True,
                "schema": {"type": "string"},
                "description": " or ".join(
                    "public id" if column == "uuid" else column for column in self.view.addressed_by
                ).capitalize()
                + ".",
            }
            for variable in variables
        ]


class _ColumnExtension(OpenApiSerializerFieldExtension):
    """Null is added by the generator, to every field that allows it."""

    target_class = "registry.core.api.fields.ColumnField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        field: ColumnField = self.target
        column = field.column
        if isinstance(column, models.DecimalField | models.IntegerField):
            return self._number(field, direction)
        if isinstance(column, models.BooleanField):
            return {"type": "boolean"}
        if isinstance(column, models.DateTimeField):
            return {"type": "string", "format": "date-time"}
        if isinstance(column, models.DateField):
            return {"type": "string", "format": "date"}
        if isinstance(column, models.JSONField):
            return {"type": "array", "items": {"type": "string"}}
        if isinstance(column, core_fields.CodeSetField):
            listed = [{"type": "array", "items": {"type": "string"}}] if direction == "request" else []
            plain = {"type": "string"}
            return {"anyOf": [plain, *listed]} if listed else plain
        if field.rule is not None:
            return {"anyOf": [{"type": "string", "enum": [str(code) for code in field.rule.codes]}]}
        return {"type": "string"}

    @staticmethod
    def _number(field: ColumnField, direction: str) -> dict[str, Any]:
        column = field.column
        kind = "integer" if isinstance(column, models.IntegerField) else "number"
        limits = range_of(column.model, column.name)
        shape: dict[str, Any] = {"type": kind}
        if isinstance(limits, Between):
            shape["exclusiveMinimum" if limits.above else "minimum"] = float(limits.low)
            shape["maximum"] = float(limits.high)
        if direction == "request":
            # As in every form, 6,8 and 6.8 are read.
            return {"anyOf": [shape, {"type": "string"}]}
        return shape


class _MissingExtension(OpenApiSerializerFieldExtension):
    target_class = "registry.core.api.fields.MissingField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "enum": MissingField.codes()}]}


class _DerivedExtension(OpenApiSerializerFieldExtension):
    target_class = "registry.core.api.fields.DerivedField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        field: DerivedField = self.target
        if field.derived.codes:
            return {"anyOf": [{"type": "string", "enum": list(field.derived.codes)}, {"type": "null"}]}
        kind = {"number": "number", "boolean": "boolean"}.get(field.derived.kind, "string")
        return {"type": [kind, "null"]}


class _ShownExtension(OpenApiSerializerFieldExtension):
    target_class = "registry.core.api.fields.ShownField"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        field: ShownField = self.target
        return dict(field.schema)


class _ReferenceExtension(OpenApiSerializerFieldExtension):
    target_class = "registry.core.api.fields.ReferenceField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        field: ReferenceField = self.target
        shape: dict[str, Any] = {"type": "string"}
        if field.key == "uuid":
            shape["format"] = "uuid"
        return shape
