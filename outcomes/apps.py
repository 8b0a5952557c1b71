from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutcomesConfig(AppConfig):
    name = "outcomes"
    verbose_name = _("Outcomes")

    def ready(self) -> None:
        from outcomes import chronology, completeness, editing, embedding
        from registry.core import policies

        policies.register(requirement=completeness.gaps, write_check=chronology.hold_together)
        embedding.register()
        editing.register()
