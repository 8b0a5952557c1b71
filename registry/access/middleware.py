"""Who asks, and in which language: every page needs a signed-in user and follows the reader's choice of language."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware as DjangoLoginRequired
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.middleware.locale import LocaleMiddleware
from django.urls import reverse
from django.utils import translation

from registry.access import log, scope
from registry.access.models import AccessEvent
from registry.access.sign_in import duty, sessions
from registry.core import identity_shown
from registry.core.errors import problem


class IdentityMiddleware:
    """Writes one line into the access log for every answer that shows who patients are."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # A page sent elsewhere shows nothing; a form that is refused shows what it held.
        if not 300 <= response.status_code < 400 and (shown := self._shown(request)):
            log.note(
                AccessEvent.Kind.IDENTITY_READ,
                user=request.user,
                request=request,
                subject=shown[0] if len(shown) == 1 else request.path,
                detail=request.path if len(shown) == 1 else ", ".join(shown),
            )
        return response

    @staticmethod
    def _shown(request: HttpRequest) -> list[str]:
        """The names of those that the reader may know; publications name nobody."""
        found = identity_shown.noted(request)
        if not found:
            return []
        published = scope.published_center_ids(request.user)
        return [
            name
            for center, name in found
            if center not in published and scope.may_identify(request.user, center)
        ]


#: Sent by pages that must not be left because of what is typed in them.
STAY = "X-Stay-On-Page"


#: Where those get who still have to set up a second factor: the set-up with what it asks for, and the way out.
SETTING_UP = frozenset(
    {
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "account_reauthenticate",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "logout",
    }
)


class LoginRequiredMiddleware(DjangoLoginRequired):
    """Django's own, with additions: the API answers for itself, htmx is told to go to the sign-in page, and a page that
    holds unsaved text asks for the password in place.

    Every door of a session is here, that of the API too: a session that is over ends, and one whose user still owes a
    second factor leads to its set-up only.
    """

    def process_view(self, request, view_func, view_args, view_kwargs):
        programs = request.path.startswith(
            "/api/"
        )  # REST framework's views need no sign-in as Django means it
        if not programs and not getattr(view_func, "login_required", True):
            return None  # open to everybody: who asks is not looked up, so that the answer may be kept
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            self.end_if_over(request, programs)
            if request.user.is_authenticated:
                request.second_factor_missing = missing = duty.missing(request.user)
                name = request.resolver_match.url_name if request.resolver_match else None
                if missing is not None and missing.overdue and name not in SETTING_UP:
                    return self.to_set_up(request, programs)
        if programs:
            return None  # REST framework authenticates and answers 401 in its own shape
        return super().process_view(request, view_func, view_args, view_kwargs)

    @staticmethod
    def end_if_over(request, programs):
        why = sessions.end_if_over(request)
        if why and not programs and not ({STAY, "HX-Request"} & set(request.headers)):
            messages.info(request, sessions.said(why))

    @staticmethod
    def to_set_up(request, programs):
        if programs:
            return problem(403, "Forbidden", duty.REFUSAL)
        if STAY in request.headers:
            return HttpResponse(status=403)
        return _lead_to(request, reverse("mfa_index"))

    def handle_no_permission(self, request, view_func):
        if STAY in request.headers:
            return HttpResponse(status=401)
        return _lead_to(request, super().handle_no_permission(request, view_func).url)


def _lead_to(request, url):
    """Another page instead. A fragment must not swallow it: the whole page goes there."""
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(url)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = url
    return response


#: What programs read; always in this language.
MACHINE_READABLE = "/api/"
MACHINE_LANGUAGE = "en"


class LanguageMiddleware(LocaleMiddleware):
    """The language of an answer: the user's choice (cookie), else the browser's, else the installation's.

    The API and the exports beneath it answer in English whatever the request says. Scripts match their column heads,
    labels and problem titles, and two centres that run the same query must get the same bytes; the language of a
    browser or a setting of the installation must not change data.
    """

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith(MACHINE_READABLE):
            translation.activate(MACHINE_LANGUAGE)
            request.LANGUAGE_CODE = MACHINE_LANGUAGE
        else:
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path_info.startswith(MACHINE_READABLE):
            response.headers.setdefault("Content-Language", MACHINE_LANGUAGE)
            return response  # it does not vary with the language of the browser
        return super().process_response(request, response)
