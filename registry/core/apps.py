from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "registry.core"
    label = "core"
    verbose_name = _("Ground floor")

    def ready(self) -> None:
        from registry import checks  # noqa: F401  (registers the system checks)
