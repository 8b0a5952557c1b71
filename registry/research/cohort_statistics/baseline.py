"""Table 1: who the patients are, how their disease stood, and what was done first."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.codes import DenisZone
from cases.diagnosis_names import shown_name
from procedures.listing import strategy_words
from registry.research.cohort_statistics.blocks import (
    Units,
    about,
    answers_block,
    categories_block,
    labels_of,
    numbers_block,
    order_of,
)
from registry.research.cohort_statistics.data import CohortData, Frame
from registry.research.cohort_statistics.tables import Block, StatisticsTable

#: What is asked of the first procedure of a case.
OF_PROCEDURE = ("duration_min", "blood_loss_ml", "hospital_stay_days")


def baseline(data: CohortData) -> StatisticsTable:
    """Table 1. Its unit is the case."""
    units = Units(data)
    notes = (
        _("Mean (SD), median [quartiles]; n/N (%) of the cases of which it is known."),
        _("Welch's t test and χ² or Fisher's exact test. P values are not corrected for their number."),
    )
    counted = []
    several = data.whole.n - data.whole.patients
    if several > 0:
        counted.append(
            ngettext(
                "%(n)d case is a further one of the same patient; the tests take cases as independent.",
                "%(n)d cases are further ones of the same patients; the tests take cases as independent.",
                several,
            )
            % {"n": several}
        )
    return StatisticsTable(
        "table1", _("Baseline"), tuple(_blocks(data, units)), notes, tuple(counted), sizes=units.sizes
    )


def _blocks(data: CohortData, units: Units) -> Iterator[Block]:
    for block in _of_cases(data, units):
        # A code or a zone has a block where anybody has it.
        yield replace(block, fixed=not block.about.answer)
    yield from _first_procedure(data, units)


def _of_cases(data: CohortData, units: Units) -> Iterator[Block]:
    cases = data.cases

    def numbers(name: str) -> Block:
        return numbers_block(about(f"case_summary.{name}"), cases[name], units)

    def categories(name: str) -> Block:
        key = f"case_summary.{name}"
        return categories_block(about(key), cases[name], units, labels_of(key), order_of(key))

    yield categories("sex")
    yield numbers("age_years")
    names = dict(zip(cases["diagnosis"], cases["diagnosis_label"], strict=True))
    yield categories_block(
        about("case_summary.diagnosis"),
        cases["diagnosis"],
        units,
        lambda slug: shown_name(names.get(slug) or slug),
    )
    yield categories("disease_status")
    yield answers_block(about("case_summary.recurrent"), cases["recurrent"], units)
    yield categories("asa_class")
    yield from _code_sets(data, units, "treatments_before", known=True)
    strategy = "case_summary.strategy"
    yield categories_block(about(strategy), cases["strategy"], units, strategy_words)
    yield numbers("lesion_count")
    yield from _code_sets(data, units, "levels", known=False)
    yield from _zones(data, units)
    yield numbers("volume_ml__max")
    yield numbers("volume_ml__sum")
    for score in ("vas_pain", "odi", "kps"):
        yield numbers(f"{score}__baseline")


def _code_sets(data: CohortData, units: Units, name: str, *, known: bool) -> Iterator[Block]:
    """A block for each code that anybody has; a case may have several. ``known``: who has no code has none of them."""
    key = f"case_summary.{name}"
    sets = [set(codes.split(";")) if codes else None for codes in data.cases[name]]
    words = labels_of(key)
    for code in order_of(key):
        if any(codes and code in codes for codes in sets):
            answers = [(False if known else None) if codes is None else code in codes for codes in sets]
            yield answers_block(about(key, category=code, category_label=words(code)), answers, units)


def _zones(data: CohortData, units: Units) -> Iterator[Block]:
    """Denis zones that any lesion of the case reaches as its most medial one."""
    found: dict[int, set[str]] = defaultdict(set)
    lesions = data.frames["lesions"]
    for case, zone in zip(lesions.case, lesions["denis_zone"], strict=True):
        if zone:
            found[case].add(zone)
    for zone in DenisZone:
        if any(zone.value in zones for zones in found.values()):
            answers = [zone.value in found[n] if n in found else None for n in range(units.count)]
            what = about("lesions.denis_zone", category=zone.value, category_label=str(zone.label))
            yield answers_block(what, answers, units)


def _first_procedure(data: CohortData, units: Units) -> Iterator[Block]:
    """Duration, blood loss and stay of the first procedure, where anybody has them; whether it succeeded."""
    procedures = data.frames["procedures"]
    first = _first_rows(procedures)

    def values(name: str) -> list[Any]:
        return [procedures[name][first[n]] if n in first else None for n in range(units.count)]

    note = _("Of the first procedure of the case.")
    for name in OF_PROCEDURE:
        found = values(name)
        if any(value is not None for value in found):
            yield replace(numbers_block(about(f"procedures.{name}"), found, units), note=note)
    success = values("technical_success")
    if any(value is not None for value in success):
        yield replace(answers_block(about("procedures.technical_success"), success, units), note=note)


def _first_rows(procedures: Frame) -> dict[int, int]:
    """Case → the row of its first procedure."""
    found: dict[int, int] = {}
    sequences = procedures["sequence"]
    for row, case in enumerate(procedures.case):
        if case not in found or sequences[row] < sequences[found[case]]:
            found[case] = row
    return found
