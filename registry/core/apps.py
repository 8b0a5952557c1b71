from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "registry.core"
    label = "core"
    verbose_name = "Ground floor"

    def ready(self) -> None:
        from registry import checks  # noqa: F401  (registers the system checks)
