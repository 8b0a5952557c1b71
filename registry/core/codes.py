"""Codes that every clinical record shares."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MissingCode(models.TextChoices):
    """Why a value is absent. ``not_reported`` and ``group_only`` belong to published cases."""

    NOT_RECORDED = "not_recorded", _("not recorded")
    NOT_DONE = "not_done", _("not done")
    REFUSED = "refused", _("refused")
    UNKNOWN = "unknown", _("unknown")
    NOT_APPLICABLE = "not_applicable", _("not applicable")
    DIED = "died", _("died")
    LOST = "lost", _("lost to follow-up")
    NOT_REPORTED = "not_reported", _("not reported in the paper")
    GROUP_ONLY = "group_only", _("reported for the group only")


PUBLISHED_ONLY = frozenset({MissingCode.NOT_REPORTED, MissingCode.GROUP_ONLY})

#: The key under which a value's missing code stands in forms, the API, exports and imports.
MISSING_SUFFIX = "__missing"
