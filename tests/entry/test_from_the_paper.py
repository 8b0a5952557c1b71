"""Published cases typed in by hand, from the paper: nothing is left over, nothing is forced, and what is stored in the
end is the fixture's case, field by field."""

import uuid

import pytest
from django.urls import reverse

from cases import editor
from cases.models import Case
from outcomes.models import FollowUpStatus
from procedures.models import Procedure
from registry.core.codes import PUBLISHED_ONLY
from registry.core.drafts import as_typed
from tests.entry.typist import Page, Typist
from tests.remembered import publications

TYPED = {
    "andresen-2014": ("pat. 1", "pat. 4", "pat. 8", "pat. 9", "pat. 10"),
    "zhao-2021": ("Case 4", "Case 5"),
}
#: What the registry keeps about a record, not about a patient; and the way up to its parent.
NOT_TYPED = {
    "id", "uuid", "version", "created_at", "created_by", "modified_at", "modified_by", "missing", "confirmed",
    "center", "registry_id", "publication", "source_label", "status", "hospital_number", "hospital_number_hash",
    "patient", "case", "procedure", "treated_lesion", "session", "number", "sequence", "cycle",
}  # fmt: skip
#: Chosen when a row is added.
CHOSEN = {"kind", "timing", "time_point", "lesion"}


@pytest.fixture
def published(db):
    publications()


def said(record) -> dict:
    """Everything that a record says: column → value, and the reasons that a clinician can give too."""
    found = {
        column.name: getattr(record, column.attname)
        for column in record._meta.concrete_fields
        if column.name not in NOT_TYPED and getattr(record, column.attname) not in (None, "")
    }
    found |= {f"{name}__missing": code for name, code in record.missing.items() if code not in PUBLISHED_ONLY}
    return found


def to_type(record, *leave_out: str) -> dict[str, list[str]]:
    """What stands in the record as texts for its controls. A value without a control is a value left over."""
    form = editor.form_of(type(record))(None, instance=record)
    values = {}
    for name in said(record):
        if name in leave_out:
            continue
        assert name in form.fields, f"{type(record).__name__}.{name} can be typed nowhere"
        values[name] = as_typed(form, name)
    return values


def assert_same(own, theirs, *leave_out: str) -> None:
    mine, printed = said(own), said(theirs)
    for name in {*mine, *printed} - set(leave_out):
        assert mine.get(name) == printed.get(name), f"{type(theirs).__name__}.{name}"


def rows(queryset) -> list:
    return list(queryset.order_by("pk"))


@pytest.mark.parametrize("slug", TYPED)
def test_published_cases_can_be_typed_in(slug, published, as_typist, clinician):
    for label in TYPED[slug]:
        type_in(as_typist, Case.objects.get(patient__publication__slug=slug, patient__source_label=label))


def type_in(client, theirs) -> None:
    own = begin(client, theirs)
    typist = Typist(client, own)
    typist.type("patient", own.patient, to_type(theirs.patient))
    typist.type("patient", own, to_type(theirs))
    for row in rows(theirs.treatments):
        typist.add("patient", kind=row.kind, timing=row.timing)
        made = own.treatments.order_by("pk").last()
        typist.type("patient", made, to_type(row, *CHOSEN))
        assert_same(made.__class__.objects.get(pk=made.pk), row)
    lesions = {}
    for lesion in rows(theirs.lesions):
        typist.add("lesions", at="/lesions/add/")
        made = own.lesions.order_by("pk").last()
        typist.type("lesions", made, to_type(lesion))
        lesions[lesion.pk] = made
    for position, procedure in enumerate(rows(theirs.procedures)):
        type_procedure(typist, own, procedure, position, lesions)
    for row in rows(theirs.assessments):
        typist.score(row.time_point, to_type(row, *CHOSEN))
    followup = FollowUpStatus.objects.filter(case=theirs).first()
    if followup is not None:
        typist.follow_up(to_type(followup))
    compare(Case.objects.get(pk=own.pk), theirs, lesions)


def begin(client, theirs) -> Case:
    """The start of a case, with what its page asks for."""
    page = Page(client.get(reverse("case-new")).content.decode())
    data = {"token": str(uuid.uuid4())}
    wanted = {
        "patient-sex": theirs.patient.sex,
        "age_years": theirs.age_years,
        "diagnosis": theirs.diagnosis_id,
        "procedure-kind": rows(theirs.procedures)[0].kind,
    }
    for name, value in wanted.items():
        control = page.controls[name]
        assert not control.options or str(value) in control.options
        data[name] = str(value)
    if theirs.diagnosis_text:
        data["diagnosis_text"] = theirs.diagnosis_text
    answer = client.post(reverse("case-new"), data)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return Case.objects.get(uuid=answer.url.split("/")[2])


def type_procedure(typist, own, theirs, position, lesions) -> None:
    if position:
        typist.add("procedures", kind=theirs.kind, at="/procedures/add/")
    made = own.procedures.order_by("pk")[position]
    typist.type("procedures", made, to_type(theirs, *CHOSEN, *_of_complications(theirs)))
    typist.type("procedures", made.details, to_type(theirs.details))
    for row in rows(theirs.treated_lesions):
        typist.add("procedures", lesion=str(lesions[row.lesion_id].uuid), at=str(made.uuid))
        treated = made.treated_lesions.order_by("pk").last()
        typist.type("procedures", treated, to_type(row, *CHOSEN))
        for cycle in rows(row.ablations):
            typist.add("procedures", at=str(treated.uuid))
            typist.type("procedures", treated.ablations.order_by("pk").last(), to_type(cycle))
    for row in rows(theirs.balloon_inflations):
        typist.add("procedures", at=f"{made.uuid}/inflations/add/")
        typist.type("procedures", made.balloon_inflations.order_by("pk").last(), to_type(row))
    for row in rows(theirs.transarterial_sessions):
        typist.add("procedures", kind=row.kind, at=str(made.uuid))
        typist.type("procedures", made.transarterial_sessions.order_by("pk").last(), to_type(row, *CHOSEN))
    answers = {
        name: values for name, values in to_type(theirs, *CHOSEN).items() if name in _of_complications(theirs)
    }
    typist.type("complications", Procedure.objects.get(pk=made.pk), answers)
    for row in rows(theirs.complications):
        typist.add("complications", kind=row.kind, at=str(made.uuid))
        typist.type("complications", made.complications.order_by("pk").last(), to_type(row, *CHOSEN))


def _of_complications(procedure) -> set[str]:
    return {"complications_answered", "complications_answered__missing"}


def compare(own, theirs, lesions) -> None:
    """Field by field, row by row, over everything beneath the case."""
    assert_same(own.patient, theirs.patient)
    assert_same(own, theirs)
    for name in ("lesions", "treatments", "procedures", "assessments"):
        mine = rows(getattr(own, name))
        # A time point of which the paper says nothing but that it says nothing is no row of a clinician's.
        printed = [
            row for row in rows(getattr(theirs, name)) if name == "procedures" or set(said(row)) - CHOSEN
        ]
        assert len(mine) == len(printed), name
        for one, other in zip(mine, printed, strict=True):
            assert_same(one, other)
    for one, other in zip(rows(own.procedures), rows(theirs.procedures), strict=True):
        assert_same(one.details, other.details)
        for name in ("treated_lesions", "balloon_inflations", "transarterial_sessions", "complications"):
            mine, printed = rows(getattr(one, name)), rows(getattr(other, name))
            assert len(mine) == len(printed), name
            for below, above in zip(mine, printed, strict=True):
                assert_same(below, above, "lesion")
                if getattr(above, "lesion_id", None):
                    assert below.lesion_id == lesions[above.lesion_id].pk
                if name == "treated_lesions":
                    assert [said(row) for row in rows(below.ablations)] == [
                        said(row) for row in rows(above.ablations)
                    ]
                    assert below.derived_values() == above.derived_values()
    mine = FollowUpStatus.objects.filter(case=own).first()
    printed = FollowUpStatus.objects.filter(case=theirs).first()
    if printed is not None and said(printed):
        assert_same(mine, printed)
    else:
        assert mine is None
