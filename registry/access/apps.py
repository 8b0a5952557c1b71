from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "registry.access"
    label = "access"
    verbose_name = "Access"

    def ready(self) -> None:
        from registry.access import scope
        from registry.core import policies

        policies.register(visible=scope.visible, writer=scope.may_write, identity=scope.may_identify)
