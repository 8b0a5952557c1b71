"""Columns that belong to no single field: public ids, counts and what several rows give together."""

_ID = "Random public id of the {0}; the same in every table and file, so that rows can be joined."
_COUNT = "How many procedures of the kind {0} the case has; 0 where there was none."
_CYCLES = "Taken over all ablation cycles of this lesion: {0}."

#: Column → sentence; a name means the same in every table.
COLUMNS = {
    "patient_id": _ID.format("patient"),
    "case_id": _ID.format("case, one episode of treatment"),
    "lesion_id": _ID.format("lesion"),
    "procedure_id": _ID.format("procedure"),
    "treated_lesion_id": _ID.format("treatment of one lesion in one procedure"),
    "ablation_id": _ID.format("ablation cycle"),
    "balloon_inflation_id": _ID.format("balloon inflation"),
    "session_id": _ID.format("transarterial session"),
    "transarterial_drug_id": _ID.format("drug given in a session"),
    "treatment_id": _ID.format("treatment beside the procedures"),
    "assessment_id": _ID.format("assessment"),
    "complication_id": _ID.format("complication"),
    "reported_value_id": _ID.format("number printed about a group"),
    "case_count": "How many episodes of treatment the patient has in the registry.",
    "lesion_count": "How many lesions the case has.",
    "levels": "Every level that any lesion of the case involves, in anatomical order.",
    "volume_ml__sum": "Volumes of all lesions of the case together, as far as measured.",
    "volume_ml__max": "Volume of the largest lesion of the case that was measured.",
    "treatments_before": "Kinds of treatment the patient had had for the disease before the index procedure.",
    "treatments_after": "Kinds of treatment the patient had for the disease after the index procedure.",
    "transarterial_kind": "Kinds of the transarterial sessions that belong to the procedure.",
    "transarterial_agents": "Materials used for embolization in any transarterial session of the procedure.",
    "reboa__count": _COUNT.format("REBOA-assisted resection"),
    "vertebroplasty__count": _COUNT.format("vertebroplasty"),
    "sacroplasty__count": _COUNT.format("sacroplasty"),
    "rfa__count": _COUNT.format("radiofrequency ablation"),
    "ablation__count": "How many ablation cycles this lesion had in the procedure; 0 where there was none.",
    "ablation_time_min__sum": _CYCLES.format("minutes for which energy was applied"),
    "minutes_at_target_min__max": _CYCLES.format("longest time at the target temperature"),
    "temperature_mean_celsius__max": _CYCLES.format("highest of the mean temperatures"),
    "temperature_max_celsius__max": _CYCLES.format("highest temperature reached"),
    "power_w__max": _CYCLES.format("highest power"),
    "active_tip_cm__max": _CYCLES.format("longest active tip"),
    "rolloff_count__sum": _CYCLES.format("impedance roll-offs together"),
    "complication_count": (
        "How many complications the procedures of the case had; empty while a procedure has not answered."
    ),
    "major_complication_count": (
        "How many complications of SIR grade C to F the case had; empty while a procedure has not answered."
    ),
}
