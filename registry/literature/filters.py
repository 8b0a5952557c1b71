"""Filters of the literature's lists."""

import django_filters
from django.db.models import Q

from registry.core.api.filters import RecordFilter, by_code, by_integer, by_name, by_text
from registry.literature.models import Origin, Publication, Scope, Statistic, UnitOfAnalysis


def by_publication(path: str = "publication") -> RecordFilter:
    """Rows of one publication, named by its slug."""
    return by_name(path, Publication.objects.all, "slug", "publication")


class PublicationFilterSet(django_filters.FilterSet):
    publication = by_text("slug", "The publication’s slug.")
    year = by_integer("year")


class StudyArmFilterSet(django_filters.FilterSet):
    publication = by_publication()
    arm = by_text("code", "Code of the arm.")


class ReportedValueFilterSet(django_filters.FilterSet):
    publication = by_publication()
    arm = by_text(
        "arm__code",
        "Code of the arm; empty for values of the whole series.",
        takes_empty=True,
        condition=lambda code: Q(arm__code=code) if code else Q(arm__isnull=True),
    )
    variable = by_text("variable", "Name of the variable.")
    category = by_text("category", "Category of the variable.")
    time_point = by_text("time_point", "Time point, such as day_1.")
    statistic = by_code("statistic", Statistic.values)
    unit_of_analysis = by_code("unit_of_analysis", UnitOfAnalysis.values)
    origin = by_code("origin", Origin.values)


class CitedSeriesFilterSet(django_filters.FilterSet):
    publication = by_publication()


class SourceValueFilterSet(django_filters.FilterSet):
    publication = by_publication()
    record_type = by_text(
        "content_type__model",
        "Kind of record, such as lesion or treated_lesion.",
        condition=lambda name: Q(content_type__model=name.replace("_", "")),
    )
    field = by_text("field", "Name of the field.")
    scope = by_code("scope", Scope.values)
