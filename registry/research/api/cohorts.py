"""Cohorts over HTTP: made, read, changed to a new version, deleted; and counted before anything is kept."""

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from registry.core.api import problems
from registry.core.api.fields import TEXT, ShownField
from registry.core.api.parsers import StrictJSONParser
from registry.core.api.views import ReadOnlyRecordViewSet, version_of
from registry.research.api.cohort_schema import (
    BODY,
    COUNTS,
    EXAMPLES,
    VERSIONS,
    CohortSchema,
    answers,
)
from registry.research.cohorts import keeping
from registry.research.cohorts.checking import DEEPEST, read
from registry.research.cohorts.choosing import Chosen, of_version
from registry.research.cohorts.counts import counted, counted_parts
from registry.research.cohorts.document import Definition
from registry.research.cohorts.sentence import diagnosis_labels, phrase, sentence, sentence_of
from registry.research.models import Cohort


class DefinitionParser(StrictJSONParser):
    """JSON that may nest as deeply as a definition may; what is deeper is refused by the definition, at its path."""

    deepest = 50 * DEEPEST


def counts_of(definition: Definition, user: Any) -> dict[str, Any]:
    """What a definition finds, each number beside what it is the number of."""
    found = counted(definition, user).as_json()
    diagnoses = diagnosis_labels()
    parts = counted_parts(definition)
    found["conditions"] = [
        {**counts, "condition": phrase(parts[counts["path"]], diagnoses)} for counts in found["conditions"]
    ]
    for arm, counts in zip(definition.arms, found["arms"], strict=True):
        counts |= {"label": arm.label, "condition": phrase(arm.where, diagnoses)}
    return {"sentence": sentence(definition, diagnoses), **found}


class CohortSerializer(serializers.ModelSerializer):
    """A cohort with the version in force, or with the one that was asked for."""

    embedding = None

    class Meta:
        model = Cohort
        fields: tuple[str, ...] = (
            "id",
            "slug",
            "title",
            "owner",
            "shared",
            "version",
            "sha256",
            "sentence",
            "created_at",
            "updated_at",
        )

    @classmethod
    def model(cls) -> Any:
        return cls.Meta.model

    def get_fields(self) -> dict[str, Any]:
        when = {"type": "string", "format": "date-time"}
        return {
            "id": ShownField(of=lambda cohort: cohort.slug, schema=TEXT, help_text="The same as slug."),
            "slug": ShownField(
                of=lambda cohort: cohort.slug,
                schema=TEXT,
                help_text="Names the cohort in addresses and in exports (?cohort=…).",
            ),
            "title": ShownField(of=lambda cohort: cohort.title, schema=TEXT),
            "owner": ShownField(of=lambda cohort: cohort.owner.get_username(), schema=TEXT),
            "shared": ShownField(
                of=lambda cohort: cohort.shared,
                schema={"type": "boolean"},
                help_text="Everyone signed in may read the definition; the cases are always by the reader's rights.",
            ),
            "version": ShownField(of=lambda cohort: self.version(cohort).number, schema={"type": "integer"}),
            "sha256": ShownField(
                of=lambda cohort: self.version(cohort).sha256,
                schema=TEXT,
                help_text="Of the definition in its canonical form.",
            ),
            "sentence": ShownField(
                of=self.sentence, schema=TEXT, help_text="The definition as one sentence."
            ),
            "created_at": ShownField(of=lambda cohort: cohort.created_at, schema=when),
            "updated_at": ShownField(of=lambda cohort: cohort.updated_at, schema=when),
        }

    def version(self, cohort: Cohort) -> Any:
        """The version shown; a view that shows another than the latest passes it along."""
        return self.context.get("version") or cohort.latest

    @cached_property
    def diagnoses(self) -> dict[str, str]:
        return diagnosis_labels()

    def sentence(self, cohort: Cohort) -> str:
        return sentence_of(self.version(cohort), self.diagnoses)


class WholeCohortSerializer(CohortSerializer):
    """A cohort with its definition, what it finds for the reader, and the versions there were."""

    class Meta(CohortSerializer.Meta):
        fields = (*CohortSerializer.Meta.fields, "definition", "counts", "versions")

    def get_fields(self) -> dict[str, Any]:
        return {
            **super().get_fields(),
            "definition": ShownField(
                of=lambda cohort: self.version(cohort).definition, schema={"type": "object"}
            ),
            "counts": ShownField(of=self.counts, schema=COUNTS),
            "versions": ShownField(of=_versions, schema=VERSIONS),
        }

    def counts(self, cohort: Cohort) -> dict[str, Any]:
        return counts_of(self.version(cohort).definition_document(), self.context["request"].user)


def _versions(cohort: Cohort) -> list[dict[str, Any]]:
    """When the cohort was changed, and by whom; the latest first."""
    return [
        {
            "version": version.number,
            "at": version.at.isoformat(),
            "by": version.by_name,
            "sha256": version.sha256,
        }
        for version in cohort.versions.defer("definition")
    ]


class CohortViewSet(ReadOnlyRecordViewSet):
    """Your cohorts, and those that others share."""

    schema = CohortSchema()
    serializer_class: Any = CohortSerializer
    parser_classes = (DefinitionParser,)
    http_method_names = ("get", "head", "post", "put", "delete")
    addressed_by = ("slug",)
    orderings: ClassVar = {"title": "title", "updated_at": "updated_at", "created_at": "created_at"}
    default_ordering = ("-updated_at",)
    reading_actions = frozenset({"preview"})
    detail_parameters: ClassVar = {"GET": frozenset({"version"}), "HEAD": frozenset({"version"})}

    @property
    def opens_to_aggregate(self) -> bool:
        """The list shows no patient; numbers counted on the spot would, by the difference of two of them."""
        return self.action == "list"

    def scoped_rows(self) -> QuerySet:
        return Cohort.objects.for_user(self.request.user)

    def get_queryset(self) -> QuerySet:
        return self.scoped_rows().with_latest()  # type: ignore[attr-defined]

    @extend_schema(responses=answers(200, WholeCohortSerializer), parameters=[CohortSchema.VERSION])
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        cohort = self.get_object()
        return self.whole(of_version(cohort, request.query_params.get("version"), request.user))

    @extend_schema(request=BODY, responses=answers(201, WholeCohortSerializer), examples=EXAMPLES)
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Keep a definition as a new cohort of yours."""
        definition, shared = self.body()
        cohort = keeping.create(definition, request.user, shared=bool(shared))
        here = request.build_absolute_uri(request.path)
        return self.whole(of_version(cohort, None, request.user), 201, Location=f"{here}{cohort.slug}/")

    @extend_schema(request=BODY, responses=answers(200, WholeCohortSerializer), examples=EXAMPLES)
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Keep a changed definition as the next version; the same definition once more makes none."""
        cohort = self.own()
        base = _base(request)
        definition, shared = self.body()
        try:
            cohort = keeping.change(cohort, definition, request.user, shared=shared, base=base)
        except keeping.StaleVersion as stale:
            message = _("Version %(number)d was made meanwhile, by %(by)s. Read it and repeat the change.")
            latest = stale.latest
            raise problems.Problem(409, message % {"number": latest.number, "by": latest.by_name}) from None
        return self.whole(of_version(cohort, None, request.user))

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete a cohort of yours with all its versions. Receipts of exports keep their copy of the definition."""
        try:
            keeping.delete(self.own())
        except ValidationError as refused:
            raise problems.Problem(409, refused.messages[0]) from None
        return Response(status=204)

    @extend_schema(request=BODY, responses=answers(200, COUNTS), examples=EXAMPLES)
    @action(detail=False, methods=["post"], filter_backends=(), pagination_class=None)
    def preview(self, request: Request) -> Response:
        """Count what a definition finds, without keeping it."""
        definition, _shared = self.body()
        return Response(counts_of(definition, request.user))

    # -- what these share --------------------------------------------------------------------------------------------

    def own(self) -> Cohort:
        """The cohort at this address, for its owner."""
        cohort = self.get_object()
        if not cohort.may_change(self.request.user):
            raise problems.Problem(403, _("This cohort is %(owner)s’s.") % {"owner": cohort.owner})
        return cohort

    def body(self) -> tuple[Definition, bool | None]:
        """The definition that was sent, and whether it is to be shared, which is no part of it."""
        data = dict(self.request.data)
        shared = data.pop("shared", None)
        if shared is not None and not isinstance(shared, bool):
            raise problems.invalid({"shared": [_("Enter true or false.")]})
        return read(data, self.request.user), shared

    def whole(self, chosen: Chosen, status: int = 200, **headers: str) -> Response:
        context = {**self.get_serializer_context(), "version": chosen.version}
        shown = WholeCohortSerializer(chosen.cohort, context=context).data
        return Response(shown, status=status, headers={"ETag": f'"{chosen.version.number}"', **headers})


def _base(request: Request) -> int | None:
    """The version that a change was made from, where If-Match names one."""
    try:
        return version_of(None, request.headers.get("If-Match"))
    except ValidationError as refused:
        raise problems.invalid({"If-Match": refused.messages}) from None
