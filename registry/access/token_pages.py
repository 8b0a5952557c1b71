"""The page of a user's own API tokens."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View

from registry.access import scope, tokens
from registry.access.models import TokenScope
from registry.access.sign_in import duty

READ, READ_WRITE = "read", "read-write"
EVERY, SOME = "every", "some"
_PROFILES = {
    TokenScope.Profile.IDENTIFIED: _("identified: dates, birth years, hospital numbers and free text"),
    TokenScope.Profile.PSEUDONYMISED: _("pseudonymised: rows without these"),
    TokenScope.Profile.AGGREGATE: _("aggregate: no rows, statistics of cohorts only"),
}


def own_tokens(user: Any) -> list[TokenScope]:
    """A user's tokens, the latest first, each with whether it has expired."""
    rows = list(
        TokenScope.objects.filter(token__user=user)
        .select_related("token")
        .prefetch_related("centers")
        .order_by("-token__created", "-pk")
    )
    for row in rows:
        row.has_expired = row.token.expiry is not None and row.token.expiry <= timezone.now()  # type: ignore[attr-defined]
    return rows


class TokenForm(forms.Form):
    """What a new token may do: no more than its user, and less where the user says so."""

    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("What it is for, such as the script or the computer.")
    )
    access = forms.ChoiceField(
        label=_("It may"),
        widget=forms.RadioSelect,
        initial=READ,
        choices=[(READ, _("read")), (READ_WRITE, _("read and write"))],
        help_text=_(
            "To write records it must be “identified” too; to keep cohorts and releases it need not."
        ),
    )
    reach = forms.ChoiceField(
        label=_("Centres"),
        widget=forms.RadioSelect,
        initial=EVERY,
        choices=[(EVERY, _("every centre of mine, also those I join later")), (SOME, _("these only:"))],
    )
    centers: Any = forms.ModelMultipleChoiceField(
        label=_("These centres"), queryset=None, widget=forms.CheckboxSelectMultiple, required=False
    )
    profile = forms.ChoiceField(
        label=_("Who the patients are"),
        widget=forms.RadioSelect,
        initial=TokenScope.Profile.PSEUDONYMISED,
    )
    days = forms.IntegerField(
        label=_("Days until it expires"),
        min_value=1,
        max_value=tokens.LONGEST_DAYS,
        initial=tokens.DEFAULT_DAYS,
        help_text=_("1 to %(most)d.") % {"most": tokens.LONGEST_DAYS},
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        fields: dict[str, Any] = self.fields
        identifies = scope.identified_centers(user).exists()
        if not scope.own_centers(user).exists():
            fields["access"].help_text = _("Writing is for cohorts and releases.")
        centers = scope.member_centers(user)
        fields["centers"].queryset = centers
        fields["centers"].label_from_instance = lambda center: f"{center.code} · {center.name}"
        if not centers.exists():
            del fields["reach"], fields["centers"]
        fields["profile"].choices = [
            (name, label)
            for name, label in _PROFILES.items()
            if identifies or name != TokenScope.Profile.IDENTIFIED
        ]

    def clean(self) -> None:
        super().clean()
        given = self.cleaned_data
        if duty.missing(self.user) is not None:
            # Whoever knows the password alone would keep what they made after the days for the set-up are over.
            self.add_error(None, _("Your role needs a second factor. Set up your second factor first."))
        if given.get("reach") == SOME and not given.get("centers") and "centers" not in self.errors:
            self.add_error("centers", _("Choose at least one centre, or every centre of yours."))
        if given.get("access") == READ_WRITE and given.get("profile") == TokenScope.Profile.AGGREGATE:
            self.add_error("profile", _("Such a token reads. Choose “read”, or another profile."))

    def create(self, request: HttpRequest) -> tuple[TokenScope, str]:
        given = self.cleaned_data
        return tokens.create(
            request.user,
            name=given["name"],
            days=given["days"],
            may_write=given["access"] == READ_WRITE,
            profile=given["profile"],
            centers=list(given["centers"]) if given.get("reach") == SOME else None,
            request=request,
        )


class Tokens(View):
    """The user's tokens, and the form for a new one.

    The secret of a new one stands in the answer to the form, this once: not in an address, and kept by no cache.
    """

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, TokenForm(user=request.user))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = TokenForm(request.POST, user=request.user)
        if not form.is_valid():
            return self._page(request, form, 422)
        made, secret = form.create(request)
        return self._page(request, TokenForm(user=request.user), made=made, secret=secret)

    @staticmethod
    def _page(request: HttpRequest, form: TokenForm, status: int = 200, **made: Any) -> HttpResponse:
        crumbs = [(gettext("Your account"), reverse("account"))]
        context = {"form": form, "tokens": own_tokens(request.user), "crumbs": crumbs, **made}
        response = render(request, "access/tokens.html", context, status=status)
        response["Cache-Control"] = "no-store"
        return response


class RevokeToken(View):
    """The token opens nothing any more."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        own = TokenScope.objects.filter(token__user=request.user)  # type: ignore[misc]
        token = get_object_or_404(own.select_related("token__user"), uuid=uuid)
        tokens.revoke(token, by=request.user, request=request)
        messages.success(request, gettext("The token “%(name)s” is revoked.") % {"name": token.name})
        return redirect("tokens")
