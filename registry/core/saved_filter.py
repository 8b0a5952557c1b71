"""``SavedFilter``: the filters of a list that a user keeps under a name."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SavedFilter(models.Model):
    """A query string of a change list of the administration. It belongs to one user and gives nobody a right."""

    NAME_LENGTH = 60
    QUERY_LENGTH = 1000

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("user"), db_index=False
    )
    change_list = models.CharField(_("list"), max_length=100)
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    query = models.CharField(_("filters"), max_length=QUERY_LENGTH)

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "change_list", "name"], name="saved_filter_once")
        ]

    def __str__(self) -> str:
        return self.name
