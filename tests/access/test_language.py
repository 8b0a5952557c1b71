"""In which language the registry answers, and how a reader chooses."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation

SIGN_IN = "/account/login/"
GERMAN = {"HTTP_ACCEPT_LANGUAGE": "de-AT,de;q=0.9,en;q=0.5"}


def language_of(response) -> str:
    html = response.content.decode()
    start = html.index('<html lang="') + len('<html lang="')
    return html[start : html.index('"', start)]


def test_without_any_wish_the_installation_decides(client, db, settings):
    assert language_of(client.get(SIGN_IN)) == "en"
    settings.LANGUAGE_CODE = "de"
    assert language_of(client.get(SIGN_IN)) == "de"


def test_the_browser_decides_before_the_installation(client, db):
    answer = client.get(SIGN_IN, **GERMAN)
    assert language_of(answer) == "de"
    assert answer["Content-Language"] == "de"
    assert "Accept-Language" in answer["Vary"]


def test_a_language_that_is_not_there_falls_back(client, db):
    assert language_of(client.get(SIGN_IN, HTTP_ACCEPT_LANGUAGE="fr,nl;q=0.8")) == "en"


def test_the_choice_comes_before_the_browser_and_lasts(client, db):
    client.post(reverse("set_language"), {"language": "en"})
    assert language_of(client.get(SIGN_IN, **GERMAN)) == "en"
    cookie = client.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert cookie["samesite"] == "Lax"
    assert cookie["httponly"]
    assert int(cookie["max-age"]) >= 300 * 24 * 60 * 60


@pytest.mark.parametrize("code", ["fr", "", "de'; drop", "../../etc"])
def test_an_unknown_choice_changes_nothing(client, db, code):
    client.post(reverse("set_language"), {"language": code})
    assert language_of(client.get(SIGN_IN)) == "en"
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = code or "x"
    assert language_of(client.get(SIGN_IN)) == "en"


def test_the_choice_leads_back_to_the_page_it_was_made_on(client, clinician):
    client.force_login(clinician)
    page = "http://testserver/cases/?q=chordoma&status=draft"
    answer = client.post(reverse("set_language"), {"language": "de"}, HTTP_REFERER=page)
    assert (answer.status_code, answer["Location"]) == (302, page)
    assert language_of(client.get("/cases/")) == "de"


@pytest.mark.parametrize(
    "elsewhere", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"]
)
def test_the_choice_leads_to_no_other_host(client, db, elsewhere):
    answer = client.post(
        reverse("set_language"), {"language": "de", "next": elsewhere}, HTTP_REFERER=elsewhere
    )
    assert answer["Location"] == "/"


def test_the_choice_is_made_by_post_with_a_token(db):
    assert Client().get(reverse("set_language") + "?language=de").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(reverse("set_language"), {"language": "de"}).status_code == 403


def test_the_choice_is_offered_before_and_after_signing_in(client, clinician):
    for signed_in in (False, True):
        if signed_in:
            client.force_login(clinician)
        html = client.get("/account/" if signed_in else SIGN_IN, **GERMAN).content.decode()
        form = html[html.index('<form class="language"') :].split("</form>")[0]
        assert f'action="{reverse("set_language")}"' in form
        english, german = form.split("<button")[1:]
        assert 'lang="en"' in english and "English" in english and "aria-current" not in english
        assert 'lang="de"' in german and "Deutsch" in german and 'aria-current="true"' in german


def test_programs_are_answered_in_english(client, clinician, settings):
    settings.LANGUAGE_CODE = "de"
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"
    for path in ("/api/v1/cases/", "/api/v1/nowhere", "/api/v1/export/cases.csv"):
        for user in (None, clinician):
            if user:
                client.force_login(user)
            else:
                client.logout()
            answer = client.get(path, **GERMAN)
            assert answer["Content-Language"] == "en", path
            assert "Accept-Language" not in answer.get("Vary", ""), path
            b"".join(answer) if answer.streaming else answer.content
            assert translation.get_language() == "en", "also while an export is being written"
    answer = client.get("/api/v1/cases/?wrong=1", **GERMAN)
    assert answer.status_code == 400
    assert "This parameter is not known" in answer.content.decode()


def test_refusals_before_any_view_are_in_the_readers_language(client, db):
    answer = client.get("/cases/?q=%00", **GERMAN)
    assert answer.status_code == 400
    assert language_of(answer) == "de"


class TestTheWordsOfTheScripts:
    """The catalogue that the browser's scripts read."""

    @staticmethod
    def address(client, **headers) -> str:
        html = client.get(SIGN_IN, **headers).content.decode()
        start = html.index('src="/jsi18n/') + len('src="')
        return html[start : html.index('"', start)].replace("&amp;", "&")

    def test_it_is_open_before_signing_in_and_loaded_before_the_modules(self, client, db):
        html = client.get(SIGN_IN).content.decode()
        tag = html.index('<script src="/jsi18n/')
        assert "defer" in html[tag : html.index(">", tag)]
        assert tag < html.index('type="module"')
        answer = client.get(self.address(client))
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("text/javascript")
        assert b"gettext" in answer.content

    def test_the_language_stands_in_the_address(self, client, db):
        english, german = self.address(client), self.address(client, **GERMAN)
        assert "language=en" in english and "language=de" in german
        answer = client.get(german)  # whatever the browser would prefer by now
        assert answer["Content-Language"] == "de"
        assert b'"DECIMAL_SEPARATOR": ","' in answer.content

    def test_the_browser_keeps_it_until_it_changes(self, client, db):
        address = self.address(client)
        answer = client.get(address)
        assert "immutable" in answer["Cache-Control"]
        assert "Cookie" not in answer.get("Vary", "")
        old = client.get(address[:-12] + "0" * 12)
        assert old["Cache-Control"] == "no-cache"
        assert client.get(address, HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 304

    def test_it_is_small(self, client, db):
        answer = client.get(self.address(client, **GERMAN), HTTP_ACCEPT_ENCODING="gzip")
        assert answer["Content-Encoding"] == "gzip"
        assert len(answer.content) < 15_000

    def test_an_unknown_language_is_answered_in_the_readers(self, client, db):
        assert client.get("/jsi18n/?language=xx", **GERMAN)["Content-Language"] == "de"
