"""Every address of the registry, and people and records to which the addresses lead.

What each address answers to whom stands in ``matrix.py``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from cases.models import Case, Lesion, Patient, Treatment
from outcomes.models import Assessment, Complication, FollowUpStatus
from procedures import models as procedures
from registry.access import log, tokens
from registry.access.models import AccessEvent, Invitation
from registry.core.models import ChangeCounter, Record
from registry.curation import queries
from registry.curation.models import Freeze, Signature
from registry.interchange.models import ImportBatch
from registry.research.models import ExportJob, ExportReceipt, Release
from tests import factories

#: API resource → the model of its records.
RESOURCES: dict[str, type[Record]] = {
    "patients": Patient,
    "cases": Case,
    "lesions": Lesion,
    "treatments": Treatment,
    "procedures": procedures.Procedure,
    "treated-lesions": procedures.TreatedLesion,
    "ablations": procedures.Ablation,
    "balloon-inflations": procedures.BalloonInflation,
    "transarterial-sessions": procedures.TransarterialSession,
    "transarterial-drugs": procedures.TransarterialDrug,
    "assessments": Assessment,
    "complications": Complication,
    "follow-up-status": FollowUpStatus,
}


def addresses(patterns: Any = None, prefix: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    """Route and name (with its name space) of every address of the URL configuration."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            below = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern.url_patterns, prefix + str(pattern.pattern), below)
        elif isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern), space + pattern.name if pattern.name else ""


@dataclass(frozen=True)
class World:
    """One record of every kind in a hospital, and what its clinician has made."""

    records: dict[type[Record], Any]
    #: What addresses lead to, by a word for it: models by their name, procedures by their kind.
    things: dict[str, Any]

    def key(self, name: str) -> str:
        """What stands for the thing in an address outside the admin."""
        thing = self.things[name]
        if name in ("publication", "cohort", "release"):
            return str(thing.slug)
        if name == "ascertainmentmonth":
            return str(thing.center.code)
        if name == "freeze":
            return str(thing.pk)
        return str(thing.uuid)

    def names(self) -> set[str]:
        """Whatever would give the hospital away: ids, names, public ids."""
        found = {self.things["center"].name, self.records[Patient].registry_id}
        for thing in self.things.values():
            if SHARED & {type(thing)._meta.app_label, type(thing)._meta.model_name}:
                continue
            found |= {
                str(getattr(thing, at))
                for at in ("uuid", "slug", "username", "hospital_number")
                if hasattr(thing, at)
            }
        return found - {"", "None"}


#: What belongs to no hospital.
SHARED = {"literature", "diagnosis"}


def one_of_each(center: Any, owner: Any = None) -> World:
    """A case of the centre with one row of everything; with an owner, a cohort and what follows from it too."""
    patient = factories.PatientFactory(center=center)
    case = factories.CaseFactory(patient=patient)
    lesion = factories.LesionFactory(case=case)
    made: list[Any] = [patient, case, lesion, factories.TreatmentFactory(case=case)]
    by_kind = {}
    for kind, details in (
        ("reboa", factories.ReboaDetailsFactory),
        ("vertebroplasty", factories.VertebroplastyDetailsFactory),
        ("sacroplasty", factories.SacroplastyDetailsFactory),
        ("rfa", factories.RfaDetailsFactory),
    ):
        by_kind[kind] = factories.ProcedureFactory(case=case, kind=kind)
        made += [by_kind[kind], details(procedure=by_kind[kind])]
    treated = factories.TreatedLesionFactory(procedure=by_kind["rfa"], lesion=lesion)
    session = factories.TransarterialSessionFactory(procedure=by_kind["vertebroplasty"])
    made += [
        treated,
        session,
        factories.AblationFactory(treated_lesion=treated),
        factories.TransarterialDrugFactory(session=session),
        factories.BalloonInflationFactory(procedure=by_kind["reboa"]),
        factories.AssessmentFactory(case=case),
        factories.ComplicationFactory(procedure=by_kind["rfa"]),
        factories.FollowUpStatusFactory(case=case),
    ]
    records = {type(record): record for record in made}
    asked = queries.ask(lesion, "levels", "Which?", by=factories.TESTS)
    things: dict[str, Any] = {"dataquery": asked}
    things |= {model._meta.model_name: record for model, record in records.items()}
    things |= {**by_kind, "center": center, "diagnosis": case.diagnosis}
    if owner is not None:
        things |= _owned(owner, center) | _curated(case)
    return World(records, things)


def _owned(owner: Any, center: Any) -> dict[str, Any]:
    """What belongs to a user rather than to a centre."""
    cohort = factories.CohortFactory(owner=owner, title=f"Cohort of {center.code}", where={"all": []})
    receipt = ExportReceipt.objects.create(
        user_id_text=str(owner.pk), user_name=owner.username, table="cases", format="csv", rows=1
    )
    job = ExportJob.objects.create(
        user=owner, target="cases", format="csv", fingerprint=center.code, state="failed"
    )
    version = cohort.versions.get()
    release = Release.objects.create(
        slug=f"{cohort.slug}-r1",
        owner=owner,
        owner_name=owner.username,
        title=f"Release of {center.code}",
        cohort_version=version,
        definition=version.definition,
        sentence="Every case.",
        sequence=ChangeCounter.latest(),
        centers=[],
        profile="pseudonymised",
        software="test",
        state="failed",
        failure="broke_off",
    )
    invitation = Invitation.objects.create(
        email=f"new@{center.code}.example.org",
        center=center,
        role="clinician",
        invited_by=center.memberships.get(role="curator").user,
        digest=center.code,
        sent_at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=7),
    )
    return {
        "tokenscope": tokens.create(owner, name=f"Script of {center.code}")[0],
        "invitation": invitation,
        "user": owner,
        "membership": owner.memberships.get(),
        "cohort": cohort,
        "exportreceipt": receipt,
        "exportjob": job,
        "release": release,
    }


def _curated(case: Any) -> dict[str, Any]:
    """What curators keep beside the records: a freeze of no case, an old signature, a month."""
    who = {"user_name": "curator", "printed_name": "C. Urator"}
    freeze = Freeze.objects.create(center=case.center, whole_center=False, reason="analysis", **who)
    signature = Signature.objects.create(
        case=case,
        case_uuid=case.uuid,
        act=Signature.Act.SIGN,
        role="curator",
        meaning=Signature.Meaning.REVIEWED,
        content_sha256="0" * 64,
        content_version=1,
        case_version=1,
        **who,
    )
    month = factories.AscertainmentMonthFactory(center=case.center, month="2026-01-01")
    batch = ImportBatch.objects.create(
        user=case.center.memberships.get(role="curator").user,
        user_name="curator",
        state=ImportBatch.State.FAILED,
    )
    batch.centers.add(case.center)
    return {"freeze": freeze, "signature": signature, "ascertainmentmonth": month, "importbatch": batch}


def printed() -> dict[str, Any]:
    """A published series with a row of everything."""
    arm = factories.StudyArmFactory()
    paper = arm.publication
    center = factories.CenterFactory(code="PAPER", kind="published")
    patient = factories.PatientFactory(center=center, publication=paper, source_label="Case 1")
    lesion = factories.LesionFactory(case=factories.CaseFactory(patient=patient))
    return {
        "publication": paper,
        "studyarm": arm,
        "reportedvalue": factories.ReportedValueFactory(publication=paper, arm=arm),
        "citedseries": factories.CitedSeriesFactory(publication=paper),
        "sourcevalue": factories.SourceValueFactory(publication=paper, record=lesion),
    }


def people_of(center: Any, other_center: Any) -> dict[str, Any]:
    """Somebody in every role of the table: nobody, three of the centre, two of another one, and a superuser."""
    found = {"anonymous": None}
    found |= {
        role: factories.member(center, role, username=role) for role in ("clinician", "curator", "researcher")
    }
    for role in ("clinician", "curator"):
        found[f"other {role}"] = factories.member(other_center, role, username=f"other_{role}")
    found["superuser"] = factories.UserFactory(username="superuser", is_superuser=True)
    return found


def administered(world: World, people: dict[str, Any]) -> dict[str, Any]:
    """A row of every model that the admin shows, by the model's label."""
    clinician = people["clinician"]
    found = {
        "access.user": clinician,
        "access.membership": people["curator"].memberships.get(),
        "access.accessevent": log.note(AccessEvent.Kind.EXPORT, user=clinician, subject="cases"),
        "knox.authtoken": world.things["tokenscope"].token,
    }
    for model in admin.site._registry:
        label = model._meta.label_lower
        if label in found:
            continue
        found[label] = world.things.get(model._meta.model_name) or model._default_manager.first()
    return found
