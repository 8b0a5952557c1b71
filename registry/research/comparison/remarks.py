"""What cannot be compared, in words: units of analysis, time points, definitions, medians, abstracts, missing n."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry.literature.models import UnitOfAnalysis
from registry.research.comparison.own import Own
from registry.research.comparison.published import Column
from registry.research.course import long_label

if TYPE_CHECKING:
    from registry.research.comparison.page import Line, Score


def remarks(
    own: Own, columns: Sequence[Column], lines: "Sequence[Line]", scores: "Sequence[Score]"
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Headings with the sentences beneath them; headings without a sentence are left out."""
    found = (
        (_("Patients"), _patients(columns)),
        (_("Units of analysis"), _units(columns, lines)),
        (_("Medians and missing spread"), _spread(columns, lines)),
        (_("Time points"), _time_points(scores)),
        (_("n at a time point"), _sizes(scores)),
        (_("Definitions"), _definitions(lines, scores)),
        (_("Sources"), _sources(columns)),
    )
    for heading, sentences in found:
        said = tuple(dict.fromkeys(sentences))
        if said:
            yield heading, said


def _name(column: Column) -> str:
    return f"{column.name}, {column.label}" if column.label else column.name


def _patients(columns: Sequence[Column]) -> Iterator[str]:
    if columns:
        yield _(
            "Patients were not assigned by chance to these groups: tumours, procedures and years differ. Differences "
            "between columns are no effects of treatment, and no order of the groups is meant."
        )


def _units(columns: Sequence[Column], lines: "Sequence[Line]") -> Iterator[str]:
    for line in lines:
        if line.own is None or not line.own.unit:
            continue
        others: dict[str, list[str]] = {}
        for column, cell in zip(columns, line.cells, strict=True):
            if cell is not None and cell.unit and cell.unit != line.own.unit:
                others.setdefault(cell.unit, []).append(_name(column))
        for unit, names in others.items():
            yield _("%(what)s: own values are per %(own)s; per %(unit)s in %(groups)s.") % {
                "what": line.label,
                "own": UnitOfAnalysis(line.own.unit).label,
                "groups": "; ".join(names),
                "unit": UnitOfAnalysis(unit).label,
            }


def _spread(columns: Sequence[Column], lines: "Sequence[Line]") -> Iterator[str]:
    for line in lines:
        medians, without_sd, without_n = [], [], []
        for column, cell in zip(columns, line.cells, strict=True):
            if cell is None:
                continue
            if cell.is_median:
                medians.append(_name(column))
            elif cell.no_spread:
                without_sd.append(_name(column))
            elif not cell.n and cell.unit:
                without_n.append(_name(column))
        if medians:
            values = {"what": line.label, "groups": "; ".join(medians)}
            yield _("%(what)s: a median, which is no mean, in %(groups)s.") % values
        if without_sd:
            values = {"what": line.label, "groups": "; ".join(without_sd)}
            yield _("%(what)s: no standard deviation and so no interval in %(groups)s.") % values
        if without_n:
            values = {"what": line.label, "groups": "; ".join(without_n)}
            yield _("%(what)s: no n and so no interval in %(groups)s.") % values


def _time_points(scores: "Sequence[Score]") -> Iterator[str]:
    for score in scores:
        label = score.course.scale.label
        own = {row.time_point for row in score.course.rows if row.own}
        printed = {row.time_point for row in score.course.rows if row.published}
        order = [row.time_point for row in score.course.rows]
        only_own = [long_label(point) for point in order if point in own - printed]
        only_printed = [long_label(point) for point in order if point in printed - own]
        if own and printed and only_own:
            yield _("%(score)s: no published group here reports %(points)s.") % {
                "score": label,
                "points": ", ".join(only_own),
            }
        if own and only_printed:
            yield _("%(score)s: own cases have no value at %(points)s.") % {
                "score": label,
                "points": ", ".join(only_printed),
            }
        if own and not printed:
            yield _("%(score)s: none of the published groups here reports it.") % {"score": label}
        if printed and not own:
            yield _("%(score)s: own cases have no value yet.") % {"score": label}


def _sizes(scores: "Sequence[Score]") -> Iterator[str]:
    """Time points at which a paper prints no n although patients had died."""
    for score in scores:
        for row in score.course.rows:
            for number, reported in row.published.items():
                group = score.course.groups[number]
                words = group.n_words(reported)
                if words.startswith("≤"):
                    yield _(
                        "%(score)s, %(point)s: %(group)s prints no n, and patients had died before; n is %(n)s and no "
                        "interval is given."
                    ) % {
                        "score": score.course.scale.label,
                        "point": row.label,
                        "group": group.name,
                        "n": words,
                    }


def _definitions(lines: "Sequence[Line]", scores: "Sequence[Score]") -> Iterator[str]:
    for line in lines:
        if line.note and any(line.cells):
            yield f"{line.label}: {line.note}"
    for score in scores:
        note = SCORE_NOTES.get(score.course.scale.variable)
        if note is not None and score.course.groups:
            yield str(note)


#: What the definitions of scores leave open.
SCORE_NOTES = {
    "analgesic_scale": gettext_lazy(
        "Analgesic scale: the papers do not define the scale they use; own values are on the registry's, 0 to 5."
    ),
    "barthel": gettext_lazy(
        "Barthel index: the papers do not say which version they used, steps of 5 or whole numbers."
    ),
    "vas_pain": gettext_lazy("VAS pain: own values may come from a numerical rating scale of whole numbers."),
}


def _sources(columns: Sequence[Column]) -> Iterator[str]:
    for column in columns:
        if column.abstract_only:
            yield _("%(group)s: every value comes from the abstract alone.") % {"group": _name(column)}
