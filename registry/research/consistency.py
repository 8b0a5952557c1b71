"""Patient rows of a published series against what the paper says of the group: counts, means, medians and ranges.

Rows that were filled from a statement about all patients say nothing about that statement; they count as unknown.
"""

import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import OuterRef
from django.utils.translation import gettext as _

from cases.models import Case, Lesion, Patient
from outcomes.models import Assessment, FollowUpStatus
from procedures.models import Procedure, ReboaDetails, RfaDetails, SacroplastyDetails, TreatedLesion
from registry.core.models import Record
from registry.literature.consistency.numbers import Number, shown
from registry.literature.consistency.quantities import Bundle, Series, statistic_words
from registry.literature.consistency.result import Check, Family, Input, Outcome, make
from registry.literature.consistency.run import changed_at
from registry.literature.models import Publication, Scope, SourceValue, Statistic

#: Where the values of a patient stand, in the order in which a name is looked for.
MODELS: tuple[Any, ...] = (
    Patient,
    Case,
    Lesion,
    Procedure,
    ReboaDetails,
    SacroplastyDetails,
    RfaDetails,
    TreatedLesion,
    Assessment,
    FollowUpStatus,
)
#: Counts of rows themselves.
ROW_COUNTS: dict[str, Any] = {"patients": Patient, "lesions": Lesion}
NUMBERS = (Statistic.MEAN, Statistic.SD, Statistic.MEDIAN, Statistic.MIN, Statistic.MAX)


@dataclass(frozen=True)
class Row:
    """One value of one patient or lesion; ``None`` where the paper does not give it row by row."""

    label: str
    value: Any
    source: SourceValue | None = None

    @property
    def known(self) -> bool:
        return self.value is not None and (self.source is None or self.source.scope != Scope.ALL)

    def input(self) -> Input:
        printed = self.source.printed if self.source is not None else str(self.value)
        return Input(self.label, printed, self.source.location if self.source is not None else "")


class PatientRows:
    """The records of a publication's patients and where their values are printed; a fixed number of queries."""

    def __init__(self, publication: Publication) -> None:
        self.publication = publication

    @cached_property
    def cases(self) -> list[Case]:
        return list(
            Case.objects.filter(patient__publication=self.publication)
            .select_related("patient", "followup_status")
            .prefetch_related(
                "lesions",
                "assessments",
                "procedures__treated_lesions",
                "procedures__reboa_details",
                "procedures__sacroplasty_details",
                "procedures__rfa_details",
            )
            .order_by("pk")
        )

    @cached_property
    def _sources(self) -> dict[tuple[int, int, str], SourceValue]:
        return {
            (value.content_type_id, value.object_id, value.field): value
            for value in self.publication.source_values.all()
        }

    def records(self, model: type[Record]) -> Iterator[tuple[str, Record]]:
        """Records of a model, each under its patient's label as the paper has it."""
        for case in self.cases:
            label = case.patient.source_label
            for record in _of_case(case, model):
                yield label, record

    def source(self, record: Record, label: str, *fields: str) -> Input:
        """Where one of a record's fields is printed, the first that is."""
        kind = ContentType.objects.get_for_model(type(record)).pk
        for name in fields:
            source = self._sources.get((kind, record.pk, name))
            if source is not None:
                return Input(label, source.printed, source.location)
        return Input(label, "", "")

    def rows(self, model: type[Record], name: str, time_point: str) -> list[Row]:
        kind = ContentType.objects.get_for_model(model).pk
        return [
            Row(label, getattr(record, name), self._sources.get((kind, record.pk, name)))
            for label, record in self.records(model)
            if not isinstance(record, Assessment) or not time_point or record.time_point == time_point
        ]


def _of_case(case: Case, model: type[Record]) -> list[Any]:
    found: dict[Any, Any] = {
        Patient: lambda: [case.patient],
        Case: lambda: [case],
        Lesion: lambda: case.lesions.all(),
        Procedure: lambda: case.procedures.all(),
        TreatedLesion: lambda: [row for one in case.procedures.all() for row in one.treated_lesions.all()],
        Assessment: lambda: case.assessments.all(),
        FollowUpStatus: lambda: [case.followup_status] if hasattr(case, "followup_status") else [],
    }
    if model in found:
        return list(found[model]())
    details = (procedure.details for procedure in case.procedures.all())
    return [row for row in details if isinstance(row, model)]


# -- arithmetic -------------------------------------------------------------------------------------------------------


def count_of(number: Number, known: int, unknown: int, words: str) -> Outcome:
    """Whether ``known`` rows make up a printed count, when ``unknown`` rows are open."""
    printed = int(number.value)
    if known == printed or not known <= printed <= known + unknown:
        return Outcome.of(
            known == printed,
            formula=_("number of rows = n"),
            arithmetic=words + (f"; {_unsaid(unknown)}" if unknown else ""),
            computed=str(known) if not unknown else f"{known}–{known + unknown}",
            remark="" if known == printed else _("Rows and group may have been counted in different ways."),
        )
    return Outcome.untestable(
        _unsaid(unknown),
        formula=_("number of rows = n"),
        arithmetic=words,
        computed=f"{known}–{known + unknown}",
    )


def _unsaid(rows: int) -> str:
    return _("Rows that do not say it, or were filled from a statement about all patients: %(unknown)s.") % {
        "unknown": rows
    }


def number_of(statistic: str, number: Number, values: Sequence[float], unknown: int) -> Outcome:
    """Whether the values of the rows give a printed mean, standard deviation, median or end of a range."""
    shown_values = ", ".join(shown(value) for value in sorted(values))
    if statistic in (Statistic.MIN, Statistic.MAX):
        return _end(statistic, number, values, unknown, shown_values)
    if unknown:
        return Outcome.untestable(
            _("%(unknown)s rows are without a value of their own.") % {"unknown": unknown},
            arithmetic=shown_values,
        )
    if statistic == Statistic.SD and len(values) < 2:
        return Outcome.untestable(_("One value has no standard deviation."), arithmetic=shown_values)
    results = {
        Statistic.MEAN: lambda: [statistics.fmean(values)],
        Statistic.MEDIAN: lambda: [statistics.median(values)],
        Statistic.SD: lambda: [statistics.stdev(values), statistics.pstdev(values)],
    }[Statistic(statistic)]()
    fits = [result for result in results if number.may_be(result, result)]
    return Outcome.of(
        bool(fits),
        formula=_("%(statistic)s of the rows") % {"statistic": statistic_words(statistic)},
        arithmetic=shown_values,
        computed=shown((fits or results)[0]),
        remark="" if fits else _("Values of the group that the rows do not hold can explain it."),
    )


def _end(statistic: str, number: Number, values: Sequence[float], unknown: int, shown_values: str) -> Outcome:
    end = min(values) if statistic == Statistic.MIN else max(values)
    low, high = number.ends if number.closed else (number.value, number.value)
    beyond = end < float(low) if statistic == Statistic.MIN else end > float(high)
    parts = {"formula": f"{statistic_words(statistic)} {_('of the rows')}", "arithmetic": shown_values}
    if number.may_be(end, end):
        return Outcome.of(True, computed=shown(end), **parts)
    if unknown and not beyond:
        remark = _("%(unknown)s rows are without a value of their own.") % {"unknown": unknown}
        return Outcome.untestable(remark, computed=shown(end), **parts)
    return Outcome.of(
        False, computed=shown(end), remark=_("A row lies elsewhere than the group's range."), **parts
    )


# -- which cells ------------------------------------------------------------------------------------------------------


def checks(series: Series) -> Iterator[Check]:
    rows = PatientRows(series.publication)
    if not rows.cases:
        return
    for bundle in series.bundles:
        if bundle.about.arm:
            continue  # rows do not say which arm they belong to
        if bundle.about.variable in ROW_COUNTS:
            yield from _sizes(series, rows, bundle)
        else:
            model = model_of(bundle.about.variable)
            if model is not None:
                yield from _of(series, rows, model, bundle)


def model_of(name: str) -> Any:
    """The model that has a column of this name, or ``None``."""
    for model in MODELS:
        if any(field.name == name for field in model._meta.concrete_fields):
            return model
    return None


def _sizes(series: Series, rows: PatientRows, bundle: Bundle) -> Iterator[Check]:
    cell = bundle.get(Statistic.N)
    if cell is None:
        return
    model = ROW_COUNTS[bundle.about.variable]
    counted = Counter(label for label, _record in rows.records(model))
    words = ", ".join(f"{label} ({n})" if n > 1 else label for label, n in counted.items())
    outcome = count_of(cell.number, sum(counted.values()), 0, f"{words}: {sum(counted.values())}")
    yield _check(series, bundle, Statistic.N, [], outcome)


def _of(series: Series, rows: PatientRows, model: type[Record], bundle: Bundle) -> Iterator[Check]:
    about = bundle.about
    found = rows.rows(model, about.variable, about.time_point)
    cell = bundle.get(Statistic.N)
    if cell is not None:
        outcome = _count(model, bundle, found)
        if outcome is not None:
            yield _check(series, bundle, Statistic.N, [row for row in found if row.known], outcome)
    known = [row for row in found if row.known and _is_number(row.value)]
    wanted = [name for name in NUMBERS if name in bundle.cells]
    if not wanted or not found:
        return
    if not known:
        yield _check(series, bundle, wanted[0], [], _from_statement(found))
        return
    values = [float(row.value) for row in known]
    for name in wanted:
        outcome = number_of(name, bundle.cells[name].number, values, len(found) - len(known))
        yield _check(series, bundle, name, known, outcome)


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool | str) and value is not None


def _count(model: type[Record], bundle: Bundle, rows: Sequence[Row]) -> Outcome | None:
    """Rows with the category; ``None`` where the category is none of the column's codes."""
    about, number = bundle.about, bundle.cells[Statistic.N].number
    column: Any = model._meta.get_field(about.variable)
    codes = dict(column.flatchoices or getattr(column, "codes", ()))
    if about.category:
        if about.category not in codes:
            return None

        def has(value: Any) -> bool:
            return about.category in str(value).split(";")
    elif column.get_internal_type() == "BooleanField":

        def has(value: Any) -> bool:
            return value is True
    else:
        return None
    labels = [row.label for row in rows]
    hits = list(dict.fromkeys(row.label for row in rows if row.known and has(row.value)))
    known = {row.label for row in rows if row.known}
    unknown = len(set(labels) - known)
    words = f"{', '.join(hits) or _('none')}: {len(hits)}"
    return count_of(number, len(hits), unknown, words) if known else _from_statement(rows)


def _from_statement(rows: Sequence[Row]) -> Outcome:
    if any(row.value is not None for row in rows):
        return Outcome.untestable(_("The rows were filled from this statement about all patients."))
    return Outcome.untestable(_("The paper gives it for the group alone; no row holds a value of its own."))


def _check(series: Series, bundle: Bundle, statistic: str, rows: Sequence[Row], outcome: Outcome) -> Check:
    about, cell = bundle.about, bundle.cells[statistic]
    return make(
        Family.ROWS,
        series.label(about, f"{statistic_words(statistic)} {_('from the rows')}"),
        (about.variable, about.category, about.time_point, statistic, bundle.locations),
        about.variable,
        [*(row.input() for row in rows), cell.input()],
        cell.number.shown,
        outcome,
    )


def stamps() -> dict[str, Any]:
    """Differs whenever a record of a published patient, or where it is printed, has changed."""
    found = changed_at(SourceValue._base_manager.filter(publication=OuterRef("pk")), "sources")
    for model in MODELS:
        rows = model._base_manager.filter(**{f"{_path_to_patient(model)}publication": OuterRef("pk")})
        found |= changed_at(rows, model._meta.model_name)
    return found


def _path_to_patient(model: Any) -> str:
    """``procedure__case__patient__`` for what hangs on a procedure, an empty text for the patient."""
    steps = (model.center_path or "").split("__")[:-1]
    if model is Patient:
        return ""
    return "__".join([*steps, "patient"]) + "__"
