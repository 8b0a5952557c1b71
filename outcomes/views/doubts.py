"""What does not fit together in a case, at the section where it would be corrected."""

from collections import defaultdict
from typing import Any

from django.template.loader import render_to_string

from cases import editor
from outcomes import contradictions
from registry.core.views.links import gap_url

#: The sections of this floor.
SECTIONS = ("outcomes", "complications", "followup")


def doubts_of(case: Any) -> dict[str, list[tuple[str, str]]]:
    """Section → sentences with the address of the field that each is about, of a loaded case.

    What is not graded yet is left out: its section says so where it is graded.
    """
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for doubt in contradictions.of(case):
        if doubt.field == "complications" or (doubt.field == "sir_grade" and doubt.record.sir_grade is None):
            continue
        found[editor.section_of(type(doubt.record), doubt.field)].append((doubt.message, gap_url(doubt)))
    return found


def slots(record: Any) -> dict[str, str]:
    """The sections' lists, drawn anew when a record of the case has been saved."""
    found = doubts_of(record.aggregate_root())
    return {
        f"doubts-{slug}": render_to_string("outcomes/editor/_doubts.html", {"doubts": found[slug]})
        for slug in SECTIONS
    }
