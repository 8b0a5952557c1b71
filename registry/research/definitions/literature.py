"""Publications and the numbers they print about groups."""

#: Model → field → sentence.
LITERATURE = {
    "literature.Publication": {
        "slug": "Short name of the published series the row belongs to, such as tian-2022; empty for own data.",
    },
    "literature.StudyArm": {
        "code": "Code of the group within the publication; empty where the number is about the whole series.",
    },
    "literature.ReportedValue": {
        "order": "Puts the numbers of one publication in the order in which they are printed.",
        "variable": "What the number is about: the name of a variable of this codebook, or a name of the literature.",
        "category": "Part of the patients or lesions that the number is about, such as “lung” or “zone I”.",
        "time_point": "Moment that the number is about; empty where it is about none.",
        "statistic": "Which statistic the number is.",
        "value": "The number itself, in the unit of the variable.",
        "value_text": "The number as characters.",
        "denominator": "How many units of analysis the number is based on.",
        "qualifier": "How exact the number claims to be.",
        "comparison": "What a P value compares, such as “A vs B” or “baseline vs day_1”.",
        "test": "Statistical test behind a P value, as far as the paper names it.",
        "unit": "Unit in which the paper gives the number.",
        "unit_of_analysis": "What is counted or averaged: patients, lesions, punctures, needles or cycles.",
        "location": "Where in the paper the number stands, such as “Table 1”.",
        "origin": "Whether the number stands in the full document or in the abstract alone.",
        "printed": "The words or the cell of the paper that the number was read from.",
    },
}
