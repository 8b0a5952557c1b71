from django.apps import AppConfig


class InterchangeConfig(AppConfig):
    name = "registry.interchange"
    label = "interchange"
    verbose_name = "Interchange"
