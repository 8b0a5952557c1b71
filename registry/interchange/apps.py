from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InterchangeConfig(AppConfig):
    name = "registry.interchange"
    label = "interchange"
    verbose_name = _("Interchange")

    def ready(self) -> None:
        from registry.curation import erasure
        from registry.interchange import erased

        erasure.register(erasure.Holding(erased.says, erased.clear))
