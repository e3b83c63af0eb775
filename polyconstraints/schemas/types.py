"""The types of which documents are declared.

A document is a structure with types: what a reader checks, what messages say, and the JSON
Schema that is shipped all come from its declaration.
"""

from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct

__all__ = [
    "WEIGHT_PATTERN",
    "Count",
    "Document",
    "Permutation",
    "Positive",
    "Size",
    "Text",
    "WeightName",
    "said",
]


class Document(Struct):
    """A document, or an object in one. Fields that aren't declared may stand in it."""

    #: What its JSON Schema says that types don't.
    EXTRA: ClassVar[dict[str, Any]] = {}


def said(description: str, **bounds: Any) -> Meta:
    """Return what a field means, and what bounds its value."""
    return Meta(description=description, **bounds)


WEIGHT_PATTERN = r"^W[0-9]+_[1-9][0-9]*(_[0-9]+)+$"
"""What names of weights look like."""

Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]
Size = Annotated[float, Meta(ge=0)]
Text = Annotated[str, Meta(min_length=1)]
Permutation = Annotated[
    list[Count], said("A permutation, as the images of 0, 1, 2 and so on.", min_length=1)
]
WeightName = Annotated[
    str,
    said(
        "A weight: its layer from 0, its output from 1, then the units that it multiplies, "
        "where 0 is the homogenising unit.",
        pattern=WEIGHT_PATTERN,
    ),
]
