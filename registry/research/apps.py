from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ResearchConfig(AppConfig):
    name = "registry.research"
    label = "research"
    verbose_name = _("Research")

    def ready(self) -> None:
        from registry.curation import erasure
        from registry.literature.consistency import run
        from registry.research import consistency, erased, losses

        run.register(consistency.checks, consistency.stamps)
        run.register(losses.checks)
        erasure.register(erasure.Holding(erased.says, erased.clear))
