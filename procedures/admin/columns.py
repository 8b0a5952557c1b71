"""Columns that the lists of procedures share."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from registry.core.admin import Column, link

REGISTRY_ID = "procedure__case__patient__registry_id"


def case_column(path: str, case: Any) -> Column:
    """A link to the case, sorted by the patient's registry id."""
    return Column("case", _("Case"), lambda row: link(case(row)), f"{path}__patient__registry_id")
