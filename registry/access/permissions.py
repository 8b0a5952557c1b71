"""What a token may ask of the API as a whole: whether it may write, and whether it may read records at all.

Which records it reaches is decided with every other right, in ``registry.access.scope``.
"""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.permissions import SAFE_METHODS, BasePermission

from registry.access.reach import reach_of
from registry.core.api.problems import Problem


class WithinToken(BasePermission):
    """Refuses writing to tokens that read, and records to tokens that see only what is counted.

    A view says what is different of it: ``reading_actions`` are actions (or methods) that change nothing though they
    are not sent by GET, and ``opens_to_aggregate`` marks a view that shows no patient's row.
    """

    def has_permission(self, request: Any, view: Any) -> bool:
        reach = reach_of(request.user)
        asked = {request.method, getattr(view, "action", None)}
        reads = request.method in SAFE_METHODS or bool(asked & getattr(view, "reading_actions", frozenset()))
        if not reads and not reach.writes:
            raise Problem(403, _("This token may read, and not write."))
        if not reach.rows and not getattr(view, "opens_to_aggregate", False):
            raise Problem(
                403,
                _(
                    "This token sees no records: it is for the codebook, the literature, and statistics of cohorts "
                    "with profile=aggregate."
                ),
            )
        return True
