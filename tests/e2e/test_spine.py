"""The picture in the editor: regions are switches by mouse, touch and keyboard, bound both ways to the fields."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.e2e.conftest import watch

pytestmark = pytest.mark.e2e


@pytest.fixture
def picture(page, live_server, settings):
    settings.ROOT_URLCONF = "tests.e2e.spine_pages"
    faults = watch(page, live_server.url)

    def opened(query=""):
        page.goto(f"{live_server.url}/picture/{query}")
        expect(page.locator("[data-spine-live]")).to_have_count(2)
        return page

    yield opened
    assert faults == []


def region(page, name, lesion=1):
    return (
        page.locator(f"#lesion-{lesion}")
        .get_by_role("checkbox", name=name, exact=True)
        .and_(page.locator("[data-region]"))
    )


def click(page, name, lesion=1):
    """Where a finger lands: on the tag of a level, else on the bone."""
    spot = region(page, name, lesion)
    tag = spot.locator(".spine-tag")
    (tag if tag.count() else spot.locator(".spine-hit")).click()


def fields(page, lesion=1):
    """What the form of a lesion would send."""
    return page.evaluate(
        """n => Object.fromEntries(["levels", "zone_ala", "zone_foraminal", "zone_central", "side"].map(name =>
             [name, new FormData(document.querySelector(`#lesion-${n} form`)).getAll(`lesion-${n}-${name}`).join(";")]
           ))""",
        lesion,
    )


def said(page, lesion=1):
    return {name: value for name, value in fields(page, lesion).items() if value}


@pytest.mark.parametrize("lesion", [1, 2], ids=["selects", "radio buttons"])
def test_a_click_on_a_zone_writes_zone_side_and_sacrum_and_takes_them_back(picture, lesion):
    page = picture()
    click(page, "Zone I (ala), right", lesion)
    assert said(page, lesion) == {"levels": "sacrum", "zone_ala": "true", "side": "right"}
    expect(region(page, "Zone I (ala), right", lesion)).to_be_checked()
    expect(region(page, "Zone I (ala), left", lesion)).not_to_be_checked()

    click(page, "Zone I (ala), left", lesion)
    assert said(page, lesion) == {"levels": "sacrum", "zone_ala": "true", "side": "bilateral"}
    click(page, "Zone I (ala), right", lesion)
    assert said(page, lesion) == {"levels": "sacrum", "zone_ala": "true", "side": "left"}
    click(page, "Zone I (ala), left", lesion)
    assert said(page, lesion) == {}, "nothing is said again, and “no” was never said"


def test_central_alone_is_central_and_gives_way_to_a_side(picture):
    page = picture()
    click(page, "Zone III (central)")
    assert said(page) == {"levels": "sacrum", "zone_central": "true", "side": "central"}
    click(page, "Zone II (foraminal), left")
    assert said(page)["side"] == "left"
    click(page, "Zone II (foraminal), left")
    assert said(page) == {"levels": "sacrum", "zone_central": "true", "side": "central"}


def test_both_sides_of_two_zones_lose_the_zone_that_is_clicked(picture):
    page = picture("?levels=S1&zone_ala=true&zone_foraminal=true&side=bilateral")
    click(page, "Zone I (ala), right")
    assert said(page) == {"levels": "S1", "zone_foraminal": "true", "side": "bilateral"}


def test_a_click_never_wipes_what_the_fields_said(picture):
    page = picture("?zone_central=false&zone_foraminal=false&side=right&levels=sacrum")
    click(page, "Zone I (ala), right")
    click(page, "Zone I (ala), right")
    assert said(page) == {
        "levels": "sacrum",
        "zone_foraminal": "false",
        "zone_central": "false",
        "side": "right",
    }


def test_a_named_level_takes_the_place_of_the_sacrum(picture):
    page = picture()
    click(page, "Zone I (ala), right")
    click(page, "Level S2")
    assert said(page)["levels"] == "S2"
    click(page, "Level S2")
    assert said(page)["levels"] == "sacrum", "a zone without a level lies in the sacrum"
    click(page, "Level L4")
    assert said(page)["levels"] == "L4;sacrum"


def test_changes_in_the_fields_show_at_once(picture):
    page = picture()
    form = page.locator("#lesion-1 form")
    form.get_by_label("L3", exact=True).check()
    expect(region(page, "Level L3")).to_be_checked()
    form.get_by_label("L3", exact=True).uncheck()
    expect(region(page, "Level L3")).not_to_be_checked()

    form.get_by_label("Zone ala").select_option("true")
    expect(region(page, "Zone I (ala), right")).to_have_attribute("aria-checked", "mixed")
    form.get_by_label("Side").select_option("left")
    expect(region(page, "Zone I (ala), right")).not_to_be_checked()
    expect(region(page, "Zone I (ala), left")).to_be_checked()
    form.get_by_label("Zone ala").select_option("false")
    expect(region(page, "Zone I (ala), left")).not_to_be_checked()
    expect(page.locator('#lesion-1 [data-numeral="ala-left"]')).to_have_attribute("data-state", "no")

    beyond = page.locator("#lesion-1 [data-spine-beyond]")
    expect(beyond).to_be_hidden()
    form.get_by_label("T11", exact=True).check()
    expect(beyond).to_have_text("Above the picture: T11")
    assert said(page, 2) == {}, "the picture of another lesion is left alone"


def test_the_keyboard_does_what_the_mouse_does(picture):
    page = picture()
    page.locator("#lesion-1 form select").last.focus()
    page.keyboard.press("Tab")
    expect(region(page, "Level L1")).to_be_focused()
    page.keyboard.press("End")
    expect(region(page, "Coccyx")).to_be_focused()
    page.keyboard.press("Home")
    for _step in range(4):
        page.keyboard.press("ArrowDown")
    expect(region(page, "Level L5")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(region(page, "Zone I (ala), right")).to_be_focused()
    expect(page.locator("#lesion-1 .spine-ring[href]").first).to_be_visible()
    page.keyboard.press("Enter")
    assert said(page) == {"levels": "L5;sacrum", "zone_ala": "true", "side": "right"}
    expect(page.locator("#lesion-1 .spine-status")).to_have_text("Zone I (ala), right: marked")
    page.keyboard.press("Tab")
    expect(page.locator("#lesion-1 [data-region]:focus")).to_have_count(0)
    page.keyboard.press("Shift+Tab")
    expect(region(page, "Zone I (ala), right")).to_be_focused()
    page.keyboard.press("Space")
    assert said(page) == {"levels": "L5"}


def test_touch_marks_a_region(browser, live_server, settings):
    settings.ROOT_URLCONF = "tests.e2e.spine_pages"
    context = browser.new_context(has_touch=True, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{live_server.url}/picture/")
    region(page, "Zone II (foraminal), left").locator(".spine-hit").tap()
    assert said(page) == {"levels": "sacrum", "zone_foraminal": "true", "side": "left"}
    context.close()


def test_every_region_is_large_enough_to_touch(picture):
    page = picture()
    page.set_viewport_size({"width": 352, "height": 844})  # leaves the picture 320 px
    small = page.evaluate(
        """() => [...document.querySelectorAll("#lesion-1 [data-region]")].filter(g => {
             const box = (g.querySelector(".spine-tag") ?? g.querySelector(".spine-hit")).getBoundingClientRect();
             return Math.min(box.width, box.height) < 24;
           }).map(g => g.dataset.region)"""
    )
    assert small == []


def test_a_picture_that_comes_later_is_bound_too(picture):
    page = picture()
    page.get_by_role("button", name="Add").click()
    click(page, "Level L2", 3)
    assert said(page, 3) == {"levels": "L2"}
    assert said(page, 1) == {}


def test_fields_that_cannot_be_changed_switch_the_regions_off(picture):
    page = picture("?levels=S1")
    page.evaluate(
        "document.querySelectorAll('#lesion-1 input, #lesion-1 select').forEach(c => { c.disabled = true })"
    )
    page.evaluate("document.dispatchEvent(new Event('registry:saved'))")
    expect(region(page, "Level S2")).to_have_attribute("aria-disabled", "true")
    region(page, "Level S2").locator(".spine-tag").click(force=True)
    expect(region(page, "Level S2")).not_to_be_checked()


def test_without_script_it_is_a_plain_drawing(browser, live_server, settings):
    settings.ROOT_URLCONF = "tests.e2e.spine_pages"
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/picture/")
    expect(page.get_by_role("img", name="Lesion 1 on the picture")).to_be_visible()
    page.locator("#lesion-1").get_by_label("S1", exact=True).check()
    context.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(picture, width, scheme):
    page = picture("?levels=S1&zone_ala=true&zone_central=false&side=right")

    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], node["html"][:120]) for rule in found for node in rule["nodes"]] == []
