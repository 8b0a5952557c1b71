"""What stands in the place of a form whose record is locked: why, and where the lock is opened."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from registry.core.policies import Lock


def locked_page(
    request: HttpRequest,
    lock: Lock,
    title: str,
    crumbs: Sequence[tuple[str, str]],
    back_url: str,
    status: int = 200,
) -> HttpResponse:
    """The page; 409 as the answer to something that was sent. A fragment for htmx."""
    htmx = getattr(request, "htmx", None)
    name = "core/_locked.html" if htmx else "core/locked.html"
    context = {"lock": lock, "title": title, "crumbs": crumbs, "back_url": back_url}
    return render(request, name, context, status=status)
