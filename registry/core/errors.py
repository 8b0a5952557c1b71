"""Error pages, and the two refusals that no view could make in time: NUL in an address, and a body above the limit."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was open too long or cookies are blocked: say so, and how to go on."""
    return render(request, "core/csrf_failed.html", status=403)


def problem(status: int, title: str, detail: str) -> JsonResponse:
    """A problem document (RFC 9457) for refusals that happen before REST framework runs."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JsonResponse(body, status=status, content_type="application/problem+json")


class RefuseEarly:
    """Answers 400 to NUL in path or query, and 413 to a body above the limit, at every door."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", "").lower():
            return self.answer(request, 400, _("Bad request"), _("The address contains a null character."))
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, RequestDataTooBig):
            return self.answer(request, 413, _("Content too large"), _("The request is larger than 2 MB."))
        return None

    @staticmethod
    def answer(request: HttpRequest, status: int, title: str, detail: str) -> HttpResponse:
        if request.path.startswith("/api/"):
            return problem(status, title, detail)
        return render(request, f"{status}.html", {"detail": detail}, status=status)
