"""How a release is shown to its owner over HTTP."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.reverse import reverse

from registry.core.api.fields import TEXT, TEXTS, ShownField
from registry.research.api.release_schema import FILES, RERUN, RESULTS
from registry.research.models import Release
from registry.research.releases import citation, rebuilding
from registry.research.releases.standing import Standing

#: Named as such in the API's description, by SPECTACULAR_SETTINGS.
STATES = list(Release.State.values)


class ReleaseSerializer(serializers.ModelSerializer):
    """A release as its owner sees it."""

    embedding = None

    class Meta:
        model = Release
        fields: tuple[str, ...] = (
            "id",
            "slug",
            "title",
            "authors",
            "state",
            "message",
            "created_at",
            "cohort",
            "version",
            "sentence",
            "change",
            "profile",
            "software",
            "rows",
            "manifest_sha256",
            "replaces",
        )

    @classmethod
    def model(cls) -> Any:
        return cls.Meta.model

    def get_fields(self) -> dict[str, Any]:
        number, when = {"type": "integer"}, {"type": "string", "format": "date-time"}
        return {
            "id": ShownField(of=lambda one: one.slug, schema=TEXT, help_text="The same as slug."),
            "slug": ShownField(of=lambda one: one.slug, schema=TEXT),
            "title": ShownField(of=lambda one: one.title, schema=TEXT),
            "authors": ShownField(of=lambda one: one.authors, schema=TEXTS),
            "state": ShownField(of=lambda one: one.state, schema={**TEXT, "enum": STATES}),
            "message": ShownField(
                of=lambda one: str(one.get_failure_display()) if one.failure else "",
                schema=TEXT,
                help_text="Why there are no files.",
            ),
            "created_at": ShownField(of=lambda one: one.created_at, schema=when),
            "cohort": ShownField(of=lambda one: one.cohort_version.cohort.slug, schema=TEXT),
            "version": ShownField(
                of=lambda one: one.cohort_version.number, schema=number, help_text="Of the cohort."
            ),
            "sentence": ShownField(of=lambda one: one.sentence, schema=TEXT),
            "change": ShownField(
                of=lambda one: one.sequence,
                schema=number,
                help_text="The data are as they were after this change of the registry.",
            ),
            "profile": ShownField(of=lambda one: one.profile, schema=TEXT),
            "software": ShownField(of=lambda one: one.software, schema=TEXT),
            "rows": ShownField(of=lambda one: one.rows, schema=number),
            "manifest_sha256": ShownField(
                of=lambda one: one.manifest_sha256,
                schema=TEXT,
                help_text="SHA-256 of MANIFEST, which has that of every other file.",
            ),
            "replaces": ShownField(
                of=lambda one: one.replaces.slug if one.replaces else None,
                help_text="The release that this one is an edition of, without patients who withdrew since.",
            ),
        }


class WholeReleaseSerializer(ReleaseSerializer):
    """A release with its files, main results, citation, and what the last rerun gave."""

    class Meta(ReleaseSerializer.Meta):
        fields = (
            *ReleaseSerializer.Meta.fields,
            "notes",
            "withheld",
            "files",
            "results",
            "citation",
            "rerun",
        )

    def get_fields(self) -> dict[str, Any]:
        return {
            **super().get_fields(),
            "notes": ShownField(of=lambda one: one.notes, schema=TEXT),
            "withheld": ShownField(
                of=lambda one: self.standing(one).why,
                schema=TEXT,
                help_text="Why tables are handed out no more.",
            ),
            "files": ShownField(of=self.files, schema=FILES),
            "results": ShownField(of=self.results, schema=RESULTS),
            "citation": ShownField(of=cited, schema=TEXT),
            "rerun": ShownField(of=self.rerun, schema=RERUN, help_text="What the last rerun gave."),
        }

    def standing(self, release: Release) -> Standing:
        found: Standing = self.context["standing"]
        return found

    def files(self, release: Release) -> list[dict[str, Any]]:
        withholds, request = self.standing(release).withholds, self.context["request"]
        return [
            {**file, "url": None if withholds(file) else _address_of(release, file["file"], request)}
            for file in release.files
        ]

    def results(self, release: Release) -> list[dict[str, Any]]:
        return [] if self.standing(release).lost else release.results

    def rerun(self, release: Release) -> dict[str, Any] | None:
        return last_rerun(release, self.standing(release))


def _address_of(release: Release, name: str, request: Request) -> str:
    return reverse("api-releases-file", args=[release.slug, name], request=request)


def cited(release: Release) -> str:
    """How it is cited; nothing before it is whole."""
    return citation.as_text(release).strip() if release.is_ready else ""


def last_rerun(release: Release, how: Standing) -> dict[str, Any] | None:
    """What came of the last rerun, in words where nothing came of it; rows and cells only while tables are read."""
    if release.rerun is None:
        return None
    said = {name: value for name, value in release.rerun.items() if name not in ("draft", "failure")}
    if how.why and "files" in said:
        hidden = ("difference", "line")
        said["files"] = [
            {name: value for name, value in file.items() if name not in hidden} for file in said["files"]
        ]
    failure = release.rerun.get("failure")
    return {**said, "message": str(rebuilding.REASONS[failure])} if failure else said
