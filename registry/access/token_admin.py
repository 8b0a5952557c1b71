"""API tokens in the admin."""

from typing import Any

import knox.admin  # noqa: F401  (so that it is there to be replaced)
from django.apps import apps
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from knox.models import AuthToken

from registry.access import tokens
from registry.access.desk import SuperuserReadOnly
from registry.access.models import TokenScope


class AuthTokenAdmin(SuperuserReadOnly):
    """API tokens: only a hash is kept, so there is nothing to see but whose they are and what they may; they can be
    revoked.
    """

    list_display = ["token_key", "user", "named", "may", "last_used", "created", "expiry"]
    list_filter = ["expiry"]
    list_select_related = ["user", "scope"]
    search_fields = ["user__username", "token_key", "scope__name"]
    fields = ["token_key", "user", "named", "may", "last_used", "created", "expiry"]
    readonly_fields = ["named", "may", "last_used"]
    actions: Any = ("delete_selected",)

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).prefetch_related("scope__centers")

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)

    def delete_model(self, request: Any, obj: Any) -> None:
        if scoped := self._scope(obj):
            tokens.note(scoped, "revoked", by=request.user, request=request)
        super().delete_model(request, obj)

    def delete_queryset(self, request: Any, queryset: Any) -> None:
        for token in queryset:
            self.delete_model(request, token)

    @staticmethod
    def _scope(token: Any) -> TokenScope | None:
        return getattr(token, "scope", None)

    @admin.display(description=_("name"))
    def named(self, token: Any) -> str:
        scoped = self._scope(token)
        return scoped.name if scoped else ""

    @admin.display(description=pgettext_lazy("token", "may"))
    def may(self, token: Any) -> str:
        scoped = self._scope(token)
        if scoped is None:
            return str(_("nothing"))
        does = _("read and write") if scoped.may_write else _("read")
        where = (
            _("every centre") if scoped.every_center else ", ".join(row.code for row in scoped.centers.all())
        )
        return f"{does} · {scoped.get_profile_display()} · {where}"

    @admin.display(description=_("last used"))
    def last_used(self, token: Any) -> Any:
        scoped = self._scope(token)
        return scoped.last_used_at if scoped else None


# knox names nothing for translators.
for field_name, field_label in (
    ("token_key", _("token key")),
    ("user", _("user")),
    ("created", _("created")),
    ("expiry", _("valid until")),
):
    AuthToken._meta.get_field(field_name).verbose_name = field_label
AuthToken._meta.verbose_name, AuthToken._meta.verbose_name_plural = _("API token"), _("API tokens")
apps.get_app_config("knox").verbose_name = _("API")

# Its own words are its whole hash.
AuthToken.__str__ = lambda token: f"{token.token_key}… · {token.user}"

# It registers itself when its admin is imported.
admin.site.unregister(AuthToken)
admin.site.register(AuthToken, AuthTokenAdmin)
