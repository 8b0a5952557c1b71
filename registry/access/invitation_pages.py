"""The pages of invitations: for curators, who send them, and for those invited, who have no account yet."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import UserCreationForm
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View

from registry.access import invitations, scope
from registry.access.models import Center, Invitation, Membership, User, today
from registry.access.sign_in import sessions

#: So many answered or lapsed invitations stand beneath the open ones.
FEW = 20


class InvitationForm(forms.ModelForm):
    """Whom to invite, into which of the sender's centres, and what for."""

    class Meta:
        model = Invitation
        fields = ("email", "first_name", "last_name", "center", "role", "start", "end")
        widgets = {
            name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d") for name in ("start", "end")
        }

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        fields: dict[str, Any] = self.fields
        fields["center"].queryset = Center.objects.filter(pk__in=list(scope.curated(user)))
        fields["center"].label_from_instance = lambda center: f"{center.code} · {center.name}"
        if len(scope.curated(user)) == 1:
            fields["center"].initial = next(iter(scope.curated(user)))
            fields["center"].empty_label = None

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if email == (self.user.email or "").lower():
            raise forms.ValidationError(_("This is your own address. Nobody gives rights to themselves."))
        return email

    def clean_end(self) -> Any:
        end = self.cleaned_data["end"]
        if end is not None and end < today():
            raise forms.ValidationError(_("This day has passed. Enter today or a later day."))
        return end

    def clean(self) -> None:
        super().clean()
        given = self.cleaned_data
        if not {"email", "center", "role"} <= given.keys() or self.errors:
            return
        email, wish = given["email"], {name: given[name] for name in ("center", "role", "start", "end")}
        same = Invitation.objects.filter(
            email=email, center=wish["center"], role=wish["role"], accepted_at=None, revoked_at=None
        )
        if any(row.state == Invitation.State.OPEN for row in same):
            self.add_error(
                "email", _("There is an open invitation for this address. You can send it again below.")
            )
        for user in User.objects.filter(email__iexact=email):
            if Membership(user=user, **wish).overlapping().exists():
                self.add_error("email", _("Whoever has this address has this role in the centre already."))


class _ForCurators(View):
    """For those who curate a centre, and superusers."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not scope.curated(request.user):
            raise PermissionDenied(gettext("Invitations are for curators, of their own centres."))
        return super().dispatch(request, *args, **kwargs)

    def invitation(self, uuid: Any) -> Invitation:
        return get_object_or_404(invitations.of_centers_of(self.request.user), uuid=uuid)


class Invitations(_ForCurators):
    """The open invitations of the curator's centres, and the form for a new one."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, InvitationForm(user=request.user))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = InvitationForm(request.POST, user=request.user)
        if not form.is_valid():
            return self._page(request, form, 422)
        _say_sent(request, form.instance, invitations.send(form.instance, by=request.user, request=request))
        return redirect("invitations")

    @staticmethod
    def _page(request: HttpRequest, form: InvitationForm, status: int = 200) -> HttpResponse:
        own = invitations.of_centers_of(request.user)
        unanswered = own.filter(accepted_at=None, revoked_at=None)
        answered = own.exclude(accepted_at=None, revoked_at=None)[:FEW]
        context = {
            "form": form,
            "rows": [(row, invitations.state_of(row)) for row in unanswered],
            "answered": answered,
            "crumbs": [(gettext("Your account"), reverse("account"))],
        }
        return render(request, "access/invitations.html", context, status=status)


class SendAgain(_ForCurators):
    """A new link for an invitation that nobody has answered; the old one is void."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        invitation = self.invitation(uuid)
        if invitation.accepted_at or invitation.revoked_at:
            messages.error(
                request, gettext("This invitation has been answered or revoked. Invite anew instead.")
            )
        else:
            _say_sent(request, invitation, invitations.send(invitation, by=request.user, request=request))
        return redirect("invitations")


class Revoke(_ForCurators):
    """The link of the invitation opens nothing any more."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, uuid: Any) -> HttpResponse:
        invitation = self.invitation(uuid)
        if invitations.revoke(invitation, by=request.user, request=request):
            messages.success(
                request, gettext("The invitation of %(email)s is revoked.") % {"email": invitation.email}
            )
        else:
            messages.error(request, gettext("This invitation has been answered or revoked already."))
        return redirect("invitations")


def _say_sent(request: HttpRequest, invitation: Invitation, mailed: bool) -> None:
    if mailed:
        messages.success(request, gettext("The invitation went to %(email)s.") % {"email": invitation.email})
    else:
        messages.error(
            request,
            gettext("The mail to %(email)s could not be sent. The invitation is kept: send it again later.")
            % {"email": invitation.email},
        )


class AcceptForm(UserCreationForm):
    """Name and password of a new user. Address, centre and role are the invitation's."""

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name")
        labels = {"username": _("User name")}
        help_texts = {"username": _("Up to 150 letters, digits and @ . + - _")}

    def clean_username(self) -> str:
        """A user name goes before an address at the sign-in, so that nobody takes the address of somebody else."""
        username: str = super().clean_username() or ""
        if "@" in username and username.lower() != (self.instance.email or "").lower():
            raise forms.ValidationError(
                _("With an @ it has to be your own e-mail address. Choose a name without @.")
            )
        return username


@method_decorator(login_not_required, name="dispatch")
class Accept(View):
    """What the link of an invitation leads to. Looking at it uses nothing up; mail scanners look at everything."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        sessions.end_if_over(request)  # open to everybody, so nothing else has looked
        response = super().dispatch(request, *args, **kwargs)
        # The address is the secret: it is neither kept nor passed on. With “no-referrer” the browser would not say
        # either where the form comes from, and the answer would be taken for a forged one.
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "strict-origin"
        return response

    def get(self, request: HttpRequest, secret: str) -> HttpResponse:
        invitation = invitations.find(secret)
        refusal = self._refusal(request, invitation)
        if refusal is not None or invitation is None:
            return refusal or self._closed(request, None)
        return self._page(request, invitation, self._form(invitation))

    def post(self, request: HttpRequest, secret: str) -> HttpResponse:
        invitation = invitations.find(secret)
        refusal = self._refusal(request, invitation)
        if refusal is not None or invitation is None:
            return refusal or self._closed(request, None)
        try:
            return self._accept(request, invitation)
        except invitations.Closed:
            return self._closed(request, invitations.find(secret))

    def _accept(self, request: HttpRequest, invitation: Invitation) -> HttpResponse:
        user: Any = request.user
        if user.is_authenticated:
            invitations.accept(invitation, user, request=request)
            messages.success(
                request, gettext("You belong to %(center)s now.") % {"center": invitation.center.name}
            )
            return redirect("account")
        form = self._form(invitation, request.POST)
        if not form.is_valid():
            return self._page(request, invitation, form, 422)
        try:
            invitations.accept(invitation, form.save(commit=False), request=request)
        except IntegrityError:  # the name or the address was taken in this instant
            form.add_error("username", gettext("This name was taken a moment ago. Choose another one."))
            return self._page(request, invitation, form, 422)
        messages.success(request, gettext("Your account is ready. Sign in with your user name and password."))
        return redirect("login")

    @staticmethod
    def _form(invitation: Invitation, data: Any = None) -> AcceptForm:
        named = {name: getattr(invitation, name) for name in ("first_name", "last_name")}
        return AcceptForm(data, instance=User(email=invitation.email, **named))

    def _refusal(self, request: HttpRequest, invitation: Invitation | None) -> HttpResponse | None:
        """The page for those to whom the invitation is not open, and for those who must sign in first."""
        if invitation is None or invitations.state_of(invitation) != Invitation.State.OPEN:
            return self._closed(request, invitation)
        known = invitations.users_of(invitation)
        user: Any = request.user
        if user.is_authenticated and known.filter(pk=user.pk).exists() and user != invitation.invited_by:
            return None
        if not user.is_authenticated and not known.exists():
            return None
        context = {"invitation": invitation, "has_account": known.exists(), "here": request.path}
        return render(request, "access/invitation_other.html", context, status=403)

    @staticmethod
    def _closed(request: HttpRequest, invitation: Invitation | None) -> HttpResponse:
        state = invitations.state_of(invitation) if invitation else "unknown"
        return render(
            request, "access/invitation_closed.html", {"state": state}, status=410 if invitation else 404
        )

    @staticmethod
    def _page(
        request: HttpRequest, invitation: Invitation, form: AcceptForm, status: int = 200
    ) -> HttpResponse:
        context = {"invitation": invitation, "form": form}
        return render(request, "access/invitation_accept.html", context, status=status)
