"""Who asks, and in which language: every page needs a signed-in user and follows the reader's choice of language."""

from django.contrib.auth.middleware import LoginRequiredMiddleware as DjangoLoginRequired
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

#: Sent by pages that must not be left because of what is typed in them.
STAY = "X-Stay-On-Page"


class LoginRequiredMiddleware(DjangoLoginRequired):
    """Django's own, with additions: the API answers for itself, htmx is told to go to the sign-in page, and a page that
    holds unsaved text asks for the password in place.
    """

    def process_view(self, request, view_func, view_args, view_kwargs):
        if request.path.startswith("/api/"):
            return None  # REST framework authenticates and answers 401 in its own shape
        if not getattr(view_func, "login_required", True):
            return None  # open to everybody: who asks is not looked up, so that the answer may be kept
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(self, request, view_func):
        if STAY in request.headers:
            return HttpResponse(status=401)
        if request.headers.get("HX-Request"):
            # A fragment must not swallow the sign-in page; the whole page goes there and comes back.
            response = HttpResponse(status=204)
            response["HX-Redirect"] = super().handle_no_permission(request, view_func).url
            return response
        return super().handle_no_permission(request, view_func)


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
