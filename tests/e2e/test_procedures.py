"""Procedures in the browser: each kind entered, the balloon by buttons and by rows, a second device, the keyboard."""

import datetime

import pytest
from playwright.sync_api import expect

from cases.models import Case
from procedures.models import (
    Ablation,
    Procedure,
    TransarterialSession,
    TreatedLesion,
)
from registry.core import records
from tests import factories
from tests.e2e.conftest import SAVED, soon

pytestmark = pytest.mark.e2e


def prefix(record):
    return f"{record._meta.model_name}-{record.uuid}"


def control(page, record, name):
    return page.locator(f'[name="{prefix(record)}-{name}"]')


def fill(page, record, name, value):
    field = control(page, record, name)
    field.fill(value)
    field.press("Tab")


def choose(page, record, name, *codes):
    """Press buttons of a short list, or tick boxes."""
    for code in codes:
        page.locator(f'label:has([name="{prefix(record)}-{name}"][value="{code}"])').first.click()


def is_saved(page):
    expect(page.locator("#save-state")).to_have_text(SAVED)


def fresh(record):
    return type(record)._base_manager.get(pk=record.pk)


@pytest.fixture
def lesions(case):
    return [factories.LesionFactory(case=case, levels=level) for level in ("S1", "S2")]


def add(page, kind):
    """Add a procedure; the new record."""
    before = set(Procedure.objects.values_list("pk", flat=True))
    page.get_by_role("button", name=kind, exact=True).click()
    expect(page.locator(".procedure")).to_have_count(len(before) + 1)
    return Procedure.objects.exclude(pk__in=before).get()


# -- sacroplasty -------------------------------------------------------------------------------------------------------


def test_a_sacroplasty_of_two_lesions(section, case, lesions):
    page = section()
    procedure = add(page, "Sacroplasty")
    expect(control(page, procedure, "date")).to_be_focused()
    fill(page, procedure, "date", "2024-03-11")
    expect(page.locator(f"#index-{prefix(procedure)}")).to_contain_text("Index date of the case.")
    fill(page, procedure, "duration_min", "47")
    choose(page, procedure, "anesthesia", "general")
    choose(page, procedure, "guidance", "ct")
    choose(page, procedure, "technical_success", "true")
    choose(page, procedure.details, "technique", "balloon")
    page.get_by_role("button", name="Add all lesions").click()
    expect(page.locator(".cells-treated .cells-item")).to_have_count(2)
    first, second = TreatedLesion.objects.all()
    expect(control(page, first, "approach")).to_be_focused()
    control(page, first, "approach").select_option("transiliac")
    fill(page, first, "needle_gauge", "11")
    fill(page, first, "needle_count", "1")
    fill(page, first, "cement_volume_ml", "6,2")
    fill(page, first, "cement_diameter_mm", "24")
    fill(page, lesions[0], "diameter_longest_mm", "30")
    expect(page.locator(f"#filling-{prefix(first)}")).to_contain_text("80")
    choose(page, first, "leak_sites", "none")
    page.get_by_role("button", name="Same as lesion 1 (S1)").click()
    expect(control(page, second, "approach")).to_have_value("transiliac")
    expect(control(page, second, "needle_gauge")).to_have_value("11")
    fill(page, second, "cement_volume_ml", "8")
    choose(page, second, "leak_sites", "venous")
    expect(page.locator(f"#field-{prefix(second)}-leak_symptomatic")).to_be_visible()
    choose(page, second, "leak_symptomatic", "false")
    for row in (first, second):
        choose(page, row, "access_no", "1")
    expect(page.locator(f"#sharing-{prefix(first)}")).to_have_text("Same puncture as lesion 2.")
    is_saved(page)
    case.refresh_from_db()
    assert case.index_date == datetime.date(2024, 3, 11)
    procedure.refresh_from_db()
    assert (procedure.duration_min, procedure.anesthesia, procedure.guidance) == (47, "general", "ct")
    assert procedure.details.technique == "balloon"
    first, second = fresh(first), fresh(second)
    assert (str(first.cement_volume_ml), first.leak_sites, first.access_no) == ("6.20", "none", 1)
    assert (second.approach, second.needle_gauge, second.needle_count) == ("transiliac", 11, 1)
    assert (second.leak_sites, second.leak_symptomatic) == ("venous", False)
    expect(page.locator(".editor-section[aria-current] .editor-section-state")).not_to_contain_text("needed")


def test_none_and_a_leak_exclude_each_other(section, case, lesions, sacroplasty):
    row = factories.TreatedLesionFactory(procedure=sacroplasty, lesion=lesions[0], leak_sites="venous")
    page = section()
    choose(page, row, "leak_symptomatic", "true")
    choose(page, row, "leak_sites", "disc")
    assert soon(lambda: fresh(row).leak_sites == "venous;disc")
    choose(page, row, "leak_sites", "none")
    assert soon(lambda: fresh(row).leak_sites == "none")
    assert fresh(row).leak_symptomatic is None
    expect(page.locator(f"#field-{prefix(row)}-leak_symptomatic")).to_be_hidden()
    choose(page, row, "leak_sites", "disc")
    assert soon(lambda: fresh(row).leak_sites == "disc")
    expect(page.locator("#unsaved")).to_be_hidden()


@pytest.fixture
def sacroplasty(case):
    procedure = factories.ProcedureFactory(case=case, kind="sacroplasty")
    factories.SacroplastyDetailsFactory(procedure=procedure)
    return procedure


def test_a_slip_is_refused_at_the_cell_and_an_unusual_value_confirmed_there(
    section, case, lesions, sacroplasty
):
    row = factories.TreatedLesionFactory(procedure=sacroplasty, lesion=lesions[0])
    page = section()
    fill(page, row, "cement_volume_ml", "68")
    fill(page, row, "cement_diameter_mm", "2,4,6")
    fill(page, row, "needle_gauge", "13")
    # In its line beneath the row a refusal says which cell it means.
    expect(page.locator(f"#notes-{prefix(row)}-cement_diameter_mm .error-field")).to_be_visible()
    expect(page.locator(f"#notes-{prefix(row)}-cement_volume_ml .error-field")).to_have_count(0)
    fill(page, row, "cement_diameter_mm", "")
    notes = page.locator(f"#notes-{prefix(row)}-cement_volume_ml")
    expect(notes).to_contain_text("68 mL is above 30 mL")
    expect(page.locator("#unsaved")).to_contain_text("68 mL is above 30 mL")
    assert soon(lambda: fresh(row).needle_gauge == 13), "the rest is saved all the same"
    fill(page, row, "cement_volume_ml", "14")
    reason = notes.get_by_role("textbox")
    reason.fill("two cavities")
    reason.press("Tab")
    expect(notes).to_contain_text("confirmed by clinician: two cavities")
    assert fresh(row).confirmed["cement_volume_ml"]["reason"] == "two cavities"


def test_a_reason_stands_in_the_cell_by_menu_and_by_key(section, case, lesions, sacroplasty):
    row = factories.TreatedLesionFactory(procedure=sacroplasty, lesion=lesions[0])
    page = section()
    control(page, row, "needle_gauge__missing").select_option("unknown")
    control(page, row, "cement_diameter_mm").focus()
    page.keyboard.press("!")
    expect(control(page, row, "cement_diameter_mm")).to_be_focused()
    assert soon(lambda: fresh(row).missing == {"needle_gauge": "unknown", "cement_diameter_mm": "not_done"})
    page.keyboard.type("24")
    page.keyboard.press("Tab")
    assert soon(lambda: fresh(row).cement_diameter_mm == 24)
    assert fresh(row).missing == {"needle_gauge": "unknown"}


# -- sacroplasty and ablation ------------------------------------------------------------------------------------------


def test_an_ablation_beside_a_sacroplasty(section, case, lesions, sacroplasty):
    sacroplasty.date, sacroplasty.anesthesia = datetime.date(2024, 3, 11), "general"
    sacroplasty.guidance = "ct;ct_fluoroscopy"
    records.save(sacroplasty, by=factories.TESTS)
    factories.TreatedLesionFactory(
        procedure=sacroplasty, lesion=lesions[0], approach="transiliac", needle_gauge=11, needle_count=1
    )
    page = section()
    rfa = add(page, "Radiofrequency ablation")
    page.get_by_role("button", name="Same day and setting as the sacroplasty").click()
    assert soon(lambda: fresh(rfa).date == sacroplasty.date)
    assert (fresh(rfa).anesthesia, fresh(rfa).guidance) == ("general", "ct;ct_fluoroscopy")
    page.locator(f"#offer-{prefix(rfa)}").get_by_role("button", name="Lesion 1 (S1)").click()
    expect(page.locator(f"#treated-{prefix(rfa)} > .cells-item")).to_have_count(1)
    row = TreatedLesion.objects.get(procedure=rfa)
    page.get_by_role("button", name="As in the sacroplasty").click()
    assert soon(lambda: fresh(row).needle_gauge == 11)
    state = page.locator(f"#ablation-{prefix(row)}")
    expect(state).to_contain_text("still needs")
    page.get_by_role("button", name="Add cycle", exact=True).click()
    expect(page.locator(f"#cycles-{prefix(row)} > .cells-item")).to_have_count(1)
    first = Ablation.objects.get()
    expect(control(page, first, "active_tip_cm")).to_be_focused()
    # From cell to cell by Tab, in reading order.
    for text in ("2", "40", "12", "86", "", "", "9", "0"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    expect(state).to_contain_text("no cycle held 85 °C for 10 min")
    page.get_by_role("button", name="Add cycle, same tip and power").click()
    expect(page.locator(f"#cycles-{prefix(row)} > .cells-item")).to_have_count(2)
    second = Ablation.objects.last()
    expect(control(page, second, "power_w")).to_have_value("40")
    fill(page, second, "rolloff_count", "2")
    expect(state).to_contain_text("By roll-off: 2 of 2 needed.")
    fill(page, first, "minutes_at_target_min", "10")
    expect(state).to_contain_text("By temperature: cycle 1 held 86 °C for 10 min.")
    is_saved(page)
    first = fresh(first)
    assert (first.active_tip_cm, first.power_w, first.ablation_time_min) == (2, 40, 12)
    expect(page.locator(".page-subtitle")).to_be_visible()


# -- vertebroplasty and transarterial sessions -------------------------------------------------------------------------


def test_a_vertebroplasty_with_sessions_on_their_own_dates(section, case):
    factories.LesionFactory(case=case, levels="L2")
    page = section()
    procedure = add(page, "Vertebroplasty")
    fill(page, procedure, "date", "2024-03-11")
    choose(page, procedure.details, "technique", "needle")
    page.get_by_role("button", name="Lesion 1 (L2)").click()
    row = page.locator(".cells-treated .cells-item")
    expect(row).to_have_count(1)
    for kind, day in (("TACE", "2024-03-18"), ("TAI", "")):
        page.get_by_role("button", name=kind, exact=True).last.click()
        expect(page.get_by_role("heading", name=f"Session {2 if kind == 'TAI' else 1}")).to_be_visible()
        session = TransarterialSession.objects.get(kind=kind.lower())
        if day:
            fill(page, session, "date", day)
        else:
            fill(page, session, "interval_value", "4")
            control(page, session, "interval_unit").select_option("weeks")
    sessions = control(page, procedure.details, "transarterial_therapy")
    expect(sessions.and_(page.locator('[value="sessions"]'))).to_be_checked()
    tace = TransarterialSession.objects.get(kind="tace")
    fill(page, tace, "arteries", "L2 lumbar, both sides")
    choose(page, tace, "agents", "gelatin_sponge", "lipiodol")
    drug = page.locator(f"#{prefix(tace)}").get_by_label("Drug", exact=True)
    drug.fill("cisplatin")
    drug.press("Enter")
    expect(page.locator(f"#drugs-{prefix(tace)} > .cells-item")).to_have_count(1)
    expect(control(page, tace.drugs.get(), "dose_mg")).to_be_focused()
    page.keyboard.type("62,5")
    page.keyboard.press("Tab")
    expect(drug).to_have_value("")
    is_saved(page)
    assert soon(lambda: str(tace.drugs.get().dose_mg) == "62.50")
    tace.refresh_from_db()
    assert (tace.date, tace.agents) == (datetime.date(2024, 3, 18), "gelatin_sponge;lipiodol")
    tai = TransarterialSession.objects.get(kind="tai")
    assert (tai.interval_value, tai.interval_unit, tai.date) == (4, "weeks", None)
    assert procedure.details.__class__.objects.get().transarterial_therapy == "sessions"
    choose(page, procedure.details, "transarterial_therapy", "none")
    expect(page.locator("#unsaved")).to_contain_text("contradicts the sessions")


# -- by keyboard alone -------------------------------------------------------------------------------------------------


def test_a_procedure_is_entered_by_keyboard_alone(section, case, lesions):
    page = section()
    page.get_by_role("button", name="Sacroplasty", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".procedure")).to_have_count(1)
    procedure = Procedure.objects.get()
    expect(control(page, procedure, "date")).to_be_focused()
    page.get_by_role("button", name="Add all lesions").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".cells-treated .cells-item")).to_have_count(2)
    first = TreatedLesion.objects.first()
    expect(control(page, first, "approach")).to_be_focused()
    seen = []
    for _step in range(12):
        seen.append(page.evaluate("document.activeElement.name ?? ''").rpartition("-")[2])
        if page.evaluate("document.activeElement.type") == "radio" or seen[-1] == "leak_sites":
            page.keyboard.press("Space")
        page.keyboard.press("Tab")
    wanted = [
        "approach",
        "needle_gauge",
        "needle_count",
        "access_no",
        "cement_volume_ml",
        "cement_diameter_mm",
        "diameter_longest_mm",
        "leak_sites",
    ]
    assert [name for name in dict.fromkeys(seen) if name in wanted] == wanted, "in reading order"
    assert soon(lambda: fresh(first).access_no == 1)


def test_a_row_is_removed_after_asking_in_the_page(section, case, lesions, sacroplasty):
    row = factories.TreatedLesionFactory(procedure=sacroplasty, lesion=lesions[0])
    page = section()
    place = page.locator(f"#{prefix(row)}")
    place.get_by_text("Remove…").click()
    place.get_by_role("button", name="Remove lesion 1 (S1)").click()
    expect(place).to_have_count(0)
    assert not TreatedLesion.objects.exists()
    expect(page.locator(f"#offer-{prefix(sacroplasty)}")).to_contain_text("Lesion 1 (S1)")
    assert Case.objects.get(pk=case.pk).lesions.count() == 2
