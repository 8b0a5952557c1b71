"""Headers that every answer carries, besides those that Django and django-csp set by themselves."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

#: What no page of the registry uses, so that nothing that gets into one can.
UNUSED = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "serial",
    "usb",
)
ALWAYS = {
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in UNUSED),
    # Nothing of ours is embedded in a page of another site, be it a picture.
    "Cross-Origin-Resource-Policy": "same-origin",
}
#: Answers may hold what only their reader may know: they are kept nowhere, unless whoever made them says otherwise.
KEPT_NOWHERE = "private, no-store"


class ProtectiveHeaders:
    """Sets them on pages, API, errors, downloads and static files alike: it stands outermost."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        response = self.get_response(request)
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", KEPT_NOWHERE)
        return response
