"""``docs/consistency-checks``: every check with the printed numbers that it used, to be recomputed by hand."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import translation

from registry.literature.consistency.result import Check, Family, Input, Verdict
from registry.literature.consistency.run import checks_of, tally
from registry.literature.models import Publication

HEAD = """# Consistency checks of the published series

Written by `manage.py consistency_checks`; do not edit. The same list, one check a line, is in `consistency-checks.csv`.

The checks are arithmetic on printed numbers. They say whether numbers of one paper can hold together, not which of them
is right and not why: missing data, another denominator or another way of counting can explain a mismatch.

- A printed number stands for every value that rounds to it: `57.22` for 57.215 to 57.225, a count or a whole number of
  years for itself, `P < .05` for 0 to 0.05, `.000` for 0 to 0.0005, "around 80" for 5 % to either side.
- **consistent**: some values within the rounding of all inputs agree. **inconsistent**: no such values agree.
  **not testable**: what would be needed is not printed, or the rounding leaves room for everything. Two measurements of
  the same patients print no correlation: P of a paired t test is tried for every one, and judged where all agree.
- Where the paper does not print which n lies behind a statistic, every printed size of the group that could is tried;
  the remark says for which it agrees.
- Standard deviations are tried with n − 1 and with n. P values from counts are tried with χ², with Yates' correction
  and with Fisher's exact test (two-sided), P values from means with Student's and Welch's t test (two-sided).
- `(N = 58)` beside a number is the denominator that the transcription records with it. "df" are degrees of freedom.
- The arithmetic shows the numbers as they are printed, and where rounding matters the ends of what they may stand for
  ("at most", "at least"). A span of P values runs from the least to the largest over all that the inputs may stand for.
  For Welch's test its lower end takes n₁ + n₂ − 2 degrees of freedom, its upper end the fewest that rounding admits.
- A cell is named by its place in the paper and by its row in the transcription (`row 12` is the twelfth of
  `reported_values` in `fixtures/publications/<slug>.yaml`). Patient rows are named by the paper's own label.
"""

COLUMNS = (
    "publication",
    "number",
    "key",
    "family",
    "check",
    "variable",
    "cells",
    "rows",
    "formula",
    "arithmetic",
    "computed",
    "printed",
    "verdict",
    "remark",
)


def all_checks() -> list[tuple[Publication, list[Check]]]:
    """Every publication with its checks, in English."""
    with translation.override("en"):
        return [(publication, checks_of(publication)) for publication in Publication.objects.order_by("slug")]


def as_csv(found: Iterable[tuple[Publication, Sequence[Check]]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for publication, checks in found:
        for number, check in enumerate(checks, start=1):
            writer.writerow(row_of(publication.slug, number, check))
    return out.getvalue()


def row_of(slug: str, number: int, check: Check) -> tuple[Any, ...]:
    rows = dict.fromkeys(position for cell in check.inputs for position in cell.positions)
    return (
        slug,
        number,
        check.key,
        check.family.value,
        check.title,
        check.variable,
        "; ".join(f"{cell.label} = {cell.printed}{_at(cell)}" for cell in check.inputs),
        " ".join(str(position) for position in rows),
        check.outcome.formula,
        check.outcome.arithmetic,
        check.outcome.computed,
        check.printed,
        check.verdict.value,
        check.outcome.remark,
    )


def _at(cell: Input) -> str:
    return _of(cell) + (f" [{cell.location}]" if cell.location else "")


def _of(cell: Input) -> str:
    return f" (N = {cell.denominator})" if cell.denominator is not None else ""


def as_markdown(found: Sequence[tuple[Publication, Sequence[Check]]]) -> str:
    with translation.override("en"):
        parts = [HEAD, _summary(found)]
        for publication, checks in found:
            parts.append(_publication(publication, checks))
        return "\n".join(parts)


def _summary(found: Sequence[tuple[Publication, Sequence[Check]]]) -> str:
    lines = [
        "## In short",
        "",
        "| publication | checks | consistent | inconsistent | not testable |",
        "|---|--:|--:|--:|--:|",
    ]
    for publication, checks in found:
        counts = tally(checks)
        lines.append(
            f"| [{publication.slug}](#{publication.slug}) | {len(checks)} | "
            + " | ".join(str(counts[verdict]) for verdict in Verdict)
            + " |"
        )
    return "\n".join([*lines, ""])


def _publication(publication: Publication, checks: Sequence[Check]) -> str:
    numbered = list(enumerate(checks, start=1))
    lines = [
        f"## {publication.slug}",
        "",
        f"{publication.title}. {publication.journal} {publication.year}.",
        "",
    ]
    odd = [(number, check) for number, check in numbered if check.verdict == Verdict.INCONSISTENT]
    if odd:
        lines += [
            "Inconsistent: " + ", ".join(f"{number} ({check.title})" for number, check in odd) + ".",
            "",
        ]
    for family in Family:
        own = [(number, check) for number, check in numbered if check.family == family]
        if not own:
            continue
        lines += [
            f"### {publication.slug}: {family.label}",
            "",
            "| no. | check | cells | arithmetic | computed | printed | verdict | remark |",
            "|--:|---|---|---|---|---|---|---|",
        ]
        lines += [_line(number, check) for number, check in own]
        lines.append("")
    return "\n".join(lines)


def _line(number: int, check: Check) -> str:
    outcome = check.outcome
    arithmetic = f"{outcome.formula}: {outcome.arithmetic}" if outcome.arithmetic else outcome.formula
    cells = "<br>".join(_cell(cell) for cell in check.inputs)
    verdict = (
        f"**{check.verdict.label}**" if check.verdict == Verdict.INCONSISTENT else str(check.verdict.label)
    )
    texts = (check.title, cells, arithmetic, outcome.computed, check.printed, verdict, outcome.remark)
    return f"| {number} | " + " | ".join(_escaped(text) for text in texts) + " |"


def _cell(cell: Input) -> str:
    rows = f", row {', '.join(map(str, cell.positions))}" if cell.positions else ""
    place = f" ({cell.location}{rows})" if cell.location else ""
    return f"{cell.label} {cell.printed}{_of(cell)}{place}"


def _escaped(text: str) -> str:
    """Bars would end the cell of a Markdown table."""
    return text.replace("|", "\\|")
