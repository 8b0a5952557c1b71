"""What each variable means, in a sentence of its own: fields by model, derived values, and columns of several rows.

In English only: the sentences go into codebooks and files. What a declaration says itself (a field's ``help_text``,
the ``source`` of a derived value) is not repeated here; it is read from there and follows the sentence.
"""

from registry.research.definitions.cases import CASES
from registry.research.definitions.columns import COLUMNS
from registry.research.definitions.literature import LITERATURE
from registry.research.definitions.outcomes import OUTCOMES
from registry.research.definitions.procedures import PROCEDURES

#: ``cases.Lesion.volume_ml`` → its sentence.
DECLARATIONS = {
    f"{model}.{name}": sentence
    for floor in (LITERATURE, CASES, PROCEDURES, OUTCOMES)
    for model, sentences in floor.items()
    for name, sentence in sentences.items()
}

__all__ = ["COLUMNS", "DECLARATIONS"]
