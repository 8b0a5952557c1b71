"""What the admin notes of its own actions (“recent actions”): one text for everybody, in one language."""

from typing import Any

from django.utils import translation

#: The language of what is kept.
KEPT_IN = "en"


class NotesInOneLanguage:
    """Names the record in the note as every other reader will find it, whatever the language of who acted."""

    def log_addition(self, request: Any, obj: Any, message: Any) -> Any:
        with translation.override(KEPT_IN):
            return super().log_addition(request, obj, message)  # type: ignore[misc]

    def log_change(self, request: Any, obj: Any, message: Any) -> Any:
        with translation.override(KEPT_IN):
            return super().log_change(request, obj, message)  # type: ignore[misc]

    def log_deletions(self, request: Any, queryset: Any) -> Any:
        with translation.override(KEPT_IN):
            return super().log_deletions(request, queryset)  # type: ignore[misc]
