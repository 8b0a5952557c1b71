"""Every page answers in German, and none holds a word that no catalogue could reach.

The second is seen in a language made for the test: each message of the source with its letters replaced by wide ones.
What is left in plain letters on a page was never given to gettext.
"""

import datetime
import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import UUIDConverter
from django.utils import timezone, translation
from django.utils.translation import trans_real

from registry.access import tokens
from registry.access.models import Center, Invitation, Membership
from registry.curation import queries
from registry.curation.models import DataQuery, Freeze
from registry.research.models import CohortVersion, ExportJob, ExportReceipt, Release
from tests import factories
from tests.access import signing_in
from tests.pages.conftest import form_data

#: What an address may ask for beside a record's public id: sections, time points, publications.
WORDS = [
    *("patient", "lesions", "procedures", "outcomes", "complications", "followup", "review"),
    *("month_3", "month_6", "paper-x", "lesion", "assessment", "q-cohort", "q-secret"),
]
#: The same for the addresses of releases, which take two.
OF_RELEASES = ("q-release", "q-other", "manifest.json")
#: And for those of the log of eligible procedures.
OF_MONTHS = ("HEI", "2026", "10")
#: Machines and other programs are answered in English; the admin is walked by its models, imports by their own test.
NOT_PAGES = ("api/", "admin/", "static/", "health/", "jsi18n/", "import/")
OWN_WORDS = {"releases/": OF_RELEASES, "ascertainment/": OF_MONTHS}
#: Parts that their page asks for, with what it knows of them.
PARTS = (".svg", "/cell/")
DAY = datetime.timedelta(days=1)


@pytest.fixture
def world(center, clinician) -> list[Any]:
    """One record of every kind, with values in words, missing ones, unusual ones and dates."""
    day = datetime.date(2024, 3, 11)
    publication = factories.PublicationFactory(slug="paper-x", title="Q-title", language="en")
    arm = factories.StudyArmFactory(publication=publication, code="A", label="Q-arm")
    factories.ReportedValueFactory(publication=publication, arm=arm, value_text="7.4")
    factories.CitedSeriesFactory(publication=publication)
    source = factories.PatientFactory(
        center=factories.CenterFactory(code="PAPER", kind=Center.Kind.PUBLISHED),
        publication=publication,
        source_label="Q-source",
    )
    published = factories.CaseFactory(
        patient=source,
        diagnosis=factories.DiagnosisFactory(label="Q-diagnosis"),
        missing={"weight_kg": "not_reported"},
    )
    factories.SourceValueFactory(
        publication=publication, record=published, field="age_years", printed="Q-printed", qualifier="nearly"
    )
    old = {"variable": "cases.age_years", "is": ">=", "value": 10}
    large = {"variable": "lesions.volume_ml", "is": "recorded"}
    block = {"rows": "lesions", "have": "every", "where": {"any": [large, {"all": [large]}]}}
    arms = [
        {"code": "Q-1", "label": "Q-arm", "where": {"all": [old]}},
        {"code": "Q-2", "where": {"all": [old]}},
    ]
    cohort = factories.CohortFactory(
        owner=clinician, title="Q-cohort", where={"all": [old, block]}, arms=arms
    )
    kept = exported(clinician, cohort.latest)
    patient = factories.PatientFactory(center=center, hospital_number="4711", birth_year=1961, by=clinician)
    diagnosis = factories.DiagnosisFactory(label="Q-diagnosis")
    case = factories.CaseFactory(
        patient=patient, diagnosis=diagnosis, age_years=17, missing={"recurrent": "unknown"}, by=clinician
    )
    lesion = factories.LesionFactory(
        case=case, volume_ml=68, zone_ala=True, side="left", missing={"cortical_breach": "not_done"}
    )
    made: list[Any] = [patient, case, lesion, diagnosis, factories.TreatmentFactory(case=case)]
    by_kind = {}
    for kind, details in (
        ("reboa", factories.ReboaDetailsFactory),
        ("vertebroplasty", factories.VertebroplastyDetailsFactory),
        ("sacroplasty", factories.SacroplastyDetailsFactory),
        ("rfa", factories.RfaDetailsFactory),
    ):
        by_kind[kind] = factories.ProcedureFactory(case=case, kind=kind, date=day, duration_min=9)
        made += [by_kind[kind], details(procedure=by_kind[kind])]
    treated = factories.TreatedLesionFactory(procedure=by_kind["rfa"], lesion=lesion, cement_volume_ml=12)
    session = factories.TransarterialSessionFactory(procedure=by_kind["vertebroplasty"], date=day)
    made += [
        treated,
        session,
        factories.AblationFactory(treated_lesion=treated),
        factories.TransarterialDrugFactory(session=session, name="Q-drug"),
        factories.BalloonInflationFactory(procedure=by_kind["reboa"], inflated_min=0, deflated_min=40),
        factories.AssessmentFactory(case=case, vas_pain=8, kps=60),
        factories.AssessmentFactory(case=case, time_point="month_3", date=day),
        factories.ComplicationFactory(procedure=by_kind["rfa"], lesion=lesion),
        factories.FollowUpStatusFactory(case=case, followup_state="under_follow_up"),
        published,
        invitation(center, "q-secret"),
        queries.ask(lesion, "side", "Q-question", by=clinician),
        *kept,
    ]
    who = {"user_name": "q-1", "printed_name": "Q"}
    factories.AscertainmentMonthFactory(center=center, month="2026-10-01")
    Freeze.objects.create(center=center, whole_center=False, title="Q-title", reason="Q-reason", **who)
    for query in DataQuery.objects.exclude(rule=""):  # what a rule has said is kept as it was said
        query.wording = dict.fromkeys(query.wording, "Q-sentence")
        query.save()
    return made


def invitation(center: Any, secret: str, **more: Any) -> Invitation:
    """An invitation by the curator of a centre."""
    curator = factories.member(center, "curator", username=f"Q-{secret}")
    digest = hashlib.sha256(secret.encode()).hexdigest()
    now = timezone.now()
    given: Any = {"email": "q-1@q-2.q3", "role": "researcher", "sent_at": now, "expires_at": now + DAY} | more
    return Invitation.objects.create(center=center, invited_by=curator, digest=digest, **given)


def exported(user: Any, version: CohortVersion) -> list[Any]:
    """A receipt, a job and two releases, as the pages show them; their files lie nowhere."""
    file = {"file": "manifest.json", "table": "", "rows": None, "bytes": 9, "sha256": "0" * 64}
    receipt = ExportReceipt.objects.create(
        user_id_text=str(user.pk),
        user_name=user.username,
        table="Q-table",
        format="Q-csv",
        rows=3,
    )
    job = ExportJob.objects.create(user=user, target="Q-table", format="Q-csv", state="done", receipt=receipt)
    releases = [
        Release.objects.create(
            slug=slug,
            owner=user,
            owner_name=user.username,
            title="Q-release",
            authors=["Q-author, Q"],
            cohort_version=version,
            definition=version.definition,
            sentence="Q-sentence",
            sequence=0,
            centers=[],
            profile="pseudonymised",
            software="Q-1",
            state=Release.State.READY,
            files=[file],
        )
        for slug in ("q-release", "q-other")
    ]
    return [receipt, job, *releases]


def patterns(found: Any = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in get_resolver().url_patterns if found is None else found:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from patterns(pattern.url_patterns, route)
        elif pattern.name and not (route.removeprefix("^").startswith(NOT_PAGES) or route.endswith(PARTS)):
            yield route, pattern


def answers(client: Client, world: list[Any]) -> Iterator[tuple[str, Any]]:
    """What every address answers to somebody who looks: the first record that it takes, and every section."""
    uuids = [str(record.uuid) for record in world if hasattr(record, "uuid")]
    numbers = [str(key.pk) for key in Authenticator.objects.filter(type="webauthn")]
    numbers += [str(freeze.pk) for freeze in Freeze.objects.all()]
    for route, pattern in patterns():
        converters = pattern.pattern.converters
        ids = [name for name, converter in converters.items() if isinstance(converter, UUIDConverter)]
        words = [name for name in converters if name not in ids]
        found = False
        known = next((own for start, own in OWN_WORDS.items() if route.startswith(start)), [*WORDS, *numbers])
        for chosen in itertools.product(known, repeat=len(words)):
            for uuid in itertools.product(uuids, repeat=len(ids)):
                given = dict(zip([*words, *ids], [*chosen, *uuid], strict=True))
                try:
                    url = reverse(pattern.name, kwargs=given)
                except NoReverseMatch:
                    continue  # a word of another kind
                answer = client.get(url)
                if answer.status_code != 404:
                    found = True
                    yield url, answer
                    break
            if found and answer.status_code == 405:
                break  # only ever sent to
        assert found, f"{route} finds nothing: add a record or a word to this file"


def admin_answers(client: Client, world: list[Any]) -> Iterator[tuple[str, Any]]:
    urls = [reverse("admin:index")]
    for model in admin.site._registry:
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        urls.append(reverse(f"{base}_changelist"))
        record = next((record for record in world if type(record) is model), None)
        if record is not None:
            urls += [reverse(f"{base}_{page}", args=[record.pk]) for page in ("change", "history", "delete")]
    for url in urls:
        yield url, client.get(url, follow=True)


@pytest.fixture
def german(clinician, center):
    """A clinician and curator whose browser asks for German, who has just confirmed who it is."""
    client = Client(headers={"accept-language": "de"})
    Membership.objects.create(user=clinician, center=center, role="curator")
    signing_in.app_of(clinician)
    signing_in.passkey_of(clinician, "Q-key")
    signing_in.sign_in(client, clinician)
    signing_in.confirm(client, code=signing_in.recovery_codes(clinician)[0])
    return client


@pytest.fixture
def german_admin(db):
    client = Client(headers={"accept-language": "de"})
    client.force_login(factories.UserFactory(username="q-boss", is_superuser=True))
    return client


def language_of(answer: Any) -> str:
    """What the page says of itself; empty for a part of a page."""
    found = re.search(r'<html lang="([\w-]+)"', answer.content.decode()) if is_page(answer) else None
    return found[1] if found else ""


def is_page(answer: Any) -> bool:
    return answer.status_code in (200, 422) and answer["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "name", ["dashboard", "case-list", "case-new", "literature", "account", "password_change"]
)
def test_a_page_answers_in_german(german, world, name):
    answer = german.get(reverse(name))
    assert answer.status_code == 200
    assert answer["Content-Language"] == "de"
    assert language_of(answer) == "de"


@pytest.mark.parametrize("path", ["/nowhere/", "/cases/?q=%00"])
def test_refusals_answer_in_german(german, path):
    answer = german.get(path)
    assert answer.status_code in (400, 404)
    assert '<html lang="de"' in answer.content.decode()


# --- nothing that no catalogue could reach ------------------------------------------------------------------------

_PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_WIDE = str.maketrans({letter: chr(ord(letter) + 0xFEE0) for letter in _PLAIN})
_KEPT = re.compile(r"%\(\w+\)[a-z]|%[a-z%]|\{\w*\}|</?\w[^>]*>|&\w+;")


def widened(message: str) -> str:
    """A message in wide letters, its placeholders and marks as they were."""
    message = message.rpartition(translation.trans_real.CONTEXT_SEPARATOR)[2]
    parts, at = [], 0
    for kept in _KEPT.finditer(message):
        parts += [message[at : kept.start()].translate(_WIDE), kept[0]]
        at = kept.end()
    return "".join([*parts, message[at:].translate(_WIDE)])


class WideLetters(trans_real.DjangoTranslation):
    """German in name; every message comes back in wide letters."""

    def gettext(self, message: str) -> str:
        return widened(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return widened(msgid1 if n == 1 else msgid2)


#: What may stand on a page in plain letters: units, scores, techniques and codes that are the same in every language,
#: and what this test has entered (every name of its own begins with a Q).
_SAME = re.compile(
    r"\b(Q-[\w-]+|q-boss|clinician|English|Deutsch|HEI|PAPER|Hospital|Author|et al|Table|tests?|paper-x"
    r"|SINS|VAS|NRS|ODI|KPS|ECOG|ASA|INR|BMI|ESCC|Frankel|ASIA|Denis|Barthel|SIR|CIRSE|Clavien|Dindo|I?[IV]+[ab]?"
    r"|REBOA|RFA|TACE|TAI|TAE|PSP|PVA|PMMA|ICD|CTA|MRA|DSA|MRI|DOI|API|ISO|UUID|JSON|CSV|min|system"
    # Formats of files, and what a formula was taken from.
    r"|NDJSON|ZIP|XLSX|Excel|Parquet|PARQUET|SAV|SPSS|DTA|Stata|SHA|BibTeX|CFF|manifest\.json|q-(cohort|release|other|secret)|curator"
    r"|scipy[\w.]*|special\.\w+|[A-Z]\w+( & [A-Z]\w+)?, (Am Stat|Biometrika|J Hum Resour|J Am Stat Assoc) \d{4}"
    # Codes, which exports and the admin's lists name as they are stored; the names of Django's own pictures.
    r"|[0-9a-f]{8}(-[0-9a-f]{4,12}){4}|diagnosis-\d+|vas_pain|ala|[a-z]+(\+[a-z]+)+|True|False)\b"
)
_TYPED = re.compile(r'<input(?=[^>]*type="(?:text|number|date)")[^>]*name="([^"]+)"')
_WORD = re.compile(r"[A-Za-zÄÖÜäöü]{3,}")
_SPOKEN = ("aria-label", "title", "alt", "placeholder", "data-label")


class Spoken(HTMLParser):
    """The texts that a reader sees or hears, but for what says that it is in another language."""

    VOID = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"))

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        foreign = given.get("lang") not in (None, "de", "de-de")
        if tag not in self.VOID and (
            self.silent or foreign or tag in ("script", "style", "code", "textarea")
        ):
            self.silent.append(tag)
        elif not self.silent:
            self.found += [given[name] for name in _SPOKEN if given.get(name)]
            if tag == "input" and given.get("type") == "submit":
                self.found.append(given.get("value") or "")

    def handle_endtag(self, tag):
        if self.silent and tag in self.silent:
            while self.silent.pop() != tag:
                pass

    def handle_data(self, data):
        if not self.silent:
            self.found.append(data)


def plain_words(html: str) -> set[str]:
    """Texts of a page that hold a word in plain letters."""
    parser = Spoken()
    parser.feed(html)
    return {" ".join(text.split()) for text in parser.found if _WORD.search(_SAME.sub("", text))}


@pytest.fixture
def _wide_letters(monkeypatch):
    monkeypatch.setitem(trans_real._translations, "de", WideLetters("de"))


def where_plain(found: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """Text → the first page it was met on; every page says that it is German."""
    met: dict[str, str] = {}
    for url, answer in found:
        assert answer.status_code in (200, 302, 403, 405, 410, 422), (url, answer.content[:300])
        assert language_of(answer) in ("de", "de-de", ""), url
        for text in plain_words(said(answer)):
            met.setdefault(text, url)
    return met


def report(met: dict[str, str]) -> str:
    return "never given to gettext:\n" + "\n".join(f"{text}    {url}" for text, url in sorted(met.items()))


def refusals(client: Client, shown: list[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """What every page with a form answers when nothing that is typed into it can be read."""
    for url, answer in shown:
        html = answer.content.decode() if is_page(answer) else ""
        typed = set(_TYPED.findall(html))
        for prefix, address in re.findall(r'<form id="rec-([\w-]+)"[^>]*data-save="([^"]+)"', html):
            fields = {name: ["7x"] for name in typed if name.startswith(f"{prefix}-")}
            body = {"fields": fields, "base": {key: [""] for key in fields}}
            yield address, client.post(address, body, content_type="application/json")
        if '<form method="post"' in html.partition("<main")[2] and not re.search(
            r"/(delete|draft|freezes?|edit/\w+)/$", url
        ):
            sent = {name: "7x" if name in typed else value for name, value in form_data(answer).items()}
            yield url, client.post(url, sent)


def said(answer: Any) -> str:
    """What an answer says, also where it is sent in parts to a script."""
    if answer["Content-Type"].startswith("application/json"):
        body = answer.json()
        texts = [*body.get("slots", {}).values(), *body.get("refused", ()), body.get("detail", "")]
        return "<hr>".join([*texts, *itertools.chain(*body.get("errors", {}).values())])
    return answer.content.decode() if is_page(answer) else ""


@pytest.mark.usefixtures("_wide_letters")
def test_no_page_and_no_refusal_shows_a_word_that_is_not_translated(german, world):
    pages = list(answers(german, world))
    assert sum(is_page(answer) for _url, answer in pages) > 30
    refused = list(refusals(german, pages))
    assert sum(answer.status_code == 422 for _url, answer in refused) > 10
    assert any(answer["Content-Type"].startswith("application/json") for _url, answer in refused)
    found = where_plain(pages + refused)
    assert not found, report(found)


@pytest.mark.usefixtures("_wide_letters")
def test_no_page_of_invitations_or_tokens_shows_a_word_that_is_not_translated(center, curator, clinician):
    now = timezone.now()
    states = {
        "open": {},
        "past": {"expires_at": now},
        "used": {"accepted_at": now},
        "gone": {"revoked_at": now},
    }
    for secret, more in states.items():
        invitation(center, secret, **more)
    clinician.email = "q-4@q-2.q3"
    clinician.save()
    invitation(center, "known", email=clinician.email)
    nobody, known, sender = (Client(headers={"accept-language": "de"}) for _n in range(3))
    known.force_login(clinician)
    sender.force_login(curator)
    links = [reverse("invitation-accept", args=[secret]) for secret in (*states, "known", "none")]
    pages = [(url, client.get(url)) for url in links for client in (nobody, known)]
    pages += [(links[0], nobody.post(links[0])), ("invitations", sender.get(reverse("invitations")))]
    pages += [("invitations", sender.post(reverse("invitations"), {"email": "7x", "end": "2000-01-01"}))]
    tokens.create(clinician, name="Q-token")
    pages += [(name, known.get(reverse(name))) for name in ("tokens", "account")]
    shown = {text for _url, page in pages for text in plain_words(page.content.decode())}
    assert not shown, shown


@pytest.mark.usefixtures("_wide_letters")
def test_no_page_of_the_admin_shows_a_word_that_is_not_translated(german_admin, world):
    found = where_plain(admin_answers(german_admin, world))
    assert not found, report(found)


def test_a_word_in_plain_letters_is_found():
    assert widened("%(n)s <b>new</b> lines") == "%(n)s <b>ｎｅｗ</b> ｌｉｎｅｓ"
    assert plain_words("<p>Nothing</p>") == {"Nothing"}
    assert plain_words('<p lang="en">Nothing</p><p title="Open">6 mL</p>') == {"Open"}
    assert plain_words("<p>ｎｅｗ SINS</p>") == set()
