"""Users, centres, memberships and the access log in the admin, and the admin site itself."""

from typing import Any

import allauth.account.admin
import allauth.mfa.admin
import allauth.usersessions.admin  # noqa: F401  (so that they are there to be replaced)
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.db.models import Count, Exists, OuterRef
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from registry.access import (
    log,
    memberships,
    token_admin,  # noqa: F401  (registers itself)
)
from registry.access.desk import ForSuperusers, SuperuserReadOnly, works_here
from registry.access.models import AccessEvent, Center, Membership, User
from registry.access.scope import curated
from registry.access.sign_in.backend import FACTORS
from registry.core.admin import Column, NotesInOneLanguage, Tool, register_tool
from registry.core.admin.queues import tools, waiting
from registry.core.admin.shown import DASH

# -- the site ---------------------------------------------------------------------------------------------------------


def sign_in(request: Any, extra_context: Any = None) -> Any:
    """The admin has no sign-in of its own: one door, with its second factor and its log."""
    if request.user.is_authenticated:
        if admin.site.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        return render(request, "admin/not_for_you.html", status=403)
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


sign_in.login_required = False  # type: ignore[attr-defined]


def change_password(request: Any, extra_context: Any = None) -> Any:
    """One page for it, which counts wrong passwords and notes what happens."""
    return HttpResponseRedirect(reverse("password_change"))


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
    return _index(request, {"waiting": waiting(request.user), "tools": tools(), **(extra_context or {})})


admin.site.index = workbench  # type: ignore[method-assign]
admin.site.index_template = "admin/workbench.html"
register_tool(Tool(_("Invitations"), lambda: reverse("invitations"), place=70))
register_tool(Tool(_("Locked sign-ins"), lambda: reverse("locks"), place=80))
admin.site.get_app_list = app_list  # type: ignore[method-assign]
admin.site.site_title = _("Spinal tumour registry")
admin.site.site_header = _("Administration")
admin.site.index_title = _("Administration")
admin.site.empty_value_display = DASH
admin.site.login = sign_in  # type: ignore[method-assign]
admin.site.password_change = change_password  # type: ignore[method-assign]
admin.site.has_permission = may_enter  # type: ignore[method-assign]


class MembershipInline(ForSuperusers, admin.TabularInline):
    """What the user may do, where and when."""

    model = Membership
    extra = 0
    fields = ("center", "role", "start", "end")


class UserAdmin(ForSuperusers, DjangoUserAdmin):
    """People who sign in. Rights come from memberships, so Django's groups and permissions are not shown."""

    list_display = [
        "username",
        "full_name",
        "email",
        "roles",
        "is_active",
        "is_superuser",
        "second_factor",
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
        factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
        rows = super().get_queryset(request).annotate(has_second_factor=Exists(factors))
        return rows.prefetch_related("memberships__center")

    def get_inline_instances(self, request: Any, obj: Any = None) -> Any:
        return [] if obj is None else super().get_inline_instances(request, obj)

    def save_model(self, request: Any, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        named = [name for name in form.changed_data if name in ("is_active", "is_superuser", "email")]
        if named or not change:
            said = ", ".join(f"{name}: {getattr(obj, name)}" for name in named) or "created"
            self._note(request, obj, said)

    def delete_model(self, request: Any, obj: User) -> None:
        self._note(request, obj, "removed")
        super().delete_model(request, obj)

    def delete_queryset(self, request: Any, queryset: Any) -> None:
        for user in queryset:
            self._note(request, user, "removed")
        super().delete_queryset(request, queryset)

    @staticmethod
    def _note(request: Any, user: User, what: str) -> None:
        subject = f"user {user.get_username()}"
        log.note(AccessEvent.Kind.USER, user=request.user, request=request, subject=subject, detail=what)

    def save_formset(self, request: Any, form: Any, formset: Any, change: bool) -> None:
        rows = formset.save(commit=False)
        if formset.model is Membership:
            for row in formset.deleted_objects:
                memberships.note(row, "removed", by=request.user, request=request)
            for row in rows:
                memberships.note(row, "changed" if row.pk else "created", by=request.user, request=request)
        formset.save()

    @admin.display(description=_("name"))
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    def user_change_password(self, request: Any, id: str, form_url: str = "") -> Any:
        response = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            whose = User.objects.get(pk=id)
            log.note(
                AccessEvent.Kind.PASSWORD_CHANGED,
                user=request.user,
                request=request,
                subject=f"user {whose.get_username()}",
                detail="in the administration",
            )
        return response

    @admin.display(description=_("second factor"), boolean=True)
    def second_factor(self, user: Any) -> bool:
        return user.has_second_factor

    @admin.display(description=_("memberships"))
    def roles(self, user: User) -> str:
        rows = [row for row in user.memberships.all() if row.is_in_force]
        return ", ".join(f"{row.center.code} {row.get_role_display()}" for row in rows)


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


class MembershipAdmin(NotesInOneLanguage, admin.ModelAdmin):
    """Who may do what in which centre, from when until when.

    Curators manage the memberships of their centres, of people who have or had one there; others they invite. Their
    own are managed by somebody else.
    """

    list_display = ["user", "center", "role", "start", "end", "holds_today"]
    list_filter = ["role"]
    list_select_related = ["user", "center"]
    search_fields = ["user__username", "user__last_name", "center__code"]
    fields = ("user", "center", "role", "start", "end")

    def get_autocomplete_fields(self, request: Any) -> Any:
        # Looking up all users is for those who manage them.
        return ("user",) if request.user.is_superuser else ()

    def has_module_permission(self, request: Any) -> bool:
        return works_here(request.user)

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return works_here(request.user)

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return works_here(request.user)

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        if not works_here(request.user) or request.user.is_superuser or obj is None:
            return works_here(request.user)
        return obj.user_id != request.user.pk and obj.center_id in curated(request.user)

    has_delete_permission = has_change_permission

    def get_queryset(self, request: Any) -> Any:
        rows = super().get_queryset(request)
        return rows if request.user.is_superuser else rows.filter(center__in=list(curated(request.user)))

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        # Whose it is and where does not change: that would be another membership.
        return ("user", "center") if obj is not None else ()

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "center":
            kwargs["queryset"] = Center.objects.filter(pk__in=list(curated(request.user)))
        elif db_field.name == "user" and not request.user.is_superuser:
            known = Membership.objects.filter(center__in=list(curated(request.user))).values("user")
            kwargs["queryset"] = User.objects.filter(pk__in=known).exclude(pk=request.user.pk)
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "user" and not request.user.is_superuser and field is not None:
            field.help_text = _("People who have or had a membership in your centre. Others you invite.")
        return field

    def save_model(self, request: Any, obj: Membership, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.changed_data or not change:
            self._note(request, obj, "changed" if change else "created")

    def delete_model(self, request: Any, obj: Membership) -> None:
        self._note(request, obj, "removed")
        super().delete_model(request, obj)

    def delete_queryset(self, request: Any, queryset: Any) -> None:
        if not request.user.is_superuser:
            queryset = queryset.exclude(user=request.user)
        for row in queryset:
            self._note(request, row, "removed")
        super().delete_queryset(request, queryset)

    @staticmethod
    def _note(request: Any, row: Membership, what: str) -> None:
        memberships.note(row, what, by=request.user, request=request)

    @admin.display(description=_("holds today"), boolean=True)
    def holds_today(self, row: Membership) -> bool:
        return row.is_in_force


class AccessEventAdmin(SuperuserReadOnly):
    """Who signed in, failed to, read identity or exported. It is read, never written, here."""

    list_display = ["at", "kind", "user_name", "address", "subject", "detail"]
    list_filter = ["kind", "at"]
    search_fields = ["user_name", "address", "subject", "detail"]
    date_hierarchy = "at"
    list_per_page = 100
    fields = ["at", "kind", "user_name", "user_id_text", "address", "subject", "detail"]


# These register themselves when their admin is imported: groups are not used, and nobody looks at the second factors
# or sessions of others.
for replaced in (Group, EmailAddress, EmailConfirmation, Authenticator, UserSession):
    if admin.site.is_registered(replaced):
        admin.site.unregister(replaced)
admin.site.register(User, UserAdmin)
admin.site.register(Center, CenterAdmin)
admin.site.register(Membership, MembershipAdmin)
admin.site.register(AccessEvent, AccessEventAdmin)
