"""Users, centres, memberships, API tokens and the access log in the admin; and who may work there."""

from typing import Any

import knox.admin  # noqa: F401  (so that it is there to be replaced)
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.db.models import Count, Q
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from knox.models import AuthToken

from registry.access import scope
from registry.access.models import AccessEvent, Center, Membership, User
from registry.access.scope import curated
from registry.core.admin import Column, Desk, NotesInOneLanguage, ReadOnlyAdmin, register_desk
from registry.core.admin.queues import waiting
from registry.core.admin.shown import DASH

# -- who works here, on which centres ------------------------------------------------------------------------------


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


# -- the site ---------------------------------------------------------------------------------------------------------


def sign_in(request: Any, extra_context: Any = None) -> Any:
    """The admin has no sign-in of its own: one door, with its second factor and its log."""
    if request.user.is_authenticated:
        if admin.site.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        return render(request, "admin/not_for_you.html", status=403)
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


sign_in.login_required = False  # type: ignore[attr-defined]


def may_enter(request: Any) -> bool:
    return works_here(request.user)


#: In the order of the work; what is not named follows.
ORDER = ("cases", "procedures", "outcomes", "literature", "research", "curation", "access")
FIRST = (
    "Patient",
    "Case",
    "Lesion",
    "Treatment",
    "Diagnosis",
    "Procedure",
    "TreatedLesion",
    "Publication",
    "User",
)


def place(names: tuple[str, ...], name: str) -> tuple[int, str]:
    return (names.index(name) if name in names else len(names), name)


def app_list(request: Any, app_label: str | None = None) -> list[dict[str, Any]]:
    """The start page and the sidebar: the clinical work first, patients before what hangs on them."""
    apps = admin.site._build_app_dict(request, app_label)
    listed = sorted(apps.values(), key=lambda app: place(ORDER, app["app_label"]))
    for app in listed:
        app["models"].sort(key=lambda model: place(FIRST, model["object_name"]))
    return listed


_index = admin.site.index


def workbench(request: Any, extra_context: Any = None) -> Any:
    """The start page: what waits, then the lists."""
    return _index(request, {"waiting": waiting(request.user), **(extra_context or {})})


admin.site.index = workbench  # type: ignore[method-assign]
admin.site.index_template = "admin/workbench.html"
admin.site.get_app_list = app_list  # type: ignore[method-assign]
admin.site.site_title = _("Spinal tumour registry")
admin.site.site_header = _("Administration")
admin.site.index_title = _("Administration")
admin.site.empty_value_display = DASH
admin.site.login = sign_in  # type: ignore[method-assign]
admin.site.has_permission = may_enter  # type: ignore[method-assign]


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


class MembershipInline(ForSuperusers, admin.TabularInline):
    """What the user may do, and where."""

    model = Membership
    extra = 0


class UserAdmin(ForSuperusers, DjangoUserAdmin):
    """People who sign in. Rights come from memberships, so Django's groups and permissions are not shown."""

    list_display = [
        "username",
        "full_name",
        "email",
        "roles",
        "is_active",
        "is_superuser",
        "last_login",
    ]
    list_filter = ["is_active", "is_superuser", "memberships__role", "memberships__center"]
    search_fields = ["username", "first_name", "last_name", "email"]
    filter_horizontal = ()
    ordering = ["username"]
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": (("first_name", "last_name"), "email")}),
        (
            _("Sign-in"),
            {
                "fields": ("is_active", "is_superuser"),
                "description": _(
                    "Curators work in the administration while their membership holds. Who is made inactive "
                    "loses all API tokens at once."
                ),
            },
        ),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    inlines = [MembershipInline]

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).prefetch_related("memberships__center")

    def get_inline_instances(self, request: Any, obj: Any = None) -> Any:
        return [] if obj is None else super().get_inline_instances(request, obj)

    @admin.display(description=_("name"))
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description=_("memberships"))
    def roles(self, user: User) -> str:
        return ", ".join(f"{row.center.code} {row.get_role_display()}" for row in user.memberships.all())


class CenterAdmin(ForSuperusers, admin.ModelAdmin):
    """Hospitals and the sources of published series."""

    list_display = [
        "code",
        "name",
        "city",
        "country",
        "kind",
        Column("patient_count", _("Patients"), lambda center: center.patient_count, "patient_count"),
    ]
    list_filter = ["kind", "country"]
    search_fields = ["code", "name", "city"]
    fieldsets = ((None, {"fields": ("code", "name", ("city", "country"), "kind")}),)

    def get_queryset(self, request: Any) -> Any:
        rows = super().get_queryset(request)
        match = getattr(request, "resolver_match", None)
        if match is not None and (match.url_name or "").endswith("_changelist"):
            rows = rows.annotate(patient_count=Count("patients"))
        return rows

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        # The code begins the registry id of every patient, and the kind decides who may write.
        return ("code", "kind") if obj is not None else ()


class MembershipAdmin(ForSuperusers, admin.ModelAdmin):
    """Who may do what in which centre. Curators see the memberships of their centres."""

    list_display = ["user", "center", "role"]
    list_filter = ["role"]
    list_select_related = ["user", "center"]
    search_fields = ["user__username", "user__last_name", "center__code"]
    autocomplete_fields = ["user", "center"]

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return works_here(request.user)

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return ForSuperusers.has_view_permission(self, request)

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return ForSuperusers.has_view_permission(self, request)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return ForSuperusers.has_view_permission(self, request)

    def get_queryset(self, request: Any) -> Any:
        rows = super().get_queryset(request)
        return rows if request.user.is_superuser else rows.filter(center__in=list(curated(request.user)))


class SuperuserReadOnly(ReadOnlyAdmin):
    """To read, by superusers."""

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)


class AccessEventAdmin(SuperuserReadOnly):
    """Who signed in, failed to, read identity or exported. It is read, never written, here."""

    list_display = ["at", "kind", "user_name", "address", "subject", "detail"]
    list_filter = ["kind", "at"]
    search_fields = ["user_name", "address", "subject", "detail"]
    date_hierarchy = "at"
    list_per_page = 100
    fields = ["at", "kind", "user_name", "user_id_text", "address", "subject", "detail"]


class AuthTokenAdmin(SuperuserReadOnly):
    """API tokens: only a hash is kept, so there is nothing to see but whose they are; they can be revoked."""

    list_display = ["token_key", "user", "created", "expiry"]
    list_filter = ["expiry"]
    list_select_related = ["user"]
    search_fields = ["user__username", "token_key"]
    fields = ["token_key", "user", "created", "expiry"]
    actions: Any = ("delete_selected",)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)


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

# Both register themselves when their admin is imported: groups are not used, and tokens are not typed.
for replaced in (Group, AuthToken):
    admin.site.unregister(replaced)
admin.site.register(User, UserAdmin)
admin.site.register(Center, CenterAdmin)
admin.site.register(Membership, MembershipAdmin)
admin.site.register(AccessEvent, AccessEventAdmin)
admin.site.register(AuthToken, AuthTokenAdmin)
