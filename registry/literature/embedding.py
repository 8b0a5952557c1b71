"""Where higher floors add what they know to the literature's resources."""

from registry.core.api.embedding import Embedding

#: Filters of the sources of values: whose values they are is known upstairs.
SOURCE_VALUES = Embedding()
