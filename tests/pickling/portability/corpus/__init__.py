"""A corpus of cells of a notebook's usual kinds: `DEFINITIONS`, each with what its use must give on every Python."""

from corpus.classes import CLASSES
from corpus.composed import COMPOSED
from corpus.corners import CORNERS
from corpus.dataclasses_ import DATACLASSES
from corpus.decorators import DECORATORS
from corpus.definition import Definition
from corpus.enums import ENUMS
from corpus.functions import FUNCTIONS
from corpus.library import LIBRARY
from corpus.more_classes import MORE_CLASSES
from corpus.packages import PACKAGES
from corpus.syntax import SYNTAX

DEFINITIONS: list[Definition] = [
    *FUNCTIONS,
    *CLASSES,
    *MORE_CLASSES,
    *DATACLASSES,
    *ENUMS,
    *DECORATORS,
    *LIBRARY,
    *SYNTAX,
    *CORNERS,
    *COMPOSED,
    *PACKAGES,
]
