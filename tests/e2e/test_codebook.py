"""The codebook in the browser: found while typing, copied by a click, led to by its address, and free of barriers."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e


def test_variables_are_found_while_typing_copied_and_addressed(desk, live_server):
    desk.goto(f"{live_server.url}/codebook/?table=treated_lesions")
    desk.get_by_label("Search").press_sequentially("lesion volume")
    expect(desk.locator("#treated_lesions\\.approach")).to_have_count(0)
    expect(desk).to_have_url(re.compile(r"\?q=lesion(%20|\+)volume&table=treated_lesions$"))
    desk.get_by_label("Table").select_option("lesions")
    row = desk.locator("#lesions\\.volume_ml")
    expect(row).to_contain_text("above 0 to 6000")
    row.get_by_role("button", name="Copy volume_ml").click()
    expect(desk.locator("#codebook-said")).to_have_text("Copied")
    # Pasted where anybody would paste it.
    desk.get_by_label("Search").fill("")
    desk.get_by_label("Search").press("Control+v")
    expect(desk.get_by_label("Search")).to_have_value("volume_ml")
    desk.goto(f"{live_server.url}/codebook/?table=lesions#lesions.levels")
    expect(desk.locator("#lesions\\.levels")).to_be_in_viewport()
    codes = desk.locator("#lesions\\.levels details")
    desk.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(codes).to_have_attribute("open", "")
    desk.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(codes).not_to_have_attribute("open", "")


def test_the_codebook_has_no_barrier(visit):
    visit.open("/codebook/?table=treated_lesions")
    visit.unfold()
    visit.look("codebook, unfolded")
    visit.look("codebook, nothing found, no such table", path="/codebook/?q=nothing+of+the+kind&table=none")
