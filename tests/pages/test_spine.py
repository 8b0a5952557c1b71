"""The picture of lumbar spine, sacrum and pelvis: what it draws of a lesion, and that the same is said in words."""

import re
from html import unescape
from itertools import pairwise

import pytest
from django.template import engines
from django.utils import translation

from cases import codes
from cases.models import Lesion
from cases.spine import bones, lesions, regions, sacrum
from cases.spine.curves import MIDLINE
from tests.remembered import publications


def rendered(records=(), **context):
    template = engines["django"].from_string('{% include "cases/_spine.html" %}')
    return template.render({"lesions": records, **context})


def spoken(html):
    return unescape(re.search(r'role="img" aria-label="([^"]*)"', html)[1])


def drawn(html):
    """Lesion number and whether its outline is dashed, per shaded area."""
    return [
        (int(number), bool(dashed))
        for number, dashed in re.findall(r'<path data-lesion="(\d+)"( class="spine-open")?', html)
    ]


def pieces(**fields):
    return lesions.marks_of([Lesion(number=1, **fields)])[0].pieces


def area(levels=sacrum.LEVELS, zones=sacrum.ZONES, sides=("right", "left")):
    return sacrum.area(sacrum.cells_of(levels, zones, sides))


@pytest.fixture
def published(db):
    publications()

    def lesions_of(slug, label):
        found = Lesion.objects.filter(
            case__patient__publication__slug=slug, case__patient__source_label=label
        )
        return list(found.order_by("number"))

    return lesions_of


def test_published_lesions_are_drawn_as_they_are_printed(published):
    ten = published("andresen-2014", "pat. 10")
    html = rendered(ten)
    assert spoken(html).endswith("Lesion 1: S2, left, zone I (ala), zone II (foraminal), zone III (central).")
    assert drawn(html) == [(1, False)], "level, side and zones are stated: nothing is dashed"
    assert [piece.path for piece in lesions.marks_of(ten)[0].pieces] == [area(["S2"], sides=["left"])]
    assert "12.1 mL" in html

    both = published("zhao-2021", "Case 5")
    html = rendered(both)
    assert spoken(html).endswith("Lesion 1: L2, side not stated. Lesion 2: pelvis, side not stated.")
    assert drawn(html) == [(2, True), (2, True), (1, True)], "both hip bones, then the vertebra before them"

    one = published("andresen-2014", "pat. 1")
    assert [[piece.path for piece in mark.pieces] for mark in lesions.marks_of(one)] == [
        [area(zones=["ala"], sides=["right"])],
        [area(zones=["ala", "foraminal"], sides=["left"])],
    ]
    assert "sacrum, level not stated, right, zone I (ala)" in spoken(rendered(one))


def test_the_picture_says_which_side_is_which():
    html = rendered()
    assert "the patient's right on the left of the picture" in spoken(html)
    assert "Front view: the patient's right is on the left." in unescape(html)
    assert "No lesion." in html and drawn(html) == []
    right, left = (float(re.match(r"M([\d.]+)", bones.hip_bone(side))[1]) for side in ("right", "left"))
    assert right < MIDLINE < left


def test_a_side_shades_its_half():
    [right] = pieces(levels="L4", side="right")
    [left] = pieces(levels="L4", side="left")
    assert right.badges[0][0] < MIDLINE < left.badges[0][0]
    assert (
        len({right.path, left.path, *(pieces(levels="L4", side=s)[0].path for s in ("central", None))}) == 4
    )
    assert not right.open and pieces(levels="L4")[0].open
    assert len(pieces(levels="pelvis", side="left")) == 1 and len(pieces(levels="pelvis")) == 2


def test_a_zone_of_which_nothing_is_said_is_not_a_no():
    [whole] = pieces(levels="S1")
    assert whole.path == area(["S1"]) and whole.open
    words = lesions.in_words(Lesion(levels="S1", side="right", zone_ala=True))
    assert words == "S1, right, zone I (ala)", "neither yes nor no is told of the other zones"
    assert lesions.in_words(Lesion(levels="S1", side="right")) == "S1, right, zone not stated"


def test_a_zone_that_is_free_is_told_and_left_out():
    lesion = {"levels": "S1;S2", "side": "bilateral", "zone_central": False}
    assert [piece.path for piece in pieces(**lesion)] == [
        area(["S1", "S2"], ["ala", "foraminal"], [side]) for side in ("right", "left")
    ]
    assert lesions.in_words(Lesion(**lesion)).endswith("not zone III (central)")
    assert pieces(levels="S1", zone_ala=False, zone_foraminal=False, zone_central=False) == []


def test_zones_without_a_sacral_level_are_drawn_over_the_sacrum():
    [piece] = pieces(levels="L5", side="left", zone_ala=True)[1:]
    assert piece.path == area(zones=["ala"], sides=["left"]) and piece.open


def test_levels_above_the_picture_are_named_beneath_it():
    html = rendered([Lesion(number=1, levels="T11;T12;L1"), Lesion(number=2, levels="C4"), Lesion(number=3)])
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    assert "Above the picture: lesion 1 (T11, T12), lesion 2 (C4)" in text
    assert "Not drawn, level not stated: lesion 3" in text
    assert drawn(html) == [(1, True)]
    assert "Lesion 2: C4, side not stated. Lesion 3: level not stated." in spoken(html)


def test_lesions_differ_by_pattern_and_their_numbers_stand_apart():
    here = [Lesion(number=n, levels="sacrum", zone_central=True) for n in range(1, 8)]
    marks = lesions.marks_of(here)
    assert [mark.style for mark in marks] == [1, 2, 3, 4, 5, 6, 1]
    places = [badge for mark in marks for badge in mark.badges]
    for a in places:
        assert all(abs(a.x - b.x) + abs(a.y - b.y) > 20 for b in places if b is not a)
        assert 0 < a.x < bones.WIDTH and 0 < a.y < bones.HEIGHT
    html = rendered(here)
    for style in range(1, 7):
        assert html.count(f'id="spine-case-pattern-{style}"') == 1


def test_every_level_is_drawn_or_lies_above_the_picture():
    keys = {region.level for region in regions.regions() if region.level}
    assert set(codes.LEVELS) - keys == {level for level in codes.LEVELS if level[0] in "CT"}
    for level in keys:
        assert pieces(levels=level), level


def test_the_sacrum_is_covered_once():
    """The zones together have the outline of the bone, and so have the levels."""
    assert sacrum.area(sacrum.CELLS).count("M") == 1
    assert area(zones=["ala"]).count("M") == 2
    assert area(["S1", "S3"]).count("M") == 2
    ridges = [sacrum.centre_of((level, "central", "left"))[1] for level in sacrum.LEVELS]
    assert all(upper < lower for upper, lower in pairwise(ridges))


def test_the_editor_names_every_region_and_arrow_keys_reach_all():
    html = rendered(mode="edit", prefix="lesion-7", number=2)
    names = re.findall(r'data-name="([^"]*)"', html)
    assert len(names) == len(set(names)) == 18
    assert {"Level S1", "Zone I (ala), right", "Zone III (central)", "Pelvis"} <= set(names)
    assert 'data-spine="lesion-7"' in html and 'aria-label="Lesion 2 on the picture"' in html
    assert "tabindex" not in html, "without script it is a plain drawing"
    arrows, reached, new = regions.neighbours(), set(), {"L1"}
    while new:
        reached |= new
        new = {key for start in new for key in arrows[start].values()} - reached
    assert reached == set(arrows)


def test_coordinates_keep_their_point_in_german():
    record = Lesion(number=1, levels="S1;coccyx", volume_ml="6.80")
    with translation.override("de"):
        for html in (rendered([record]), rendered(mode="edit", prefix="x", number=1)):
            for value in re.findall(r'\s(?:x|y|cx|cy|d|width|height)="([^"]*)"', html):
                assert "," not in value
        assert "6,8 mL" in rendered([record])


def test_ids_of_several_pictures_do_not_meet():
    html = rendered(uid="a") + rendered(mode="edit", prefix="x") + rendered(mode="edit", prefix="y")
    ids = re.findall(r'\sid="([^"]*)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:href="#|url\(#)([^")]*)', html)) <= set(ids)
    assert "style=" not in html and "<script" not in html
