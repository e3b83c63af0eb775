"""What most documents are about: a network and its symmetry."""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, UnsetType

from polyconstraints.schemas.types import (
    Count,
    Document,
    Permutation,
    Positive,
    Text,
    said,
    schema_only,
)

__all__ = [
    "Network",
    "OpenNetwork",
    "OpenSymmetry",
    "RowsNetwork",
    "RowsSymmetry",
    "StatedSymmetry",
    "Symmetry",
]

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
Imposed = Annotated[Count, said("Number of permutations that are imposed.")]


class _AnyNetwork(Document, kw_only=True):
    """What networks of different sizes have in common."""

    depth: Annotated[Positive, said("Number d of layers.")]
    layer: Annotated[
        str,
        said(
            "What the layers sum, products of two units, single units or products of as many as "
            "the degree says: one kind for all layers, or d of them.",
            extra_json_schema={"pattern": rf"^{_KIND}(,{_KIND})*$"},
        ),
    ]
    indices: Annotated[
        Literal["ordered", "redundant"],
        said("Weights of a product: one for all orders of its units, i >= j, or one for each."),
    ]
    bias: Annotated[bool, said("Whether every layer also reads the homogenising unit, which is 1.")]
    channels: Annotated[
        list[Positive],
        said("Channels of each component, level by level from input to output.", min_length=2),
    ]
    activation: (
        Annotated[str, said("A polynomial in z that every hidden unit passes through.")] | UnsetType
    ) = UNSET


class Network(_AnyNetwork, kw_only=True):
    """The network.

    Units are numbered component by component, unit = component * channels + channel. With a bias
    index 0 of a layer's inputs is the homogenising unit o_0 = 1 and units count from 1 there;
    without one index 0 is the first unit.
    """

    inputs: Annotated[Positive, said("Number n of interchangeable input components.")]
    widths: Annotated[
        list[Positive],
        said("Components of each level, d + 1 numbers from input to output.", min_length=2),
    ]


class OpenNetwork(_AnyNetwork, kw_only=True):
    """The network, for every number of inputs."""

    inputs: Annotated[Literal["any"], said("The number of inputs is left open.")]


class RowsNetwork(_AnyNetwork, kw_only=True):
    """What the networks of all rows have in common."""

    EXTRA: ClassVar[dict[str, Any]] = {"properties": {"inputs": False, "widths": False}}
    hidden: (
        Annotated[list[Positive], said("Hidden widths, where they were given: otherwise n each.")]
        | UnsetType
    ) = UNSET


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
