"""What the worker (``manage.py db_worker``) does for imports."""

from django_tasks import task

from registry.interchange.importing import batches
from registry.interchange.models import ImportBatch


@task()
def check_import(uuid: str) -> None:
    """The dry run of a batch. One that was discarded is left alone."""
    batch = ImportBatch.objects.filter(uuid=uuid).first()
    if batch is not None:
        batches.carry_out_check(batch)


@task()
def write_import(uuid: str) -> None:
    """Write a confirmed batch."""
    batch = ImportBatch.objects.filter(uuid=uuid).first()
    if batch is not None:
        batches.carry_out(batch)
