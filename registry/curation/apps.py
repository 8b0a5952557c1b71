from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CurationConfig(AppConfig):
    name = "registry.curation"
    label = "curation"
    verbose_name = _("Curation")

    def ready(self) -> None:
        from registry.core import policies
        from registry.curation import ascertainment, erasure, freezing
        from registry.curation.merging import hooks
        from registry.curation.quality import merging, saving

        policies.register(write_check=freezing.refuse_frozen, lock=freezing.lock_of)
        policies.register(
            writer=ascertainment.may_write,
            write_check=ascertainment.refuse_closed,
            requirement=ascertainment.gaps,
            lock=ascertainment.lock_of,
        )
        policies.register(listener=saving.look_again, of_many=saving.settle_many)
        hooks.register(follower=merging.bring_along, finder=merging.pairs)
        policies.register(write_check=erasure.refuse_erased)
