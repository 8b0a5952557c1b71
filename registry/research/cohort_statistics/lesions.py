"""What was done to each lesion: cement, filling, leak. Lesions of one patient are not independent."""

from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext as _

from registry.research.cohort_statistics.blocks import Units, about, answers_block, numbers_block
from registry.research.cohort_statistics.data import CohortData
from registry.research.cohort_statistics.tables import LESION, TREATED_LESION, Block, StatisticsTable

NUMBERS = ("cement_volume_ml", "cement_filling_percent", "needle_count")
ANSWERS = ("leak", "rfa_complete")


def lesions(data: CohortData) -> StatisticsTable:
    """Treated lesions; the unit is one lesion in one procedure."""
    units = Units(data, TREATED_LESION, data.frames["treated_lesions"].case)
    notes = (
        _("A lesion treated in two procedures counts twice."),
        _("Intervals and tests allow for several lesions of one patient (sandwich variance by patient)."),
    )
    blocks = tuple(_blocks(data, units))
    return StatisticsTable(
        "lesions", _("Treated lesions"), blocks, notes if blocks else (), (), TREATED_LESION, units.sizes
    )


def _blocks(data: CohortData, units: Units) -> Iterator[Block]:
    every, rows = data.frames["lesions"], data.frames["treated_lesions"]
    if any(volume is not None for volume in every["volume_ml"]):
        block = numbers_block(about("lesions.volume_ml"), every["volume_ml"], Units(data, LESION, every.case))
        yield replace(block, note=_("Of every lesion, treated or not, once."))
    for name in NUMBERS:
        if any(value is not None for value in rows[name]):
            yield numbers_block(about(f"treated_lesions.{name}"), rows[name], units)
    for name in ANSWERS:
        if any(value is not None for value in rows[name]):
            yield answers_block(about(f"treated_lesions.{name}"), rows[name], units)
