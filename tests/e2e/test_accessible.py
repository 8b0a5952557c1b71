"""No page around the cases has a barrier: sign-in, dashboard, account, literature, refusals, administration.

Each state is looked at in both languages, at both widths and in both colour schemes; lists and forms, the page of a
case and the editor have files of their own.
"""

import datetime

import pytest
from django.core.management import call_command
from django.urls import reverse

from registry.access.models import Membership
from registry.literature.models import Publication
from tests import factories
from tests.outcomes.drafted import person, reboa_case, rfa_case, vertebroplasty_with_tace

pytestmark = pytest.mark.e2e

NOWHERE = "/cases/00000000-0000-0000-0000-000000000000/"


def test_the_entrance_has_no_barrier(visit):
    visit.sign_out()
    visit.look("sign-in", path=reverse("login"))
    visit.submit()
    visit.look("sign-in, nothing typed")
    visit.page.locator("#id_username").fill("clinician")
    visit.page.locator("#id_password").fill("wrong")
    visit.submit()
    visit.look("sign-in refused")
    visit.look("sign-in to a page", path=reverse("case-list"))
    visit.look("not found, signed out", path="/nowhere/")


def test_the_dashboard_has_no_barrier(visit, center, other_center, clinician, researcher):
    visit.look("dashboard, empty", path=reverse("dashboard"))
    call_command("load_publications", "tian-2017", verbosity=0)
    Membership.objects.create(user=clinician, center=other_center, role="clinician")
    for made in (reboa_case, vertebroplasty_with_tace, rfa_case):
        made(center)
    today = datetime.date.today()
    due = person(other_center, today - datetime.timedelta(30), inr=9)
    factories.AssessmentFactory(case=due, vas_pain=8, kps=60)
    factories.AssessmentFactory(case=due, time_point="month_1", vas_pain=4)
    factories.CaseFactory(patient=factories.PatientFactory(center=center, by=clinician), by=clinician)
    visit.look("dashboard, filled", path=reverse("dashboard"))
    visit.sign_in(researcher)
    visit.look("dashboard of a researcher", path=reverse("dashboard"), part="main")


def test_account_menus_and_refusals_have_no_barrier(visit, researcher, clinician):
    page = visit.open(reverse("account"))
    visit.look("account")
    menu, navigation = page.locator("header .dropdown-toggle"), page.locator("header .navbar-toggler")
    page.set_viewport_size({"width": 1280, "height": 900})
    menu.click()
    visit.look("account menu", width=1280, part="header")
    page.set_viewport_size({"width": 390, "height": 900})
    navigation.click()
    page.wait_for_timeout(100)
    menu.click()
    visit.look("menu on a small screen", width=390)
    visit.look("password", path=reverse("password_change"))
    page.locator("#id_old_password").fill("wrong")
    page.locator("#id_new_password1").fill("short")
    page.locator("#id_new_password2").fill("other")
    visit.submit()
    visit.look("password refused")
    visit.look("password changed", path=reverse("password_change_done"))
    visit.look("not found", path=NOWHERE)
    visit.look("not understood", path=reverse("case-list") + "?q=%00")
    visit.open(reverse("account"))
    page.evaluate("document.querySelector('header form [name=csrfmiddlewaretoken]').value = 'x'")
    with page.expect_navigation():
        page.evaluate("document.querySelector('header form').submit()")
    visit.look("form too old")
    visit.sign_in(researcher)
    visit.look("not allowed", path=reverse("case-new"))
    visit.look("account of a researcher", path=reverse("account"), part="main")


def test_the_literature_has_no_barrier(visit):
    visit.look("literature, empty", path=reverse("literature"))
    call_command("load_publications", "tian-2017", verbosity=0)
    paper = Publication.objects.get(slug="tian-2017")
    factories.CitedSeriesFactory(publication=paper)
    visit.look("literature", path=reverse("literature"))
    visit.open(reverse("publication-detail", args=[paper.slug]))
    visit.unfold()
    visit.look("publication, opened")
