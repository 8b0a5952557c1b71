"""The app of users, centres and rights, and what it registers at its start."""

from django.apps import AppConfig
from django.utils.translation import pgettext_lazy


class AccessConfig(AppConfig):
    name = "registry.access"
    label = "access"
    verbose_name = pgettext_lazy("accounts", "Access")

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from registry.access import chain, chain_walk, scope  # noqa: F401  (registers the walk)
        from registry.access.sign_in import announcements
        from registry.core import policies

        # Behind the ground floor, which closes the tables.
        post_migrate.connect(chain.begin, sender=self, dispatch_uid="access.chain")

        policies.register(visible=scope.visible, writer=scope.may_write, identity=scope.may_identify)
        announcements.connect()
