"""What a question keeps of an identity, who can be asked, and that no rule keeps anybody from saving."""

import datetime

from django.urls import reverse
from django.utils import timezone

from registry.access.models import Membership
from registry.core import records
from registry.curation import queries
from registry.curation.models import DataQuery
from registry.curation.quality.rules import RULES
from registry.curation.views.query import colleagues
from tests import factories as make


def test_a_question_about_the_hospital_number_does_not_keep_it(center, curator):
    patient = make.PatientFactory(center=center, hospital_number="4711", by=curator)
    query = queries.ask(patient, "hospital_number", "Is this right?", by=curator)
    assert "4711" not in query.asked_value
    patient.sex = "female"
    records.save(patient, by=curator)
    assert DataQuery.objects.get(pk=query.pk).is_waiting
    patient.hospital_number = "4712"
    records.save(patient, by=curator)
    assert not DataQuery.objects.get(pk=query.pk).is_waiting, "the number has changed"


def test_nobody_is_asked_whose_membership_has_ended(client, center, curator):
    clinician = make.member(center, "clinician")
    assert clinician in colleagues(center.pk)
    Membership.objects.filter(user=clinician).update(end=timezone.localdate() - datetime.timedelta(days=1))
    assert clinician not in colleagues(center.pk)
    client.force_login(curator)
    assert f'value="{clinician.username}"' not in client.get(reverse("query-list")).content.decode()


def test_a_rule_that_breaks_keeps_nobody_from_saving(center, curator, monkeypatch, caplog):
    case = make.CaseFactory(patient=make.PatientFactory(center=center), age_years=None, by=curator)

    def breaks(*_given):
        raise ZeroDivisionError

    monkeypatch.setattr("registry.curation.quality.saving.findings", breaks)
    monkeypatch.setattr("registry.curation.quality.saving.offends", lambda key: True)
    monkeypatch.setattr("registry.curation.quality.saving.is_due", lambda case: True)
    case.height_cm = 170
    records.save(case, by=curator)
    case.refresh_from_db()
    assert case.height_cm == 170 and RULES
    assert "rules of quality" in caplog.text
