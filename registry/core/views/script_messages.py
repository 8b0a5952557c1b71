"""The words of the browser's scripts in the reader's language, as a script that is fetched once per language."""

import hashlib
from functools import lru_cache

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from django.views.i18n import JavaScriptCatalog

#: How long a browser may keep what it was given under an address that names the content.
ONE_YEAR = 365 * 24 * 60 * 60


@method_decorator([login_not_required, conditional_page], name="dispatch")
class ScriptMessages(JavaScriptCatalog):
    """Django's catalogue with the registry's own messages alone (the admin's scripts have one of their own).

    The language is part of the address, so that a switch takes effect at once; so is a digest of the content, so
    that a browser may keep the answer and asks anew after an update.
    """

    # A package without a catalogue: what remains are the messages in LOCALE_PATHS.
    packages = ["registry.core"]

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        language = request.GET.get("language", "")
        if language not in dict(settings.LANGUAGES):
            language = translation.get_language() or settings.LANGUAGE_CODE
        content, digest = script(language)
        response = HttpResponse(content, content_type="text/javascript; charset=utf-8")
        response["Content-Language"] = language
        current = request.GET.get("v") == digest
        response["Cache-Control"] = f"public, max-age={ONE_YEAR}, immutable" if current else "no-cache"
        return response


@lru_cache(maxsize=len(settings.LANGUAGES))
def _script(language: str) -> tuple[bytes, str]:
    with translation.override(language):
        content = JavaScriptCatalog(packages=ScriptMessages.packages).get(HttpRequest()).content
    return content, hashlib.sha256(content).hexdigest()[:12]


def script(language: str) -> tuple[bytes, str]:
    """The catalogue of a language and its digest. While the registry is being worked on it is built every time."""
    if settings.DEBUG:
        _script.cache_clear()
    return _script(language)


def address() -> str:
    """Where the scripts' messages in the active language are found."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    return f"{reverse('javascript-catalog')}?language={language}&v={script(language)[1]}"
