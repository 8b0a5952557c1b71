"""Names of diagnoses in the reader's language.

The code list keeps one English label per diagnosis (``fixtures/diagnoses.yaml``): it is what exports and the API give.
Pages show it through ``shown_name``; a label that somebody has added to the list is shown as it was entered.
"""

from django.utils.translation import gettext, gettext_noop

#: The labels of ``fixtures/diagnoses.yaml``, for the catalogue; a test holds the two equal.
LABELS = (
    gettext_noop("Multiple myeloma"),
    gettext_noop("Solitary plasmacytoma"),
    gettext_noop("Osteosarcoma"),
    gettext_noop("Giant cell tumour of bone"),
    gettext_noop("Undifferentiated pleomorphic sarcoma"),
    gettext_noop("Thyroid carcinoma"),
    gettext_noop("Breast carcinoma"),
    gettext_noop("Renal cell carcinoma"),
    gettext_noop("Urothelial carcinoma"),
    gettext_noop("Hepatocellular carcinoma"),
    gettext_noop("Lung carcinoma"),
    gettext_noop("Prostate carcinoma"),
    gettext_noop("Bladder carcinoma"),
    gettext_noop("Gallbladder carcinoma"),
    gettext_noop("Colon carcinoma"),
    gettext_noop("Rectal carcinoma"),
    gettext_noop("Parotid carcinoma"),
    gettext_noop("Neuroendocrine carcinoma"),
    gettext_noop("Haemangiosarcoma"),
    gettext_noop("Chordoma"),
    gettext_noop("Chondrosarcoma"),
    gettext_noop("Ewing sarcoma"),
    gettext_noop("Sarcoma, other"),
    gettext_noop("Lymphoma"),
    gettext_noop("Melanoma"),
    gettext_noop("Haemangioma"),
    gettext_noop("Unknown primary"),
    gettext_noop("Other"),
)


def shown_name(label: str) -> str:
    """A diagnosis of the code list as the reader calls it."""
    return gettext(label) if label else ""


def labels_with(text: str) -> list[str]:
    """The labels of the code list whose name in the reader's language contains the text."""
    wanted = text.casefold()
    return [label for label in LABELS if wanted in shown_name(label).casefold()]
