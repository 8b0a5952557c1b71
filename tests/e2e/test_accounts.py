"""A curator invites, the invited makes an account and signs in, and makes a token: no step has a barrier."""

import re

import pytest
from django.core import mail
from django.urls import reverse

from registry.access.models import User
from tests import factories

pytestmark = pytest.mark.e2e

NEW = "a long enough pass phrase"


def test_from_an_invitation_to_a_token(visit, center):
    visit.sign_in(factories.member(center, "curator", username="sender"))
    page = visit.open(reverse("invitations"))
    page.locator("[name=email]").fill("anna@example.org")
    page.locator("[name=role]").select_option("clinician")
    page.locator("main .form-actions button").click()
    visit.settle()
    visit.unfold()
    visit.look("invitations")
    (sent,) = mail.outbox
    mail.outbox.clear()
    link = re.search(r"http://[^/\s]+(/\S+)", sent.body)[1]
    visit.sign_out()
    page = visit.open(link)
    visit.look("invitation to accept")
    name = f"anna-{visit.language}"
    for field, text in (("username", name), ("password1", NEW), ("password2", NEW)):
        page.locator(f"[name={field}]").fill(text)
    visit.submit()
    assert page.url.endswith(reverse("login"))
    visit.look("invitation used", path=link)
    visit.sign_in(User.objects.get(username=name))
    page = visit.open(reverse("tokens"))
    page.locator("[name=name]").fill("R on my laptop")
    page.locator("main .form-actions button").click()
    visit.settle()
    assert page.locator("[data-copy]").is_visible()
    visit.unfold()
    visit.look("token made")
