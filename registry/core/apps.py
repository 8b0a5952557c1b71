from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "registry.core"
    label = "core"
    verbose_name = _("Ground floor")

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from registry import checks  # noqa: F401  (registers the system checks)
        from registry.core.chain.opening import after_migrations

        # Django's own announcement, after all tables are there.
        post_migrate.connect(after_migrations, sender=self, dispatch_uid="core.chain")
