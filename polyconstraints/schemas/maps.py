"""The tying map: which weight of a network is which parameter."""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType, field

from polyconstraints.schemas.types import (
    Count,
    Document,
    Network,
    Positive,
    Some,
    StatedSymmetry,
    Summand,
    Text,
    schema_only,
)

#: A label or the number of a point; a list in a sum, product or wreath product.
Address = Annotated[Any, schema_only(**{"$ref": "#/$defs/address"})]


class CombinedPoints(Document):
    """Points made of others: one of these, in a wreath product inside a block, blocks.

    Subsets and arrangements (different points in some order) say of what, and of how many.
    """

    EXTRA: ClassVar[dict[str, Any]] = {"minProperties": 1, "maxProperties": 1}
    sum: Some["Points"] | UnsetType = UNSET
    product: Some["Points"] | UnsetType = UNSET
    wreath: Annotated[list["Points"], Meta(min_length=2, max_length=2)] | UnsetType = UNSET
    subsets: tuple["Points", Annotated[int, Meta(ge=1, le=16)]] | UnsetType = UNSET
    arrangements: tuple["Points", Annotated[int, Meta(ge=1, le=16)]] | UnsetType = UNSET


#: What an axis runs over: letters, so many points that stay in place, or a combination.
Points = Text | Positive | CombinedPoints


class RulePattern(Document):
    """A pattern of equal indices, with its class.

    class: The class of the weights of this pattern.
    at: One entry for each axis; equal labels are equal letters.
    text: The pattern with letters for its indices.
    from: The fewest letters for which the pattern exists.
    to: No largest number.
    """

    class_: Count = field(name="class")
    at: Annotated[list[Address], schema_only(minItems=2)]
    text: str | UnsetType = UNSET
    from_: dict[str, Positive] | UnsetType = field(name="from", default=UNSET)
    to: dict[str, None] | UnsetType | None = UNSET


class LayerRule(Document):
    """The patterns of equal indices, and for which n each of them exists.

    letters: For each symmetric group the number of letters that it permutes.
    group: The group, with the sizes left open that are.
    actions: How the group acts on some levels.
    """

    letters: dict[str, Annotated[int, Meta(ge=1, le=10**9)]]
    output: Points
    inputs: Points
    patterns: Annotated[list[RulePattern], schema_only(minItems=1)]
    group: Text | UnsetType = UNSET
    actions: dict[str, str] | UnsetType = UNSET


#: Nested as the axes say.
Classes = Annotated[Any, schema_only(**{"$ref": "#/$defs/classes"})]

AxisName = Annotated[str, schema_only(pattern="^(output|[i-n]|i[1-9][0-9]*)$")]
Dependent = Annotated[
    dict[str, list[Summand]], schema_only(propertyNames={"pattern": "^(0|[1-9][0-9]*)$"})
]
Checksum = Annotated[str, schema_only(pattern="^sha256:[0-9a-f]{64}$")]


class MapLayer(Document):
    """The tying of one layer: the class of each weight, or a rule that gives it.

    name: The layer, from layer0.
    shape: Sizes of the axes.
    axes: Names of the axes.
    classes: The class of each weight; -1 where there is none.
    free: The classes that are parameters, in the order of the parameters.
    dependent: The other classes, each as a sum of rational multiples of free ones.
    """

    EXTRA: ClassVar[dict[str, Any]] = {
        "oneOf": [
            {"required": ["classes", "free"], "properties": {"rule": False}},
            {"required": ["rule"], "properties": {"classes": False}},
        ]
    }
    name: Annotated[str, schema_only(pattern="^layer[0-9]+$")]
    shape: Annotated[list[Positive], schema_only(minItems=2)] | UnsetType = UNSET
    axes: Annotated[list[AxisName], schema_only(minItems=2)] | UnsetType = UNSET
    classes: Some[Classes] | UnsetType = UNSET
    free: Annotated[list[Count], schema_only(uniqueItems=True)] | UnsetType = UNSET
    dependent: Dependent | UnsetType = UNSET
    rule: LayerRule | UnsetType = UNSET


class MapCounts(Document):
    """What the layers amount to.

    weights: Weights of the free network.
    distinct: Classes of weights.
    dimension: Parameters.
    function_dimension: Dimension of the set of functions that the map's networks compute; null
        where it is not known.
    """

    weights: Positive | UnsetType = UNSET
    distinct: Positive | UnsetType = UNSET
    dimension: Count | UnsetType = UNSET
    function_dimension: Count | UnsetType | None = UNSET


class Provenance(Document):
    """What made the map, and a checksum of its content; none for one written by hand.

    version: Version of the program.
    command: A command that makes the map again.
    """

    program: str | UnsetType = UNSET
    version: str | UnsetType = UNSET
    command: str | UnsetType = UNSET
    checksum: Checksum | UnsetType = UNSET


class TyingMap(Document):
    """Which weight of a network is which parameter.

    schema: 2 where the network has an activation, which a reader of 1 would not know.
    layers: The layers, from the first.
    """

    EXTRA: ClassVar[dict[str, Any]] = {
        "if": {"properties": {"network": {"required": ["activation"]}}},
        "then": {"properties": {"schema": {"const": "polyconstraints/tying-map/2"}}},
    }
    schema: Literal["polyconstraints/tying-map/1", "polyconstraints/tying-map/2"]
    network: Network
    symmetry: StatedSymmetry
    layers: Annotated[list[MapLayer], schema_only(minItems=1)]
    counts: MapCounts | UnsetType = UNSET
    provenance: Provenance | UnsetType = UNSET
