"""The app of users, centres and rights, and what it registers at its start."""

from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class AccessConfig(AppConfig):
    name = "registry.access"
    label = "access"
    verbose_name = pgettext_lazy("accounts", "Access")

    def ready(self) -> None:
        from registry.access import scope
        from registry.access.sign_in import announcements
        from registry.core import policies

        policies.register(visible=scope.visible, writer=scope.may_write, identity=scope.may_identify)
        announcements.connect()
