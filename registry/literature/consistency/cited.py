"""The literature table inside a paper: patients by tumour, and how many patients there are in all."""

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from registry.literature.consistency.numbers import Number, shown
from registry.literature.consistency.quantities import Series
from registry.literature.consistency.relations import CITED
from registry.literature.consistency.result import Check, Family, Input, Outcome, make
from registry.literature.consistency.sums import add_up
from registry.literature.models import CitedSeries

_COUNTED = re.compile(r"(\d+)\s+\D+")


def counted(tumours: str) -> list[int] | None:
    """The counts in ``24 metastases from different malignant tumors, 11 multiple myelomas``; ``None`` where a part has
    no count of its own."""
    found = [_COUNTED.fullmatch(part.strip()) for part in tumours.split(",")]
    return [int(match[1]) for match in found if match] if found and all(found) else None


def total_fits(parts: list[int], total: Number) -> Outcome:
    """Whether the patients of all cited series make up the total that the text names."""
    found = sum(parts)
    return Outcome.of(
        total.may_be(found, found),
        formula=_("sum of the series = total in the text"),
        arithmetic=f"{' + '.join(map(str, parts))} = {found}",
        computed=str(found),
        remark=_("“%(total)s” is taken as %(low)s to %(high)s.")
        % {"total": total.shown, "low": shown(total.ends[0]), "high": shown(total.ends[1])}
        if total.closed and not total.is_exact
        else "",
    )


def checks(series: Series) -> Iterator[Check]:
    for row in series.cited:
        counts = counted(row.primary_tumours)
        if counts is None or row.patients is None:
            continue
        yield make(
            Family.SUM,
            _("%(authors)s: patients by tumour") % {"authors": row.authors_as_printed},
            ("cited_series", str(row.order)),
            CITED,
            [
                Input(_("Primary tumours"), row.primary_tumours, row.location),
                Input(_("Patients"), str(row.patients), row.location),
            ],
            str(row.patients),
            add_up(counts, row.patients),
        )
    yield from _total(series)


def _total(series: Series) -> Iterator[Check]:
    with_patients = [row for row in series.cited if row.patients is not None]
    for bundle in series.find(CITED):
        cell = bundle.get("n")
        if cell is None or not with_patients:
            continue
        yield make(
            Family.SUM,
            series.label(cell.about, _("cited series add up")),
            (CITED, "total", cell.location),
            CITED,
            [*(_input(row) for row in with_patients), cell.input()],
            cell.number.shown,
            total_fits([row.patients or 0 for row in with_patients], cell.number),
        )


def _input(row: CitedSeries) -> Input:
    return Input(row.authors_as_printed, str(row.patients), row.location)
