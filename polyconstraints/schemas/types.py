"""The types of which documents are declared.

A document is a structure with types: what a reader checks, what messages say, and the JSON
Schema that is shipped all come from its declaration. The meaning of its fields stands in its
docstring, in lines ``field: Meaning.``, from
which the JSON Schema takes it.
"""

from typing import Annotated, Any, ClassVar, TypeVar

from msgspec import Meta, Struct

__all__ = [
    "WEIGHT_PATTERN",
    "Count",
    "Document",
    "Permutation",
    "Positive",
    "Size",
    "Some",
    "Summand",
    "Text",
    "WeightName",
    "said",
    "schema_only",
]


class Document(Struct):
    """A document, or an object in one. Fields that aren't declared may stand in it."""

    #: What its JSON Schema says that types don't.
    EXTRA: ClassVar[dict[str, Any]] = {}


T = TypeVar("T")


def said(description: str, **bounds: Any) -> Meta:
    """Return what a value means wherever its type stands, and what bounds it."""
    return Meta(description=description, **bounds)


def schema_only(**words: Any) -> Meta:
    """Return what only the JSON Schema says: here a reader checks it, or nobody has to."""
    return Meta(extra_json_schema=words)


WEIGHT_PATTERN = r"^W[0-9]+_[1-9][0-9]*(_[0-9]+)+$"
"""What names of weights look like."""

Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]
Size = Annotated[float, Meta(ge=0)]
Text = Annotated[str, Meta(min_length=1)]
Some = Annotated[list[T], Meta(min_length=1)]
#: Numerator, denominator and class, of a sum of rational multiples of free classes.
Summand = tuple[int, Positive, Count]
Permutation = Annotated[Some[Count], said("A permutation, as the images of 0, 1, 2 and so on.")]
WeightName = Annotated[
    str,
    said(
        "A weight: its layer from 0, its output from 1, then the units that it multiplies, "
        "where 0 is the homogenising unit.",
        pattern=WEIGHT_PATTERN,
    ),
]
