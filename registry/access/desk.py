"""Who works in the administration, on which centres, and what is for superusers there."""

from typing import Any

from django.db.models import Q

from registry.access import scope
from registry.access.scope import curated
from registry.core.admin import Desk, NotesInOneLanguage, ReadOnlyAdmin, register_desk


def works_here(user: Any) -> bool:
    """Superusers, and those who curate a clinical centre today."""
    return scope.is_known(user) and bool(user.is_superuser or curated(user))


def visible(user: Any, path: str) -> Q:
    if user.is_superuser:
        return Q()
    return Q(**{f"{path}__in": [*curated(user), *scope.published_center_ids(user)]})


def writable(user: Any, path: str) -> Q:
    return Q(**{f"{path}__in": list(curated(user))})


def shown_centers(user: Any) -> list[tuple[int, str]]:
    cached = getattr(user, "_shown_centers", None)
    if cached is None:
        rows = scope.visible_centers(user).filter(visible(user, "pk"))
        cached = user._shown_centers = list(rows.values_list("pk", "code"))
    return cached


def may_administer(user: Any, center_id: Any) -> bool:
    return center_id in curated(user)


register_desk(Desk(works_here, visible, writable, may_administer, shown_centers))


class ForSuperusers(NotesInOneLanguage):
    """Who may sign in and where is decided by superusers."""

    def has_module_permission(self, request: Any) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return self.has_view_permission(request)


class SuperuserReadOnly(ReadOnlyAdmin):
    """To read, by superusers."""

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)
