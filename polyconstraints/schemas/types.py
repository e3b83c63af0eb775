"""The types of which documents are declared, and what most are about: a network, a symmetry.

A document is a structure with types: what a reader checks, what messages say, and the JSON
Schema that is shipped all come from its declaration. The meaning of its fields stands in its
docstring, in lines ``field: Meaning.``, from which the JSON Schema takes it.
"""

from typing import Annotated, Any, ClassVar, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType


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

# --- what most documents are about ---------------------------------------------------------

_KIND = "(quadratic|linear|cubic|[1-9][0-9]*)"

Scope = Annotated[
    Literal["layer", "network"],
    said("Whether every layer has the symmetry, or only the whole network."),
]
Compare = Annotated[
    Literal["function", "paper", "tensor"],
    said("Which coefficients are equated; the choices differ for redundant indices only."),
]
Actions = Annotated[
    dict[str, list[Permutation]], schema_only(propertyNames={"pattern": "^[1-9][0-9]*$"})
]
Levels = Annotated[list[Positive], Meta(min_length=2)]
Imposed = Annotated[Count, said("Number of permutations that are imposed.")]


class _AnyNetwork(Document, kw_only=True):
    """What networks of different sizes have in common.

    depth: Number d of layers.
    layer: What the layers sum, products of two units, single units or products of as many as the
        degree says: one kind for all layers, or d of them.
    indices: Weights of a product: one for all orders of its units, i >= j, or one for each.
    bias: Whether every layer also reads the homogenising unit, which is 1.
    channels: Channels of each component, level by level from input to output.
    activation: A polynomial in z that every hidden unit passes through.
    """

    depth: Positive
    layer: Annotated[str, schema_only(pattern=rf"^{_KIND}(,{_KIND})*$")]
    indices: Literal["ordered", "redundant"]
    bias: bool
    channels: Levels
    activation: str | UnsetType = UNSET


class Network(_AnyNetwork, kw_only=True):
    """The network.

    Units are numbered component by component, unit = component * channels + channel. With a bias
    index 0 of a layer's inputs is the homogenising unit o_0 = 1 and units count from 1 there;
    without one index 0 is the first unit.

    inputs: Number n of interchangeable input components.
    widths: Components of each level, d + 1 numbers from input to output.
    """

    inputs: Positive
    widths: Levels


class OpenNetwork(_AnyNetwork, kw_only=True):
    """The network, for every number of inputs.

    inputs: The number of inputs is left open.
    """

    inputs: Literal["any"]


class RowsNetwork(_AnyNetwork, kw_only=True):
    """What the networks of all rows have in common.

    hidden: Hidden widths, where they were given: otherwise n each.
    """

    EXTRA: ClassVar[dict[str, Any]] = {"properties": {"inputs": False, "widths": False}}
    hidden: list[Positive] | UnsetType = UNSET


class _AnySymmetry(Document, kw_only=True):
    """What all symmetries have.

    kind: Whether the outputs follow a permutation of the inputs, or stay as they are.
    group: The group, acting on the input components: in the language of groups, or a label.
    generators: Generators of the group, where its name alone does not say which it is.
    actions: By level, if the group acts there in a way of its own: each generator's image.
    """

    kind: Literal["equivariant", "invariant"]
    group: Text
    generators: list[Permutation] | UnsetType = UNSET
    actions: Actions | UnsetType = UNSET


class Symmetry(_AnySymmetry):
    """The symmetry that is imposed."""

    scope: Scope
    compare: Compare
    permutations: Imposed


class Asked(Document, kw_only=True):
    """What documents about one network and its symmetry have."""

    network: Network
    symmetry: Symmetry


class RowsSymmetry(_AnySymmetry):
    """What the symmetries of all rows have in common."""

    scope: Scope
    compare: Compare


class StatedSymmetry(_AnySymmetry):
    """The symmetry that a map is meant to have."""

    scope: Scope | UnsetType = UNSET
    compare: Compare | UnsetType = UNSET
    permutations: Imposed | UnsetType = UNSET


class OpenSymmetry(Document):
    """The symmetry that is imposed.

    actions: How the group acts on some levels.
    """

    kind: Literal["equivariant", "invariant"]
    group: Text
    scope: Literal["layer"]
    compare: Literal["function", "tensor"]
    actions: dict[str, str] | UnsetType = UNSET
