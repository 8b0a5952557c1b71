"""One complete case of each kind, from sign-in to “complete”, in a real browser."""

import pytest
from playwright.sync_api import expect

from cases.models import Case
from outcomes.models import Assessment
from procedures.models import BalloonInflation, TransarterialSession, TreatedLesion
from registry.core import policies
from tests import factories
from tests.e2e.conftest import watch
from tests.e2e.hands import Keyboard, Mouse

pytestmark = pytest.mark.e2e

#: Clicks and fields that a newcomer may need for a sacroplasty of two lesions with scores before it and on day 1.
MOST_INTERACTIONS = 60


@pytest.fixture
def metastasis(db):
    return factories.DiagnosisFactory(slug="breast-carcinoma", label="Breast carcinoma", icd10="C50.919")


@pytest.fixture(params=[Mouse], ids=["mouse"])
def hands(request, page, live_server, clinician, metastasis):
    faults = watch(page, live_server.url)
    hands = request.param(page, live_server.url)
    hands.sign_in(clinician)
    yield hands
    assert faults == []


def begin(hands, disease_status="metastasis", **person) -> None:
    hands.begin(diagnosis="breast", **person)
    hands.choose("case", "disease_status", disease_status)
    hands.on_to("lesions")


def lesion_at(hands, *levels) -> None:
    hands.press("Add lesion")
    hands.rows("#lesion-list > [data-row]", 1)
    for level in levels:
        hands.choose("lesion", "levels", level)


def lesion(hands, zone, volume, number) -> None:
    """The picture answers side, zone and level at once."""
    hands.press("Add lesion")
    hands.rows("#lesion-list > [data-row]", number)
    hands.choose("lesion", "levels", "S1", number - 1)
    hands.choose("lesion", "side", zone, number - 1)
    hands.choose("lesion", "zone_ala", "true", number - 1)
    hands.fill("lesion", "volume_ml", volume, number - 1)


def operation(hands, duration, nth=0, anesthesia="local", guidance="ct") -> None:
    hands.fill("procedure", "date", "2026-03-11", nth)
    hands.fill("procedure", "duration_min", duration, nth)
    hands.choose("procedure", "technical_success", "true", nth)
    hands.choose("procedure", "anesthesia", anesthesia, nth)
    hands.choose("procedure", "guidance", guidance, nth)


def cement(hands, approach, volume, nth=0) -> None:
    hands.fill("treatedlesion", "approach", approach, nth)
    hands.fill("treatedlesion", "cement_volume_ml", volume, nth)
    hands.choose("treatedlesion", "leak_sites", "none", nth)


def treat_the_lesion(hands, number) -> None:
    """The one lesion that is not treated yet; ``number`` lesions are then."""
    hands.click('button[name="lesion"]')
    hands.rows('form[data-save*="/treatedlesion/"]', number)


def scores(hands, vas, kps, nth=0) -> None:
    hands.fill("assessment", "vas_pain", vas, nth)
    hands.fill("assessment", "kps", kps, nth)


def finish(hands, procedures=1) -> Case:
    """No complication of any of the procedures; the case as it is stored then."""
    hands.on_to("complications")
    for nth in range(procedures):
        hands.choose("procedure", "complications_answered", "none", nth)
    hands.complete()
    case = Case.objects.get()
    assert case.status == "complete"
    assert policies.gaps(case) == []
    return case


def sacroplasty(hands) -> Case:
    begin(hands, sex="female", age="64", kind="sacroplasty")
    lesion(hands, "right", "6,8", 1)
    lesion(hands, "left", "8.0", 2)
    hands.on_to("procedures")
    operation(hands, "45")
    hands.choose("sacroplastydetails", "technique", "balloon")
    hands.press("Add all lesions")
    hands.rows('form[data-save*="/treatedlesion/"]', 2)
    for nth, volume in enumerate(("6", "6.5")):
        cement(hands, "transiliac", volume, nth)
    hands.on_to("outcomes")
    scores(hands, "8", "60")
    scores(hands, "3", "80", 1)
    return finish(hands)


def check_sacroplasty(case) -> None:
    treated = list(TreatedLesion.objects.filter(procedure__case=case).order_by("pk"))
    assert [str(row.cement_volume_ml) for row in treated] == ["6.00", "6.50"]
    assert [row.lesion.side for row in treated] == ["right", "left"]
    assert [str(row.lesion.volume_ml) for row in treated] == ["6.80", "8.00"]
    points = dict(Assessment.objects.filter(case=case).values_list("time_point", "vas_pain"))
    assert points == {"baseline": 8, "day_1": 3}
    assert str(case.index_date) == "2026-03-11"


def test_balloon_sacroplasty_of_two_lesions_within_sixty_interactions(hands, capsys):
    check_sacroplasty(sacroplasty(hands))
    with capsys.disabled():
        print(f"\nsacroplasty, two lesions, two time points: {hands.count} interactions")
    assert hands.count <= MOST_INTERACTIONS


@pytest.mark.parametrize("hands", [Keyboard], ids=["keyboard"], indirect=True)
def test_balloon_sacroplasty_of_two_lesions_by_keyboard_alone(hands):
    check_sacroplasty(sacroplasty(hands))


def test_reboa_with_three_inflations(hands):
    begin(hands, "primary", sex="male", age="38", kind="reboa")
    lesion_at(hands, "L3", "L4")
    hands.on_to("procedures")
    operation(hands, "330", anesthesia="general", guidance="fluoroscopy")
    for name, value in (
        ("aortic_diameter_mm", "16,5"),
        ("balloon_diameter_mm", "18"),
        ("blood_loss_ml", "2400"),
    ):
        hands.fill("reboadetails", name, value)
    hands.choose("reboadetails", "surgical_approach", "combined")
    hands.choose("reboadetails", "resection", "total_en_bloc_spondylectomy")
    for nth, (inflated, deflated) in enumerate((("10", "70"), ("85", "130"), ("150", "171"))):
        hands.press("Add inflation")
        hands.rows('form[data-save*="/ballooninflation/"]', nth + 1)
        hands.fill("ballooninflation", "inflated_min", inflated, nth)
        hands.fill("ballooninflation", "deflated_min", deflated, nth)
        hands.choose("ballooninflation", "aortic_zone", "zone_iii", nth)
    expect(hands.page.locator(".occlusion-picture")).to_contain_text("126")
    hands.on_to("outcomes")
    scores(hands, "7", "50")
    case = finish(hands)
    rows = BalloonInflation.objects.filter(procedure__case=case).order_by("number")
    assert [(row.inflated_min, row.deflated_min) for row in rows] == [(10, 70), (85, 130), (150, 171)]
    procedure = case.procedures.get()
    assert procedure.derived_value("occlusion_total_min") == 126
    assert procedure.derived_value("occlusion_longest_min") == 60


def test_vertebroplasty_with_tace_on_two_dates(hands):
    begin(hands, sex="male", age="66", kind="vertebroplasty")
    lesion_at(hands, "L2")
    hands.on_to("procedures")
    operation(hands, "60")
    hands.choose("vertebroplastydetails", "technique", "needle")
    treat_the_lesion(hands, 1)
    cement(hands, "transpedicular", "4,5")
    for nth, date in enumerate(("2026-03-18", "2026-04-22")):
        hands.press("TACE")
        hands.rows('form[data-save*="/transarterialsession/"]', nth + 1)
        hands.fill("transarterialsession", "date", date, nth)
    hands.on_to("outcomes")
    scores(hands, "8", "60")
    case = finish(hands)
    sessions = TransarterialSession.objects.filter(procedure__case=case).order_by("number")
    assert [(row.kind, str(row.date)) for row in sessions] == [("tace", "2026-03-18"), ("tace", "2026-04-22")]


def test_sacroplasty_with_radiofrequency_ablation(hands):
    begin(hands, sex="female", age="58", kind="sacroplasty")
    lesion(hands, "right", "6,8", 1)
    hands.on_to("procedures")
    operation(hands, "70")
    hands.choose("sacroplastydetails", "technique", "needle")
    treat_the_lesion(hands, 1)
    cement(hands, "transiliac", "6")
    hands.click('button[name="kind"][value="rfa"]')
    hands.rows('form[data-save*="/procedure/"]', 2)
    operation(hands, "40", 1)
    treat_the_lesion(hands, 2)
    hands.press("Add cycle")
    hands.rows('form[data-save*="/ablation/"]', 1)
    for name, value in (
        ("active_tip_cm", "2"),
        ("power_w", "20"),
        ("ablation_time_min", "12"),
        ("temperature_mean_celsius", "85"),
        ("minutes_at_target_min", "10"),
    ):
        hands.fill("ablation", name, value)
    expect(hands.page.locator(".ablation-state")).to_contain_text("complete")
    hands.on_to("outcomes")
    scores(hands, "8", "60")
    case = finish(hands, procedures=2)
    rfa = TreatedLesion.objects.get(procedure__case=case, procedure__kind="rfa")
    assert rfa.derived_value("rfa_complete") is True
