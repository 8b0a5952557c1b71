"""What a release says of the procedures that its centres did and did not register.

A year's totals of each centre, not its months and kinds: those would tell of few patients. A centre of which fewer
procedures than the limit of small cells (but some) are registered or were eligible says no number, and then the sum of
all centres says none either, as it would give the number away. How many were *not* registered is no such number: it
counts nobody who is in the registry.
"""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from procedures.codes import Kind
from registry.access.models import Center
from registry.curation import ascertainment
from registry.curation.ascertainment import Completeness
from registry.research.models import Release
from registry.research.snapshot import Snapshot

#: Releases of this form and later say how complete their centres are; earlier ones are rebuilt without it.
SINCE = 2
FILE = "ascertainment.json"


def of_release(release: Release, view: Snapshot) -> dict[str, Any] | None:
    """The figures as of the release's change; nothing for a release from before they were kept."""
    if release.form < SINCE:
        return None
    made = timezone.localdate(release.created_at)
    months = ascertainment.window(made)
    clinical = [center for center in release.centers if center["kind"] == Center.Kind.CLINICAL]
    found = ascertainment.completeness([center["id"] for center in clinical], made, view.rows)
    listed = [
        {"center": center["code"], **_said(found[center["id"]], release.small_cell)}
        for center in sorted(clinical, key=lambda center: center["code"])
    ]
    whole = _said(ascertainment.together(found.values()), release.small_cell)
    if any(one["withheld"] for one in listed):
        whole = _withheld(whole)
    return {
        "from": f"{months[-1]:%Y-%m}",
        "to": f"{months[0]:%Y-%m}",
        "kinds": list(Kind.values),
        "small_cell": release.small_cell,
        "centers": listed,
        "together": whole,
    }


def _said(found: Completeness, limit: int) -> dict[str, Any]:
    registered, eligible = found.total
    said = {
        "months": found.months,
        "months_unknown": found.unknown,
        "months_signed_off": found.closed,
        "registered": registered,
        "eligible": eligible,
        "withheld": False,
    }
    if not found.known:
        return {**said, "registered": None, "eligible": None}
    return _withheld(said) if any(0 < n <= limit for n in (registered, eligible)) else said


def _withheld(said: dict[str, Any]) -> dict[str, Any]:
    return {**said, "registered": None, "eligible": None, "withheld": True}


def in_words(said: dict[str, Any]) -> str:
    """The figures in one sentence for each centre, as the files are in English."""
    lines = [f"Registered of eligible procedures, {said['from']} to {said['to']}:"]
    return "\n".join([*lines, *_lines([*said["centers"], {"center": "Together", **said["together"]}])]) + "\n"


def _lines(rows: Iterable[dict[str, Any]]) -> Iterable[str]:
    for row in rows:
        if row["withheld"]:
            figure = "withheld, as there are few"
        elif row["eligible"] is None:
            figure = "unknown"
        elif row["eligible"] == 0:
            figure = "none eligible"
        else:
            share = round(100 * row["registered"] / row["eligible"])
            figure = f"{row['registered']}/{row['eligible']} ({share} %)"
        yield f"  {row['center']}: {figure}; unknown {row['months_unknown']} of {row['months']} months"
