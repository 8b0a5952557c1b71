"""The picture of the spine in templates: ``spine_show`` for a page, ``spine_edit`` for the editor.

How to use them is said at the top of ``templates/cases/_spine.html``.
"""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.translation import gettext as _

from cases.models import Lesion
from cases.spine import bones, lesions, regions, sacrum
from registry.core.units import with_unit

register = template.Library()


def _drawing(uid: str) -> dict[str, Any]:
    """What both modes draw. ``uid`` keeps the ids of several pictures on a page apart."""
    return {
        "uid": f"spine-{uid}",
        "width": bones.WIDTH,
        "height": bones.HEIGHT,
        "behind": bones.behind(),
        "bones": bones.bones(),
        "details": bones.details(),
        "letters": regions.SIDE_LETTERS,
        "numerals": regions.numerals(),
    }


@register.inclusion_tag("cases/_spine_show.html")
def spine_show(records: Iterable[Lesion], uid: str = "") -> dict[str, Any]:
    """The lesions of a case on one picture, with their list beside it."""
    marks = lesions.marks_of(records)
    view = _(
        "Lumbar spine, sacrum and pelvis from the front, the patient's right on the left of the picture."
    )
    told = [_("Lesion %(number)s: %(words)s.") % {"number": m.number, "words": m.words} for m in marks]
    return {
        **_drawing(uid or "case"),
        "marks": marks,
        "tags": [tag for tag in regions.tags().values() if tag.line_from],
        "styles": sorted({mark.style for mark in marks}),
        "text": " ".join([view, *(told or [_("No lesion.")])]),
        "open": any(mark.open for mark in marks),
        "beyond": [mark for mark in marks if mark.beyond],
        "unplaced": [mark for mark in marks if not mark.pieces and not mark.beyond],
    }


@register.inclusion_tag("cases/_spine_edit.html")
def spine_edit(prefix: str, number: int | str = "") -> dict[str, Any]:
    """The picture beside one lesion's fields; ``prefix`` is that of its form."""
    arrows = regions.neighbours()
    style = lesions.style_of(int(number or 1))
    return {
        **_drawing(prefix or "form"),
        "prefix": prefix,
        "number": number,
        "style": style,
        "styles": [style],
        "regions": [(region, arrows[region.key]) for region in regions.regions()],
        "rows": sacrum.LEVELS,
        "tag_height": regions.TAG_HEIGHT,
    }


@register.filter
def volume(lesion: Lesion) -> str:
    """The lesion's volume with its unit, empty where none is given."""
    return with_unit(lesion.volume_ml, "mL") if lesion.volume_ml is not None else ""
