from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = _("Cases")

    def ready(self) -> None:
        from cases import checks, completeness, editing, locking  # noqa: F401  (registers the check)
        from registry.core import policies

        policies.register(
            requirement=completeness.gaps, write_check=locking.refuse_signed, lock=locking.lock_of
        )
        editing.register()
