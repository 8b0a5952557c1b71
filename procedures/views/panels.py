"""What the section of procedures draws: a panel for each procedure, its fields in groups, its rows as grids."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import editor
from cases.models import Case, Lesion
from cases.views.editor import Block, block_of
from procedures import codes, index_date
from procedures.models import Ablation, BalloonInflation, TreatedLesion
from procedures.occlusion import ZONE_NUMERALS
from procedures.views import parts
from procedures.views.grids import (
    Copy,
    Grid,
    Head,
    Row,
    heads,
    offer_punctures,
    rows_of,
    shorten,
    speaks,
)
from registry.core.views.segments import draw_as_list

GENERAL = (
    "duration_min",
    "hospital_stay_days",
    "anesthesia",
    "position",
    "antibiotic_prophylaxis",
    "guidance",
    "technical_success",
)
FURTHER = ("duration_qualifier", "notes", "sequence")
#: The details of each kind: heading and fields of each group. Transarterial therapy stands at its sessions.
DETAILS: dict[str, tuple[tuple[Any, tuple[str, ...]], ...]] = {
    codes.Kind.REBOA: (
        (
            gettext_lazy("Access and balloon"),
            (
                "aortic_diameter_mm",
                "balloon_diameter_mm",
                "sheath_fr",
                "access_side",
                "access_anesthesia",
                "occlusion_confirmed_by",
                "closure",
                "closure_device",
            ),
        ),
        (
            gettext_lazy("Resection"),
            ("surgical_approach", "anterior_route", "resection", "margin", "reconstruction"),
        ),
        (gettext_lazy("Blood and urine"), ("blood_loss_ml", "transfused_units", "urine_output_ml")),
    ),
    codes.Kind.SACROPLASTY: ((gettext_lazy("Cement"), ("technique", "cement_product")),),
    codes.Kind.VERTEBROPLASTY: ((gettext_lazy("Cement"), ("technique", "cement_product")),),
    codes.Kind.RFA: ((gettext_lazy("Ablation"), ("electrode", "stopped_for_neurologic_symptoms")),),
}

ACCESS = ("approach", "needle_gauge", "needle_count", "access_no")
CEMENT = ("cement_volume_ml", "cement_diameter_mm")
LEAK = ("leak_sites", "leak_symptomatic")
REPORTED = "cement_filling_percent_reported"
ABLATION_END = ("ablation_completion",)
ABLATION = (
    "active_tip_cm",
    "power_w",
    "ablation_time_min",
    "temperature_mean_celsius",
    "temperature_min_celsius",
    "temperature_max_celsius",
    "minutes_at_target_min",
    "rolloff_count",
)
INFLATION = ("inflated_min", "deflated_min", "aortic_zone", "completeness", "volume_ml")
SESSION = ("date", "interval_value", "interval_unit", "kind", "arteries", "agents")
#: What is given into the artery; any other name can be typed.
DRUGS = ("cisplatin", "oxaliplatin", "doxorubicin", "epirubicin", "fluorouracil", "gemcitabine", "mitomycin")

CEMENTED = (codes.Kind.SACROPLASTY, codes.Kind.VERTEBROPLASTY)
#: What a second lesion or a second procedure may take over at one click.
SAME_NEEDLE = ("approach", "needle_gauge", "needle_count")
SAME_SETTING = ("date", "anesthesia", "position", "guidance", "antibiotic_prophylaxis")


@dataclass(frozen=True)
class Group:
    """Fields of one or two records under a heading."""

    heading: str
    rows: list[Any]


@dataclass
class TreatedRow(Row):
    """One treated lesion."""

    lesion: Any = None
    #: The lesion's own longest diameter: a control where no other row of the page has it.
    diameter: Any = None
    lesion_block: Block | None = None
    cemented: bool = True
    ablated: bool = False
    #: In a line beneath the cells.
    leak: list[Any] = field(default_factory=list)
    #: A filling that was read somewhere, beside the one that is computed.
    reported: Any = None
    cycles: Grid | None = None

    @property
    def filling(self) -> Any:
        return parts.filling(self.block.record)

    @property
    def sharing(self) -> str:
        return parts.sharing(self.block.record)

    @property
    def ablation(self) -> Any:
        return parts.ablation(self.block.record)

    @property
    def unusual(self) -> Any:
        """A lesion that is large for this kind of procedure."""
        return parts.unusual(self.block.record, "lesion")


@dataclass
class InflationRow(Row):
    """One inflation."""

    @property
    def spell(self) -> Any:
        return parts.spell(self.block.record)


@dataclass
class Session:
    """One transarterial session with its drugs."""

    block: Block
    cells: list[Any]
    drugs: list[Row]
    known_drugs = DRUGS


@dataclass
class Panel:
    """One procedure."""

    procedure: Any
    block: Block
    details: Block | None
    general: list[Any]
    groups: list[Group]
    further: list[Any]
    copy: Copy | None = None
    treated: Grid | None = None
    inflations: Grid | None = None
    sessions: list[Session] | None = None
    therapy: Any = None
    session_kinds = tuple((kind.value, kind.name) for kind in codes.TransarterialKind)

    @property
    def date(self) -> Any:
        return self.block.form["date"]

    @property
    def incision(self) -> Any:
        """The time of incision, which the timeline counts from."""
        return self.block.form["incision_at"] if self.inflations is not None else None

    @property
    def occlusion(self) -> Any:
        return parts.occlusion(self.procedure)

    @property
    def index(self) -> Any:
        return index_date.standing(self.procedure)

    @property
    def untreated(self) -> list[Any]:
        return parts.untreated(self.procedure)

    @property
    def unusual(self) -> Any:
        """The cement of all lesions together."""
        return parts.unusual(self.procedure, "kind")

    @property
    def further_open(self) -> bool:
        """What holds something is not folded away; every procedure has a number."""
        return speaks(self.procedure, *(row.name for row in self.further if row.name != "sequence"))


class Drawer:
    """Draws the procedures of one loaded case for one user."""

    def __init__(self, case: Case, user: Any) -> None:
        self.case, self.user = case, user
        self.procedures = list(case.procedures.all())
        self.lesions: list[Lesion] = list(case.lesions.all())

    def panels(self) -> list[Panel]:
        return [self.panel(procedure) for procedure in self.procedures]

    def panel(self, procedure: Any) -> Panel:
        block = block_of(procedure, self.user)
        details = block_of(procedure.details, self.user) if procedure.details is not None else None
        treated = list(procedure.treated_lesions.all())
        reboa = procedure.kind == codes.Kind.REBOA
        panel = Panel(
            procedure,
            block,
            details,
            rows_of(block, GENERAL),
            [
                Group(str(heading), rows_of(details, names))
                for heading, names in DETAILS[procedure.kind]
                if details is not None
            ],
            rows_of(block, FURTHER),
            copy=self._setting(procedure, block),
        )
        if treated or not reboa:
            panel.treated = self.treated_grid(procedure, treated)
        if reboa:
            panel.inflations = Grid(
                "inflations",
                heads(BalloonInflation, INFLATION),
                [self.inflation(row) for row in procedure.balloon_inflations.all()],
            )
        else:
            # The time of incision belongs to the timeline; elsewhere it is rare, and no field is left out.
            panel.further[:0] = rows_of(block, ("incision_at",))
        if procedure.kind == codes.Kind.VERTEBROPLASTY:
            panel.sessions = [self.session(row) for row in procedure.transarterial_sessions.all()]
            panel.therapy = details.form["transarterial_therapy"] if details is not None else None
        return panel

    def _setting(self, procedure: Any, block: Block) -> Copy | None:
        first = next((other for other in self.procedures if other.pk != procedure.pk), None)
        if first is None or first.sequence > procedure.sequence:
            return None
        label = _("Same day and setting as the %(kind)s") % {"kind": first.get_kind_display()}
        return Copy(label, editor.prefix_of(first), block.prefix, " ".join(SAME_SETTING))

    # -- rows ------------------------------------------------------------------------------------------------

    def treated_grid(self, procedure: Any, rows: list[Any]) -> Grid:
        """A kind's own columns, and those that a record brings with it."""
        cemented = procedure.kind in CEMENTED or any(speaks(row, *CEMENT, *LEAK, REPORTED) for row in rows)
        ablated = procedure.kind == codes.Kind.RFA or any(speaks(row, *ABLATION_END) for row in rows)
        shared = len(self.lesions) > 1 or any(speaks(row, "access_no") for row in rows)
        names = [name for name in ACCESS if shared or name != "access_no"]
        names += ABLATION_END if ablated else ()
        names += CEMENT if cemented else ()
        made = heads(TreatedLesion, names)
        if cemented:
            made += heads(Lesion, ("diameter_longest_mm",))
            made.append(Head("filling", _("Filling"), "%", ""))
        columns = [name for name, there in (("ablation", ablated), ("cement", cemented)) if there] or [
            "access"
        ]
        return Grid(
            " ".join([*columns, *(["shared"] if shared else [])]),
            made,
            [self.treated(row, names, cemented, ablated) for row in rows],
        )

    def treated(self, row: Any, names: list[str], cemented: bool, ablated: bool) -> TreatedRow:
        block = block_of(row, self.user)
        draw_as_list(block.form.fields["ablation_completion"])
        if "access_no" in names:
            offer_punctures(block, len(self.lesions))
        made = TreatedRow(
            block,
            str(row.lesion),
            rows_of(block, names),
            copy=self._needle(row, block),
            lesion=row.lesion,
            cemented=cemented,
            ablated=ablated,
            leak=rows_of(block, LEAK) if cemented else [],
            reported=block.form[REPORTED] if cemented else None,
            cycles=Grid(
                "cycles", heads(Ablation, ABLATION), [self.cycle(cycle) for cycle in row.ablations.all()]
            )
            if row.procedure.kind == codes.Kind.RFA
            else None,
        )
        if cemented and self._holds_diameter(row):
            made.lesion_block = block_of(self._lesion(row.lesion_id), self.user)
            made.diameter = made.lesion_block.form["diameter_longest_mm"]
        return made

    def _lesion(self, pk: int) -> Lesion:
        return next(lesion for lesion in self.lesions if lesion.pk == pk)

    def _holds_diameter(self, row: Any) -> bool:
        """A control may stand on the page once: in the first row of the lesion that shows cement."""
        same = [
            other
            for procedure in self.procedures
            if procedure.kind in CEMENTED
            for other in procedure.treated_lesions.all()
            if other.lesion_id == row.lesion_id
        ]
        return bool(same) and same[0].pk == row.pk

    def _needle(self, row: Any, block: Block) -> Copy | None:
        """Approach and needles of the first lesion, or of the same lesion in an earlier procedure."""
        own = list(row.procedure.treated_lesions.all())
        source, label = None, ""
        if own and own[0].pk != row.pk:
            source, label = own[0], _("Same as %(lesion)s") % {"lesion": own[0].lesion}
        else:
            for procedure in self.procedures:
                if procedure.sequence < row.procedure.sequence:
                    for other in procedure.treated_lesions.all():
                        if other.lesion_id == row.lesion_id:
                            source = other
                            label = _("As in the %(kind)s") % {"kind": procedure.get_kind_display()}
        return (
            Copy(label, editor.prefix_of(source), block.prefix, " ".join(SAME_NEEDLE))
            if source is not None
            else None
        )

    def cycle(self, row: Any) -> Row:
        block = block_of(row, self.user)
        owner = _("%(lesion)s, %(cycle)s") % {"lesion": row.treated_lesion.lesion, "cycle": row}
        return Row(block, owner, rows_of(block, ABLATION))

    def inflation(self, row: Any) -> Row:
        block = block_of(row, self.user)
        draw_as_list(block.form.fields["completeness"])
        shorten(block, "aortic_zone", ZONE_NUMERALS)
        return InflationRow(block, str(row), rows_of(block, INFLATION))

    def session(self, row: Any) -> Session:
        block = block_of(row, self.user)
        draw_as_list(block.form.fields["interval_unit"])
        shorten(block, "kind", {kind.value: kind.name for kind in codes.TransarterialKind})
        return Session(block, rows_of(block, SESSION), [self.drug(drug) for drug in row.drugs.all()])

    def drug(self, row: Any) -> Row:
        block = block_of(row, self.user)
        # The name has just been typed.
        block.form.fields["dose_mg"].widget.attrs["data-first"] = ""
        return Row(block, str(row), rows_of(block, ("name", "dose_mg")))
