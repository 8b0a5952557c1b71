"""What published groups print of the measures that are compared: cells with n, interval, place, and what is open."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from registry.literature.consistency.quantities import Bundle, Series, Size
from registry.literature.consistency.result import Verdict
from registry.literature.consistency.run import checks_of_all
from registry.literature.models import Origin, Publication, ReportedValue, Statistic, StudyArm, UnitOfAnalysis
from registry.literature.words import category_words, in_words
from registry.research.comparison.measures import Measure
from registry.research.moments import interval_of_mean, interval_text
from registry.research.published import Group, groups_reporting
from registry.research.statistics.describe import share


@dataclass(frozen=True)
class Printed:
    """What a paper prints in one cell of the comparison."""

    text: str
    n: str = ""
    interval: str = ""
    #: What stands beneath it: a category in the paper's words, a range.
    under: str = ""
    link: str = ""
    unit: str = ""
    is_median: bool = False
    no_spread: bool = False
    #: Checks of this number that find it inconsistent.
    inconsistent: int = 0


@dataclass
class Column:
    """A published group as a column of the comparison."""

    key: str
    group: Group
    series: Series
    #: Code of the arm in the series; empty where the only arm is the whole.
    code: str
    #: Reported values by primary key → the inconsistent checks that used them.
    doubtful: Mapping[int, set[str]] = field(default_factory=dict)
    abstract_only: bool = False

    @property
    def name(self) -> str:
        return self.group.name

    @property
    def label(self) -> str:
        return self.group.label

    @property
    def url(self) -> str:
        return self.group.url

    # -- cells ------------------------------------------------------------------------------------------------------

    def cell(self, measure: Measure) -> Printed | None:
        """The first place that prints the measure, the document before its abstract."""
        for category in measure.categories:
            for bundle in self._bundles(measure.variable, category):
                found = self._share(bundle, measure) if measure.is_share else self._number(bundle)
                if found is not None:
                    return found
        return None

    def _bundles(self, variable: str, category: str | None) -> list[Bundle]:
        found = [
            bundle
            for bundle in self.series.find(variable, arm=self.code, category=category)
            if not bundle.about.time_point or variable in ("complication",)
        ]
        return sorted(found, key=lambda bundle: (_is_abstract(bundle), bundle.denominator is None))

    def _number(self, bundle: Bundle) -> Printed | None:
        mean, sd, median = (bundle.get(name) for name in (Statistic.MEAN, Statistic.SD, Statistic.MEDIAN))
        if mean is None and median is None:
            return None
        size = self._size(bundle)
        interval = (
            interval_of_mean(size.n, mean.value, sd.value)
            if mean is not None and sd is not None and size is not None
            else None
        )
        return self._printed(
            bundle,
            n=str(size.n) if size else "",
            interval=interval_text(interval),
            is_median=mean is None,
            no_spread=mean is not None and sd is None,
        )

    def _share(self, bundle: Bundle, measure: Measure) -> Printed | None:
        count = bundle.get(Statistic.N)
        if count is None and bundle.get(Statistic.PERCENT) is None:
            return None
        total = bundle.denominator
        interval = share(count.count, total).interval if count is not None and total else None
        under = "" if measure.name == "male" else category_words(bundle.about.variable, bundle.about.category)
        return self._printed(bundle, n=str(total or ""), interval=_percent_interval(interval), under=under)

    def _size(self, bundle: Bundle) -> Size | None:
        return next((size for size in self.series.sizes(bundle) if size.unit == bundle.unit), None)

    def _printed(self, bundle: Bundle, **more: Any) -> Printed:
        rows = [row for cell in bundle.cells.values() for row in cell.rows]
        first = [cell.rows[0] for cell in bundle.cells.values()]
        query = urlencode([("value", row.order) for row in first])
        return Printed(
            text=in_words(first),
            link=f"{reverse('printed-cell', args=[self.group.publication.slug])}?{query}",
            unit=bundle.unit,
            inconsistent=len({key for row in rows for key in self.doubtful.get(row.pk, ())}),
            **more,
        )

    def listed(self, variable: str) -> list[Printed]:
        """Every category of a variable, as one place lists them; the longest list."""
        found: dict[str, list[Bundle]] = {}
        for bundle in self.series.find(variable, arm=self.code):
            if bundle.about.category and Statistic.N in bundle.cells:
                found.setdefault(bundle.locations, []).append(bundle)
        longest = max(found.values(), key=len, default=[])
        return [
            self._printed(bundle, under=category_words(variable, bundle.about.category)) for bundle in longest
        ]


def _is_abstract(bundle: Bundle) -> bool:
    return all(row.origin == Origin.ABSTRACT for cell in bundle.cells.values() for row in cell.rows)


def _percent_interval(interval: Any) -> str:
    text = interval_text(interval, 0, 100)
    return f"{text} %" if text else ""


def columns(user: Any, scores: Sequence[str]) -> list[Column]:
    """Every published arm, oldest publication first; a fixed number of queries."""
    groups = [group for group in groups_reporting(user, scores) if group.arm is not None]
    publications = list({group.publication.pk: group.publication for group in groups}.values())
    series = _series(publications, [group.arm for group in groups if group.arm is not None])
    checks = checks_of_all(publications)
    found = []
    for group in groups:
        printed = series[group.publication.pk]
        doubtful: dict[int, set[str]] = {}
        for check in checks[group.publication.pk]:
            if check.verdict == Verdict.INCONSISTENT:
                for pk in check.values:
                    doubtful.setdefault(pk, set()).add(check.key)
        arm = group.arm.code if group.arm is not None else ""
        found.append(
            Column(
                key=f"{group.publication.slug}.{arm}",
                group=group,
                series=printed,
                code=arm if printed.arms else "",
                doubtful=doubtful,
                abstract_only=all(value.origin == Origin.ABSTRACT for value in printed.values),
            )
        )
    return found


def _series(publications: Iterable[Publication], arms: Iterable[StudyArm]) -> dict[int, Series]:
    of_arms: dict[int, list[StudyArm]] = {}
    for arm in arms:
        of_arms.setdefault(arm.publication_id, []).append(arm)
    values: dict[int, list[ReportedValue]] = {}
    rows = ReportedValue.objects.filter(publication__in=publications)
    for value in rows.select_related("arm").order_by("order"):
        values.setdefault(value.publication_id, []).append(value)
    return {
        publication.pk: Series(
            publication, of_arms.get(publication.pk, []), values.get(publication.pk, []), []
        )
        for publication in publications
    }


def unit_words(unit: str) -> str:
    """``per lesion``"""
    return _("per %(unit)s") % {"unit": UnitOfAnalysis(unit).label}
