"""The tying map: which weight of a network is which parameter."""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType, field

from polyconstraints.schemas.problem import Network, StatedSymmetry
from polyconstraints.schemas.types import Count, Document, Positive, Text, said

#: A label or the number of a point; a list in a sum, product or wreath product.
Address = Annotated[Any, Meta(extra_json_schema={"$ref": "#/$defs/address"})]


class CombinedPoints(Document):
    """Points made of others: one of these, in a wreath product inside a block, blocks.

    Subsets and arrangements (different points in some order) say of what, and of how many.
    """

    EXTRA: ClassVar[dict[str, Any]] = {"minProperties": 1, "maxProperties": 1}
    sum: Annotated[list["Points"], Meta(min_length=1)] | UnsetType = UNSET
    product: Annotated[list["Points"], Meta(min_length=1)] | UnsetType = UNSET
    wreath: Annotated[list["Points"], Meta(min_length=2, max_length=2)] | UnsetType = UNSET
    subsets: tuple["Points", Annotated[int, Meta(ge=1, le=16)]] | UnsetType = UNSET
    arrangements: tuple["Points", Annotated[int, Meta(ge=1, le=16)]] | UnsetType = UNSET


#: What an axis runs over: letters, so many points that stay in place, or a combination.
Points = Text | Positive | CombinedPoints


class RulePattern(Document):
    """A pattern of equal indices, with its class."""

    class_: Annotated[Count, said("The class of the weights of this pattern.")] = field(
        name="class"
    )
    at: Annotated[
        list[Address],
        said(
            "One entry for each axis; equal labels are equal letters.",
            extra_json_schema={"minItems": 2},
        ),
    ]
    text: Annotated[str, said("The pattern with letters for its indices.")] | UnsetType = UNSET
    from_: (
        Annotated[dict[str, Positive], said("The fewest letters for which the pattern exists.")]
        | UnsetType
    ) = field(name="from", default=UNSET)
    to: Annotated[dict[str, None] | None, said("No largest number.")] | UnsetType = UNSET


class LayerRule(Document):
    """The patterns of equal indices, and for which n each of them exists."""

    letters: Annotated[
        dict[str, Annotated[int, Meta(ge=1, le=10**9)]],
        said("For each symmetric group the number of letters that it permutes."),
    ]
    output: Points
    inputs: Points
    patterns: Annotated[list[RulePattern], Meta(extra_json_schema={"minItems": 1})]
    group: Annotated[Text, said("The group, with the sizes left open that are.")] | UnsetType = (
        UNSET
    )
    actions: Annotated[dict[str, str], said("How the group acts on some levels.")] | UnsetType = (
        UNSET
    )


#: Nested as the axes say.
Classes = Annotated[Any, Meta(extra_json_schema={"$ref": "#/$defs/classes"})]


class MapLayer(Document):
    """The tying of one layer: the class of each weight, or a rule that gives it."""

    EXTRA: ClassVar[dict[str, Any]] = {
        "oneOf": [
            {"required": ["classes", "free"], "properties": {"rule": False}},
            {"required": ["rule"], "properties": {"classes": False}},
        ]
    }
    name: Annotated[
        str, said("The layer, from layer0.", extra_json_schema={"pattern": "^layer[0-9]+$"})
    ]
    shape: (
        Annotated[list[Positive], said("Sizes of the axes.", extra_json_schema={"minItems": 2})]
        | UnsetType
    ) = UNSET
    axes: (
        Annotated[
            list[
                Annotated[str, Meta(extra_json_schema={"pattern": "^(output|[i-n]|i[1-9][0-9]*)$"})]
            ],
            said("Names of the axes.", extra_json_schema={"minItems": 2}),
        ]
        | UnsetType
    ) = UNSET
    classes: (
        Annotated[
            list[Classes], said("The class of each weight; -1 where there is none.", min_length=1)
        ]
        | UnsetType
    ) = UNSET
    free: (
        Annotated[
            list[Count],
            said(
                "The classes that are parameters, in the order of the parameters.",
                extra_json_schema={"uniqueItems": True},
            ),
        ]
        | UnsetType
    ) = UNSET
    dependent: (
        Annotated[
            dict[str, list[tuple[int, Positive, Count]]],
            said(
                "The other classes, each as a sum of rational multiples of free ones.",
                extra_json_schema={"propertyNames": {"pattern": "^(0|[1-9][0-9]*)$"}},
            ),
        ]
        | UnsetType
    ) = UNSET
    rule: LayerRule | UnsetType = UNSET


class MapCounts(Document):
    """What the layers amount to."""

    weights: Annotated[Positive, said("Weights of the free network.")] | UnsetType = UNSET
    distinct: Annotated[Positive, said("Classes of weights.")] | UnsetType = UNSET
    dimension: Annotated[Count, said("Parameters.")] | UnsetType = UNSET
    function_dimension: (
        Annotated[
            Count | None,
            said(
                "Dimension of the set of functions that the map's networks compute; null where it"
                " is not known."
            ),
        ]
        | UnsetType
    ) = UNSET


class Provenance(Document):
    """What made the map, and a checksum of its content; none for one written by hand."""

    program: str | UnsetType = UNSET
    version: Annotated[str, said("Version of the program.")] | UnsetType = UNSET
    command: Annotated[str, said("A command that makes the map again.")] | UnsetType = UNSET
    checksum: (
        Annotated[str, Meta(extra_json_schema={"pattern": "^sha256:[0-9a-f]{64}$"})] | UnsetType
    ) = UNSET


class TyingMap(Document):
    """Which weight of a network is which parameter."""

    schema: Literal["polyconstraints/tying-map/1"]
    network: Network
    symmetry: StatedSymmetry
    layers: Annotated[
        list[MapLayer], said("The layers, from the first.", extra_json_schema={"minItems": 1})
    ]
    counts: MapCounts | UnsetType = UNSET
    provenance: Provenance | UnsetType = UNSET
