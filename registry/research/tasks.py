"""What the worker (``manage.py db_worker``) does."""

from django.utils import translation
from django_tasks import task

from registry.research import jobs
from registry.research.models import ExportJob, Release
from registry.research.releases import making, rebuilding


@task()
def write_export(uuid: str) -> None:
    """Write the file of an export job. One that was cancelled or is gone is left alone."""
    job = ExportJob.objects.filter(uuid=uuid).select_related("user").first()
    if job is not None:
        # As everywhere beneath the API: a file reads the same whoever asked for it.
        with translation.override("en"):
            jobs.carry_out(job)


@task()
def write_release(slug: str) -> None:
    """Write the files of a release that waits."""
    release = Release.objects.filter(slug=slug).first()
    if release is not None:
        making.carry_out(release)


@task()
def rerun_release(slug: str) -> None:
    """Rebuild a release and note what came of it."""
    release = Release.objects.filter(slug=slug).first()
    if release is not None:
        rebuilding.carry_out(release)
