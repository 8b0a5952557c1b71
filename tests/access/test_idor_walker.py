"""Whatever stands for a record of one hospital, put in the place of one's own, leads to nothing of that hospital.

Every id that an address, a query, a filter, a body, a form or a search can carry is swapped for that of the other
hospital. An address answers 404 or 403 (405 where it does not offer the method, and with the way to the sign-in page
whoever may not enter the admin). Where else a door answers, it answers as to an id that does not exist, to the letter.
No answer holds anything by which the other hospital or a patient of it could be known.
"""

import io
import re
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import reverse

from registry.core.models import Record
from registry.research.api.exports import TABLE_NAMES
from tests.access.addresses import RESOURCES, SHARED
from tests.access.conftest import Town
from tests.access.matrix import TABLE
from tests.access.test_matrix import METHODS, Rows, address
from tests.api.bodies import BODIES, CHANGES

JSON = "application/json"
#: Ids of nothing, as long as those of the other hospital.
NOBODY, NUMBER = str(uuid.UUID(int=4 << 76 | 8 << 60)), 987654321
#: What differs between two answers that say the same: tokens, and the time.
CHANGING = re.compile(r'[A-Za-z0-9]{64}|\d\d:\d\d:\d\d|name="token" value="[^"]*"')


@dataclass
class Walker:
    """Somebody of the first hospital, who knows every id of the second one."""

    client: Client
    role: str
    secrets: set[str]
    leaks: set[str] = field(default_factory=set)
    context: Any = None

    def ask(self, method: str, url: str, body: Any = None) -> tuple[int, str]:
        """Status and text of the answer; what was sent is undone. Anything of the other hospital in it is noted."""
        kind = {"content_type": JSON} if url.startswith("/api/") and method != "GET" else {}
        self.client.cookies.pop("messages", None)  # of the answer before, which would be shown now
        with transaction.atomic():
            answer = getattr(self.client, method.lower())(url, body, **kind)
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            transaction.set_rollback(True)
        self.context = answer.context
        text = _text(content)
        sent = f"{url} {body}"
        said = text + str(dict(answer.headers))
        self.leaks |= {f"{method} {url}: {one}" for one in self.secrets if one in said and one not in sent}
        return answer.status_code, text

    def tells_apart(self, method: str, url: str, foreign: Any, unknown: Any, body: Any = None) -> str:
        """How the answer to a foreign id differs from that to none; ``{}`` in address and body is the place of it."""
        found = []
        for one in map(str, (foreign, unknown)):
            status, text = self.ask(method, url.replace("{}", one), _filled(body, one))
            found.append((status, CHANGING.sub("", _masked(text, str(foreign), str(unknown)))))
        if found[0] == found[1] and found[0][0] < 500:
            return ""
        said = next((f"“{a.strip()[:120]}” – “{b.strip()[:120]}”" for a, b in _lines(*found) if a != b), "")
        return f"{self.role} {method} {url} {body or ''}: {found[0][0]} instead of {found[1][0]} {said}"


def _lines(one: tuple[int, str], other: tuple[int, str]) -> Iterator[tuple[str, str]]:
    return zip_longest(one[1].splitlines(), other[1].splitlines(), fillvalue="")


def _masked(text: str, *ids: str) -> str:
    """What was sent may stand in the answer, whole or cut."""
    for one in ids:
        text = re.sub(rf"(\b|(?<=%3D)){re.escape(one)}\b", "{}", text)
        text = text.replace(one[:20], "{}") if len(one) > 20 else text
    return text


def _text(content: bytes) -> str:
    """The text of an answer; of an archive, its tables."""
    if not content.startswith(b"PK"):
        return content.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "".join(archive.read(name).decode() for name in archive.namelist() if name.endswith(".csv"))


def _filled(body: Any, one: str) -> Any:
    if isinstance(body, dict):
        return {name: _filled(value, one) for name, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, one) for value in body]
    return body.replace("{}", one) if isinstance(body, str) else body


@pytest.fixture(params=["clinician", "curator", "researcher"])
def walker(request, town):
    client = Client(raise_request_exception=False)
    client.force_login(town.people[request.param])
    made = Walker(client, request.param, town.other.names())
    yield made
    assert not made.leaks, "\n".join(sorted(made.leaks))


def pairs(town: Town) -> dict[str, tuple[str, str]]:
    """What stands for something of the other hospital, and the same for nothing: by what it is the id of."""
    things = town.other.things
    found = {name: (str(thing.uuid), NOBODY) for name, thing in things.items() if isinstance(thing, Record)}
    found["center"] = (things["center"].code, "JQZ")
    found["registry_id"] = (things["patient"].registry_id, "JQZ-99999")
    found |= {name: (things[name].slug, "nothing-here") for name in ("cohort", "release")}
    return found


# -- addresses ---------------------------------------------------------------------------------------------------------


def rows_of_hospitals(town: Town) -> Iterator[Any]:
    for row in TABLE:
        kind = row.thing.rpartition(".")[2]
        if kind in town.other.things and kind not in SHARED:
            yield row


def allowed(row: Any, method: str, role: str) -> set[int]:
    if not row.name.startswith("admin"):
        return {403, 404} if method in row.answers else {403, 404, 405}
    # A route of Django's that leads on to the row, and the way of those who may not enter.
    on = role != "curator" or row.name.startswith("admin/") or row.thing == "access.membership"
    return {302, 403, 404} if on else {403, 404}


def test_no_address_leads_to_a_record_of_another_hospital(walker, town):
    models = {
        model._meta.label_lower: town.other.things.get(model._meta.model_name)
        for model in admin.site._registry
    }
    elsewhere = Town(town.people, town.other, town.own, models)
    for row in rows_of_hospitals(town):
        url = address(row, elsewhere)
        for method in METHODS if row.name.startswith("api") else ("GET", "POST"):
            status, _said = walker.ask(method, url, {} if method != "GET" else None)
            assert status in allowed(row, method, walker.role), (walker.role, method, row.name, url, status)


def test_no_export_names_another_hospital(walker):
    for table in TABLE_NAMES:
        for profile in ("identified", "pseudonymised", "aggregate"):
            walker.ask("GET", f"/api/v1/export/{table}.ndjson?profile={profile}")


# -- queries -----------------------------------------------------------------------------------------------------------

#: Parameters of the pages' own, and what each of them is the id of.
PAGE_QUERIES = {
    "case-list": {"q": "registry_id", "center": "center"},
    "followup": {"q": "registry_id", "center": "center"},
    "case-new": {"patient": "patient"},
    "cohort-new": {"copy": "cohort"},
    "release-new": {"cohort": "cohort"},
    "compare": {"cohort": "cohort", "with": "cohort"},
    "export-new": {"cohort": "cohort", "case_id": "case"},
    "cohort-variables": {"q": "registry_id"},
}
#: The same of exports; every parameter is asked of every table.
EXPORT_QUERIES = {
    "case_id": "case",
    "patient_id": "patient",
    "lesion_id": "lesion",
    "procedure_id": "procedure",
    "center": "center",
    "cohort": "cohort",
    "release": "release",
}


def takes_a_name(parameter: dict[str, Any]) -> bool:
    """Whether a parameter can hold an id: not a number, a date, or one of some codes."""
    shape = parameter["schema"]
    free = shape.get("type") == "string" and "enum" not in shape and shape.get("format") != "date"
    return parameter["in"] == "query" and free


@pytest.fixture(scope="module")
def parameters() -> dict[str, list[str]]:
    """List of the API → the parameters that the description names."""
    from drf_spectacular.generators import SchemaGenerator

    paths = SchemaGenerator().get_schema(public=True)["paths"]
    return {
        path: [one["name"] for one in methods["get"].get("parameters", []) if takes_a_name(one)]
        for path, methods in paths.items()
        if "get" in methods and "{" not in path
    }


def meant_by(parameter: str, ids: dict[str, tuple[str, str]]) -> list[str]:
    """What a parameter can be the id of; one that names nothing is tried with a case and a centre."""
    kind = parameter.removesuffix("_id").replace("_", "")
    return [kind] if kind in ids else ["center", "case"]


def test_no_filter_of_the_api_tells_a_foreign_record_from_none(walker, town, parameters):
    ids, found = pairs(town), []
    for path, names in parameters.items():
        for name in names:
            for kind in meant_by(name, ids):
                found.append(walker.tells_apart("GET", f"{path}?{name}={{}}", *ids[kind]))
        for hidden in ("patient__center__code", "expand", "fields"):
            found.append(walker.tells_apart("GET", f"{path}?{hidden}={{}}", *ids["center"]))
    assert not any(found), "\n".join(filter(None, found))


def test_no_query_of_a_page_or_an_export_tells_a_foreign_record_from_none(walker, town):
    ids, found = pairs(town), []
    for name, queries in PAGE_QUERIES.items():
        for parameter, kind in queries.items():
            found.append(walker.tells_apart("GET", f"{reverse(name)}?{parameter}={{}}", *ids[kind]))
    for table in TABLE_NAMES if walker.role == "curator" else ("cases", "case_summary"):
        for parameter, kind in EXPORT_QUERIES.items():
            found.append(
                walker.tells_apart("GET", f"/api/v1/export/{table}.csv?{parameter}={{}}", *ids[kind])
            )
    assert not any(found), "\n".join(filter(None, found))


def test_no_condition_of_a_cohort_finds_a_foreign_record(walker, town):
    ids, found = pairs(town), []
    for variable, kind in (
        ("cases.center", "center"),
        ("cases.case_id", "case"),
        ("cases.patient_id", "patient"),
    ):
        for operator, value in (("=", "{}"), ("in", ["{}"]), ("contains", "{}"), ("!=", "{}")):
            where = {"all": [{"variable": variable, "is": operator, "value": value}]}
            for body in ({"where": where}, {"where": {"not": [where]}}):
                found.append(walker.tells_apart("POST", "/api/v1/cohorts/preview/", *ids[kind], body))
    assert not any(found), "\n".join(filter(None, found))


# -- bodies and forms --------------------------------------------------------------------------------------------------


def test_no_body_of_the_api_reaches_a_foreign_record(walker, town):
    """As the parent of a new record, as another parent of an own one, and as the centre."""
    ids, found = pairs(town), []
    own = {str(thing.uuid): name for name, thing in town.own.things.items() if isinstance(thing, Record)}
    own[town.own.things["center"].code] = "center"
    for resource, model in RESOURCES.items():
        listed = f"/api/v1/{resource}/"
        body = BODIES[resource](Rows(town.own))
        mine = town.own.records[model]
        for name, value in body.items():
            if str(value) in own:
                swapped = ids[own[value]]
                found.append(walker.tells_apart("POST", listed, *swapped, {**body, name: "{}"}))
                change = {**CHANGES[resource], "version": mine.version, name: "{}"}
                found.append(walker.tells_apart("PATCH", f"{listed}{mine.uuid}/", *swapped, change))
        # What no caller may set is refused whatever it holds.
        for name in ("center", "created_by", "status", "uuid"):
            found.append(walker.tells_apart("POST", listed, *ids["center"], {**body, name: "{}"}))
    assert not any(found), "\n".join(filter(None, found))


def choices_of(contexts: Any) -> Iterator[tuple[str, forms.ModelChoiceField]]:
    """The fields of a page's forms that point to another row."""
    layers = [layer for context in contexts or () for layer in getattr(context, "dicts", ())]
    found = {id(one): one for layer in layers for one in layer.values()}
    for value in found.values():
        formset = getattr(value, "formset", None)
        for form in [value, getattr(value, "form", None), *(formset.forms if formset else [])]:
            for bound in form if isinstance(form, forms.BaseForm) else ():
                if isinstance(bound.field, forms.ModelChoiceField):
                    yield bound.html_name, bound.field


def test_no_choice_of_a_form_offers_or_takes_a_foreign_record(walker, town):
    by_model = {type(thing): thing for thing in town.other.things.values()}
    found, seen = [], set()
    for row in TABLE:
        if not {"GET", "POST"} <= set(row.answers) and not row.name.startswith("admin:"):
            continue
        url = address(row, town)
        if walker.ask("GET", url)[0] != 200:
            continue
        for name, choice in dict(choices_of(walker.context)).items():
            foreign = by_model.get(choice.queryset.model)
            if foreign is None or choice.queryset.model._meta.model_name in SHARED:
                continue
            seen.add(f"{row.name}.{name}")
            assert foreign not in choice.queryset, (walker.role, url, name)
            key = choice.to_field_name or "pk"
            unknown = NOBODY if key == "uuid" else NUMBER
            found.append(walker.tells_apart("POST", url, getattr(foreign, key), unknown, {name: "{}"}))
    assert not any(found), "\n".join(filter(None, found))
    assert seen or walker.role == "researcher"


# -- the admin ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("walker", ["curator"], indirect=True)
def test_no_list_search_or_suggestion_of_the_admin_finds_a_foreign_record(walker, town):
    ids, found = pairs(town), []
    patient, center = town.other.things["patient"], town.other.things["center"]
    for model, desk in admin.site._registry.items():
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}_"
        listed = reverse(base + "changelist")
        if not issubclass(model, Record) or not model.center_path or walker.ask("GET", listed)[0] != 200:
            continue
        for query in ("center", f"{model.center_path}__id__exact", "center__id__exact"):
            found.append(walker.tells_apart("GET", f"{listed}?{query}={{}}", center.pk, NUMBER))
        found.append(walker.tells_apart("GET", f"{listed}?q={{}}", *ids["registry_id"]))
        for query in ("patient", "case", "procedure", "lesion"):
            found.append(
                walker.tells_apart(
                    "GET", f"{reverse(base + 'add')}?{query}={{}}", town.other.things[query].pk, NUMBER
                )
            )
        thing = town.other.things[model._meta.model_name]
        for action in desk.get_actions(_as_request(walker, town)):
            sent = {"action": action, "_selected_action": "{}", "index": "0", "post": "yes"}
            found.append(walker.tells_apart("POST", listed, thing.pk, NUMBER, sent))
        for one in (f for f in model._meta.get_fields() if f.many_to_one and f.concrete):
            at = (
                f"app_label={model._meta.app_label}&model_name={model._meta.model_name}&field_name={one.name}"
            )
            url = f"{reverse('admin:autocomplete')}?{at}&term={{}}"
            found.append(walker.tells_apart("GET", url, *ids["registry_id"]))
            found.append(walker.tells_apart("GET", url, str(patient.uuid), NOBODY))
    assert not any(found), "\n".join(filter(None, found))


def _as_request(walker: Walker, town: Town) -> Any:
    from django.test import RequestFactory

    request = RequestFactory().get("/")
    request.user = town.people[walker.role]
    return request
