"""Every page needs a signed-in user unless it says otherwise."""

from django.contrib.auth.middleware import LoginRequiredMiddleware as DjangoLoginRequired
from django.http import HttpResponse


class LoginRequiredMiddleware(DjangoLoginRequired):
    """Django's own, with two additions: the API answers for itself, and htmx is told to go to the sign-in page."""

    def process_view(self, request, view_func, view_args, view_kwargs):
        if request.path.startswith("/api/"):
            return None  # REST framework authenticates and answers 401 in its own shape
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(self, request, view_func):
        if request.headers.get("HX-Request"):
            # A fragment must not swallow the sign-in page; the whole page goes there and comes back.
            response = HttpResponse(status=204)
            response["HX-Redirect"] = super().handle_no_permission(request, view_func).url
            return response
        return super().handle_no_permission(request, view_func)
