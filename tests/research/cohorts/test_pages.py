"""Cohorts in the browser, as the server sees it: the list, the page, and the builder by its form fields."""

import html as markup
import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from registry.research.models import Cohort
from tests import factories as make

pytestmark = pytest.mark.django_db

NEW = "/cohorts/new/"
OLD = {"variable": "cases.age_years", "is": ">=", "value": 60}
RFA = {"variable": "case_summary.rfa__count", "is": ">", "value": 0}
CENTRAL = {"variable": "lesions.zone_central", "is": "=", "value": False}


@pytest.fixture
def client(world):
    made = Client()
    made.force_login(world.researcher)
    return made


def fields(html):
    """What the form of a page would send."""
    sent = {}
    form = html[html.index('<form id="builder"') :]
    for tag in re.findall(r"<input[^>]*>", form):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if given.get("type") in ("checkbox", "radio") and not re.search(r"\schecked[\s>]", tag):
            continue
        if "name" in given:
            sent.setdefault(given["name"], []).append(markup.unescape(given.get("value", "")))
    for name, inner in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', inner)
        if chosen:
            sent[name] = [markup.unescape(chosen[1])]
    for name, inner in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S):
        sent[name] = [markup.unescape(inner)]
    return sent


class Builder:
    """Somebody who builds without a script: every step sends the whole form."""

    def __init__(self, client, url=NEW):
        self.client, self.url = client, url
        self.answer = client.get(url)
        assert self.answer.status_code == 200

    @property
    def html(self):
        return self.answer.content.decode()

    def send(self, do, **values):
        sent = fields(self.html) | {"do": do}
        sent |= {name.replace("__", "."): value for name, value in values.items()}
        self.answer = self.client.post(
            self.url, {name: value for name, value in sent.items() if value is not None}
        )
        return self

    def says(self):
        found = re.search(r'outcome-sentence" lang="en">([^<]*)<', self.html)
        return found[1].replace("&gt;", ">") if found else ""


# -- building ------------------------------------------------------------------------------------------------------


def test_a_cohort_is_built_without_a_script(client, world):
    builder = Builder(client).send("pick:where", q="strategy")
    assert 'value="add:where:cases.strategy"' in builder.html
    builder.send("add:where:cases.strategy")
    builder.send("add:where:cases.age_years", **{"where-0.value": ["sacroplasty+rfa"]})
    builder.send("show", title="Sacroplasty, age from 60", **{"where-1.value": "60,0"})
    assert builder.says() == "Cases with strategy sacroplasty+rfa and age at least 60 years."
    assert "<strong>1</strong>" in builder.html
    answer = builder.send("save").answer
    assert (answer.status_code, answer["Location"]) == (302, "/cohorts/sacroplasty-age-from-60/")
    cohort = Cohort.objects.get()
    assert cohort.latest.definition["where"] == {
        "all": [{"variable": "cases.strategy", "is": "in", "value": ["sacroplasty+rfa"]}, OLD]
    }
    page = client.get(answer["Location"]).content.decode()
    assert "Cases with strategy sacroplasty+rfa and age at least 60 years." in page


def test_a_question_about_rows_begins_a_block(client, world):
    builder = Builder(client).send("add:where:lesions.zone_central")
    assert builder.says() == "Cases with any lesion with zone III (central)."
    builder.send("add:where-0:lesions.volume_ml").send(
        "show", **{"where-0.have": "every", "where-0-1.value": "6.5"}
    )
    assert (
        builder.says() == "Cases with every lesion with zone III (central) and lesion volume at least 6.5 mL."
    )
    builder.send("group:where-0").send("add:where-0-2:lesions.side").send(
        "show", **{"where-0-2-0.value": ["left"]}
    )
    assert builder.says().endswith("lesion volume at least 6.5 mL, and side left.")
    builder.send("rows:where:complications").send("show", **{"where-1.have": "none"})
    assert builder.says().endswith("and no complication.")


def test_groups_and_arms_are_added_and_taken_away(client, world):
    builder = (
        Builder(client).send("group:where").send("add:where-0:cases.recurrent").send("add:where-0:cases.bmi")
    )
    builder.send("arm").send("add:arm0:cases.sex").send("arm").send("arm")
    builder.send(
        "show", **{"where-0-1.value": "20", "arm0.label": "men", "arm0-0.value": ["male"], "arm1.code": "Z"}
    )
    assert (
        builder.says() == "Cases with recurrent tumour or BMI (kg/m²) at least 20; arms: A (men): sex male."
    )
    builder.send("remove-arm:1").send("remove-arm:1")
    assert 'name="arm1.code"' not in builder.html and 'name="arm0.code"' in builder.html
    builder.send("remove:where-0-0")
    assert builder.says().startswith("Cases with BMI (kg/m²) at least 20;")
    builder.send("remove:where-0").send("remove-arm:0")
    assert builder.says() == "All cases."


def test_what_is_not_filled_in_yet_is_no_fault_until_it_is_saved(client, world):
    builder = (
        Builder(client).send("add:where:cases.age_years").send("group:where").send("add:where-1:cases.sex")
    )
    assert builder.says() == "All cases." and 'part-error" id="where-0-error" hidden' in builder.html
    builder.send("save", title="Unfinished")
    assert builder.answer.status_code == 422
    for said in ("Enter a number.", "Choose at least one value."):
        assert said in builder.html
    assert '<a href="#where-0">Enter a number.</a>' in builder.html
    assert 'value="Unfinished"' in builder.html and not Cohort.objects.exists()


def test_what_was_typed_stands_there_with_what_is_wrong_with_it(client, world):
    builder = Builder(client).send("add:where:cases.age_years").send("add:where:cases.icd10")
    builder.send("show", **{"where-0.value": "6o", "where-1.value": '="><script>'})
    assert 'value="6o"' in builder.html and "“6o” is not a number." in builder.html
    assert "&quot;&gt;&lt;script&gt;" in builder.html and "<script>" not in builder.html.partition("<main")[2]
    builder.send("save", title="")
    assert builder.answer.status_code == 422 and "“6o” is not a number." in builder.html
    builder.send("save", **{"where-0.value": "60", "where-1.value": "C64"})
    assert "Give the cohort a title." in builder.html and builder.answer.status_code == 422


def test_the_controls_fit_the_variable_and_the_operator(client, world):
    builder = Builder(client)
    for key in ("cases.age_years", "cases.indications", "cases.recurrent", "cases.icd10", "cases.height_cm"):
        builder.send(f"add:where:{key}")
    assert 'name="where-1.value" value="pain"' in builder.html
    assert re.search(r'type="radio" name="where-2.value" value="true" checked', builder.html)
    assert "0 to 90; older counts as 90" in builder.html and "40 to 250" in builder.html
    builder.send("show", **{"where-0.is": "between", "where-0.value": ["60", "70"], "where-4.is": "missing"})
    assert (
        builder.html.count('name="where-0.value"') == 2
        and 'name="where-4.reason" value="lost"' in builder.html
    )
    builder.send(
        "show", **{"where-4.reason": ["lost", "refused"], "where-3.is": "in", "where-3.value": "C64.9; C61"}
    )
    assert (
        builder.says()
        == (
            "Cases with age from 60 to 70 years, recurrent tumour, ICD-10-CM of the primary tumour C64.9 or C61, and "
            "height missing (refused or lost to follow-up)."
        )
        or "height missing (lost to follow-up or refused)" in builder.says()
    )


@pytest.mark.parametrize(
    "do",
    [
        "add:where:cases.notes",
        "add:where-9:cases.sex",
        "add:arm5:cases.sex",
        "add:nowhere:cases.sex",
        "add:where-0:cases.sex",
        "rows:where:cases",
        "rows:where-0:lesions",
        "group:arm9",
        "remove:where",
        "remove:where-7",
        "remove-arm:3",
        "remove-arm:x",
        "pick:where-1-1-1",
        "close",
        "add",
        "nothing",
        "",
        ":::",
    ],
)
def test_a_step_that_cannot_be_changes_nothing(client, world, do):
    builder = Builder(client).send("add:where:lesions.zone_central")
    before = builder.says()
    builder.send(do)
    assert builder.answer.status_code == 200 and builder.says() == before


@pytest.mark.parametrize(
    "sent",
    [
        {"where.kind": "group", "where-0.kind": "condition", "where-0.variable": "cases.gone"},
        {"where.kind": "group", "where-0.kind": "condition"},
        {
            "where.kind": "group",
            "where-0.kind": "rows",
            "where-0.rows": "users",
            "where-0-0.kind": "condition",
        },
        {"where.kind": "group", "where.how": "some", "where-0.kind": "thing"},
        {"where.kind": "condition", "where-5-5.kind": "condition"},
        {"arm0.kind": "group", "arm99.kind": "group"},
        {"where" + "-0" * 23 + ".kind": "group", "where" + "-0" * 40 + ".kind": "group"},
        {"mode": "text", "document": "[" * 100_000},
        {"mode": "text"},
        {"base": "x" * 50},
        {},
    ],
)
def test_fields_that_no_page_sends_break_nothing(client, world, sent):
    for do in ("show", "save", "count", "as-text", "as-form"):
        assert client.post(NEW, {**sent, "do": do, "title": "T"}).status_code in (200, 302, 422), do


def test_the_case_mix_says_strategies_in_words(client, world):
    cohort = make.CohortFactory(owner=world.researcher, where={"all": [RFA]})
    assert "Sacroplasty + RFA" in client.get(cohort.get_absolute_url()).content.decode()


def test_a_condition_on_a_variable_that_is_gone_can_be_seen_and_taken_away(client, world):
    cohort = make.CohortFactory(owner=world.researcher, where={"all": [OLD, RFA]})
    version = cohort.latest
    version.definition["where"]["all"][0]["variable"] = "cases.gone"
    version.save()
    page = client.get(cohort.get_absolute_url()).content.decode()
    assert "can no longer be counted" in page and "cases.gone" in page
    assert "can no longer be read" in client.get("/cohorts/").content.decode()
    builder = Builder(client, f"{cohort.get_absolute_url()}edit/")
    assert "There is no variable “cases.gone”" in builder.html
    builder.send("remove:where-0").send("save")
    assert builder.answer.status_code == 302
    assert cohort.versions.count() == 2


# -- as text -----------------------------------------------------------------------------------------------------------


def test_the_definition_can_be_written_as_text(client, world):
    builder = (
        Builder(client)
        .send("add:where:cases.age_years")
        .send("as-text", title="T", **{"where-0.value": "60"})
    )
    document = json.loads(fields(builder.html)["document"][0])
    assert document["where"] == {"all": [OLD]} and document["title"] == "T"
    builder.send("save", document=json.dumps({**document, "where": {"all": [RFA]}}))
    assert builder.answer.status_code == 302 and Cohort.objects.get().latest.definition["where"] == {
        "all": [RFA]
    }


def test_text_that_cannot_be_read_stays(client, world):
    typed = '{"title": "T", "where": {"all": [{"variable": "cases.age_years", "is": ">=", "value": 60}]}'
    builder = Builder(client).send("as-text").send("save", document=typed)
    assert builder.answer.status_code == 422 and "not valid JSON" in builder.html
    assert fields(builder.html)["document"] == [typed]
    builder.send("as-form", document=typed)
    assert 'name="mode" value="text"' in builder.html
    builder.send("as-form", document=typed + "}")
    assert (
        'name="mode" value="form"' in builder.html and builder.says() == "Cases with age at least 60 years."
    )


# -- versions ----------------------------------------------------------------------------------------------------------


def test_saving_a_change_makes_a_version_with_a_permalink(client, world):
    cohort = make.CohortFactory(owner=world.researcher, title="Old", where={"all": [OLD]})
    builder = Builder(client, f"{cohort.get_absolute_url()}edit/")
    builder.send("add:where:case_summary.rfa__count").send(
        "show", **{"where-1.is": ">", "where-1.value": "0"}
    )
    assert builder.send("save").answer["Location"] == cohort.get_absolute_url()
    latest = client.get(cohort.get_absolute_url()).content.decode()
    first = client.get(f"{cohort.get_absolute_url()}?version=1").content.decode()
    assert "version 2" in latest and "number of procedures above 0." in latest
    assert "You are looking at version 1." in first and "cohort=old&amp;cohort_version=1" in first
    for missing in ("3", "x", "0"):
        assert client.get(f"{cohort.get_absolute_url()}?version={missing}").status_code == 404


def test_a_change_of_an_older_version_is_shown_as_one(client, world):
    cohort = make.CohortFactory(owner=world.researcher, where={"all": [OLD]})
    one, other = (Builder(client, f"{cohort.get_absolute_url()}edit/") for _ in range(2))
    one.send("save", title="First")
    other.send("save", title="Second")
    assert other.answer.status_code == 409 and "Version 2 was saved meanwhile" in other.html
    assert 'value="Second"' in other.html
    assert other.send("save").answer.status_code == 302
    assert [version.definition["title"] for version in cohort.versions.all()] == [
        "Second",
        "First",
        "A cohort",
    ]


def test_a_cohort_is_copied(client, world):
    shared = make.CohortFactory(owner=world.outsider, title="Theirs", where={"all": [OLD]}, shared=True)
    builder = Builder(client, f"{NEW}?copy={shared.slug}")
    assert 'value="Copy of Theirs"' in builder.html and builder.says() == "Cases with age at least 60 years."
    builder.url = NEW
    assert builder.send("save").answer.status_code == 302
    assert Cohort.objects.get(slug="copy-of-theirs").owner == world.researcher


# -- who ---------------------------------------------------------------------------------------------------------------


def test_another_users_private_cohort_is_not_there(client, world):
    private = make.CohortFactory(owner=world.outsider, title="Private")
    for url in (
        private.get_absolute_url(),
        f"{private.get_absolute_url()}edit/",
        f"{NEW}?copy={private.slug}",
    ):
        assert client.get(url).status_code == 404
    assert client.post(f"{private.get_absolute_url()}delete/").status_code == 404
    assert client.post(f"{private.get_absolute_url()}edit/", {"do": "save"}).status_code == 404
    assert "Private" not in client.get("/cohorts/").content.decode()


def test_a_shared_cohort_is_read_by_everyone_and_changed_by_its_owner(client, world):
    shared = make.CohortFactory(owner=world.outsider, title="Theirs", where={"all": [OLD]}, shared=True)
    page = client.get(shared.get_absolute_url()).content.decode()
    assert "<dd>2</dd>" in page and "Delete this cohort" not in page and "/edit/" not in page
    assert client.get(f"{shared.get_absolute_url()}edit/").status_code == 404
    assert client.post(f"{shared.get_absolute_url()}delete/").status_code == 404
    listed = client.get("/cohorts/").content.decode()
    assert "Theirs" in listed and world.outsider.username in listed


def test_a_cohort_is_deleted_in_its_page(client, world):
    cohort = make.CohortFactory(owner=world.researcher)
    assert client.get(f"{cohort.get_absolute_url()}delete/").status_code == 405
    answer = client.post(f"{cohort.get_absolute_url()}delete/", follow=True)
    assert "“A cohort” was deleted." in answer.content.decode() and not Cohort.objects.exists()


# -- lists -------------------------------------------------------------------------------------------------------------


def test_an_empty_list_says_what_to_do(client):
    assert "Build the first cohort" in client.get("/cohorts/").content.decode()


def test_the_list_shows_what_each_cohort_finds(client, world):
    make.CohortFactory(owner=world.researcher, title="Everyone")
    make.CohortFactory(
        owner=world.researcher, title="Nobody", where={"all": [{**OLD, "is": "<", "value": 1}]}
    )
    page = client.get("/cohorts/").content.decode()
    assert re.findall(r'data-label="Cases">(\d+)<', page) == ["0", "2"]


def test_pages_cost_the_same_for_few_and_for_many(client, world, django_assert_max_num_queries):
    for number in range(25):
        make.CohortFactory(owner=world.researcher, title=f"Cohort {number}", where={"all": [OLD] * number})
    with django_assert_max_num_queries(8):
        page = client.get("/cohorts/").content.decode()
    assert page.count("<tr data-href") == 20 and "?page=2" in page
    assert client.get("/cohorts/?page=2").content.decode().count("<tr data-href") == 5
    arms = [{"code": f"A{n}", "where": {"all": [OLD]}} for n in range(8)]
    cohort = make.CohortFactory(owner=world.researcher, title="Large", where={"all": [OLD] * 20}, arms=arms)
    with django_assert_max_num_queries(16):
        client.get(cohort.get_absolute_url())
    builder = Builder(client, f"{cohort.get_absolute_url()}edit/")
    sent = fields(builder.html)
    with django_assert_max_num_queries(10):
        client.post(f"{cohort.get_absolute_url()}edit/", {**sent, "do": "count"})


def test_a_page_of_an_empty_cohort_says_so(client, world):
    empty = make.CohortFactory(owner=world.researcher, where={"all": [{**OLD, "is": "<", "value": 1}]})
    page = client.get(empty.get_absolute_url()).content.decode()
    assert "No case fits." in page and "Case mix" not in page


def test_the_case_mix_stands_side_by_side(client, world):
    arms = [{"code": "R", "label": "RFA", "where": {"all": [RFA]}}]
    cohort = make.CohortFactory(owner=world.researcher, where={"all": [OLD]}, arms=arms)
    page = re.sub(r"[ \n]+", " ", client.get(cohort.get_absolute_url()).content.decode())
    row = re.search(r"Age, mean \(range\)</th>(.*?)</tr>", page)[1]
    assert re.findall(r"<td[^>]*>([^<]*)</td>", row) == ["77.0 (64–90)", "64.0 (64–64)"]
    row = re.search(r"Female</th>(.*?)</tr>", page)[1]
    assert re.findall(r"<td[^>]*>([^<]*)</td>", row) == ["1/2 (50\xa0%)", "1/1 (100\xa0%)"]


# -- with a script --------------------------------------------------------------------------------------------------


def test_a_change_of_a_value_answers_with_what_it_finds(client, world):
    builder = Builder(client).send("add:where:cases.age_years").send("arm").send("add:arm0:cases.sex")
    sent = fields(builder.html) | {"do": "count", "where-0.value": "64", "arm0-0.value": "female"}
    answer = client.post(NEW, sent, headers={"HX-Request": "true"}).content.decode()
    assert "<form" not in answer and 'id="outcome"' in answer
    found = dict(re.findall(r'id="([\w-]+)-count" hx-swap-oob="true">([^<]*)<', answer))
    assert found == {"where-0": "2 cases", "arm0": "1 case"}
    wrong = client.post(NEW, {**sent, "where-0.value": "x"}, headers={"HX-Request": "true"}).content.decode()
    assert re.search(r'id="where-0-error" hx-swap-oob="true">“x” is not a number.', wrong)
    assert "Not counted" in wrong


def test_saving_leads_to_the_page(client, world):
    sent = {"title": "T", "do": "save", "where.kind": "group", "where.how": "all"}
    answer = client.post(NEW, sent, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (200, "/cohorts/t/")


def test_variables_are_found_by_name_meaning_and_code(client):
    def offered(**asked):
        html = client.get(reverse("cohort-variables"), asked).content.decode()
        return re.findall(r'value="add:([\w-]+):([\w.]+)"', html)

    assert ("where", "cases.indications") in offered(q="bleeding_control")
    assert offered(q="age index procedure")[0] == ("where", "cases.age_years")
    assert {key.split(".")[0] for _into, key in offered(q="", within="lesions", into="where-0")} == {
        "lesions"
    }
    assert offered(q="zone", within="lesions", into="arm0-1")[0][0] == "arm0-1"
    assert offered(q="hospital number") == [] and offered(q="xyzzy") == []
    assert not [key for _into, key in offered() if key.endswith(("_id", ".registry_id", ".notes"))]


def test_the_search_for_variables_takes_whatever_is_typed(client):
    for asked in ({"q": "x" * 5000}, {"within": "nothing"}, {"into": '"><b>'}, {"q": "%"}):
        answer = client.get(reverse("cohort-variables"), asked)
        assert answer.status_code == 200 and "<b>" not in answer.content.decode()
