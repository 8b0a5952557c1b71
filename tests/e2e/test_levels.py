"""Levels are chosen by typing what they are called; the boxes hold what is said."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests import factories

pytestmark = pytest.mark.e2e


def test_levels_are_marked_by_typing_their_names(desk, live_server, center):
    lesion = factories.LesionFactory(case__patient__center=center, levels="L5")
    desk.goto(live_server.url + reverse("case-section", args=[lesion.case.uuid, "lesions"]))
    search = desk.get_by_role("combobox", name="Search Levels", exact=True)
    offered = desk.locator(".levels .combo-list:visible > li")
    said = desk.locator(".levels .combo [role=status]").first
    boxes = desk.locator(f'[name="lesion-{lesion.uuid}-levels"]')

    def marked():
        return boxes.evaluate_all("boxes => boxes.filter(box => box.checked).map(box => box.value).join(';')")

    def stored():
        desk.wait_for_function(
            "name => [...document.getElementsByName(name)].every(box => box.checked === box.defaultChecked)",
            arg=f"lesion-{lesion.uuid}-levels",
        )
        lesion.refresh_from_db()
        return lesion.levels, lesion.missing

    boxes.first.focus()
    desk.keyboard.press("Shift+Tab")
    expect(search).to_be_focused()

    def typed(text, first):
        desk.keyboard.type(text)
        expect(offered.first).to_have_text(first)
        expect(offered.first).to_have_attribute("aria-selected", "true")
        desk.keyboard.press("Enter")
        expect(search).to_have_value("")
        expect(offered).to_have_count(0)
        return marked()

    assert typed("l3", "L3") == "L3;L5"
    expect(said).to_have_text("L3 marked.")
    assert typed("lwk 5", "L5, marked") == "L3"
    expect(said).to_have_text("L5 no longer marked.")
    assert typed("L2-L4", "L2, L3, L4") == "L2;L3;L4"
    assert typed("L2 L3/4", "L2, L3, L4, marked") == ""
    assert typed("Th12–L1", "T12, L1") == "L1;T12"
    expect(boxes.and_(desk.locator("[value=T12]"))).to_be_visible()
    assert typed("t12 und l1", "T12, L1, marked") == ""
    assert typed("sacr", "sacrum") == "sacrum"
    assert typed("Kreuzb", "sacrum, marked") == ""

    desk.keyboard.type("L9")
    expect(offered).to_have_text("No such level.")
    expect(said).to_have_text("No such level.")
    desk.keyboard.press("Escape")
    expect(search).to_have_value("")

    # The arrows lead on in what is found; going on with Tab keeps the mark.
    desk.keyboard.type("sacral")
    expect(offered).to_have_text(["sacrum", "S1", "S2", "S3", "S4", "S5"])
    desk.keyboard.press("ArrowDown")
    expect(offered.nth(1)).to_have_attribute("aria-selected", "true")
    desk.keyboard.press("Tab")
    expect(search).not_to_be_focused()
    assert stored() == ("S1", {})

    # In the empty field a key says why there is no level, as in every other.
    search.focus()
    desk.keyboard.press("?")
    assert stored() == (None, {"levels": "unknown"})
