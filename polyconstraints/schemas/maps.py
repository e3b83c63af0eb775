"""The tying map, and the documents of `verify`, `discover` and `train`."""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType, field

from polyconstraints.schemas.types import (
    Asked,
    Count,
    Document,
    Network,
    Permutation,
    Positive,
    Size,
    Some,
    StatedSymmetry,
    Summand,
    Text,
    said,
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

    schema: Version 2 where the network has an activation, which a reader of 1 would not know.
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


# --- what is found of maps and weights ----------------------------------------------------

OneOrTwo = Annotated[list[str], Meta(min_length=1, max_length=2)]
ClassValues = Annotated[list[int], said("In ascending order of the classes.")]


class Counterexample(Document):
    """A network of the map without the symmetry; null if there is none.

    parameters: The values of the free classes of each layer.
    input: The values of the input units.
    output: The output unit, from 1, for which the two sides differ.
    moved: The output for the permuted input.
    expected: What it should be.
    prime: The numbers are residues modulo this prime; null for plain numbers.
    """

    generator: Permutation
    parameters: list[ClassValues]
    input: Some[int]
    output: Positive
    moved: int | str
    expected: int | str
    prime: Annotated[int, Meta(ge=2)] | None


class Mismatch(Document):
    """Two products of inputs that the symmetry relates and whose weights differ.

    layer: The layer, from 0.
    generator: The generator that relates them, from 0.
    weights: The weights of one product.
    images: The weights of the product that it is moved to.
    value: A sum of rational multiples of free classes.
    image: A sum of rational multiples of free classes.
    """

    layer: Count
    generator: Count
    weights: OneOrTwo
    images: OneOrTwo
    value: list[Summand]
    image: list[Summand]


class Completeness(Document):
    """Whether the map ties more than its symmetry needs.

    status: The answer.
    dimension: Parameters of the map.
    true_dimension: Dimension of all networks whose layers are symmetric.
    function_dimension: Dimension of the functions of the map.
    true_function_dimension: Dimension of the functions of all networks whose layers are symmetric.
    """

    status: Literal["complete", "complete as functions", "ties more than needed", "not known"]
    dimension: Count | None
    true_dimension: Count | None
    function_dimension: Count | None
    true_function_dimension: Count | None


class RuleSizes(Document):
    """For a map that is a rule, which numbers of letters it was checked for.

    asked: The numbers of letters that the map states.
    checked: Those that were checked, which decide for all larger ones.
    """

    asked: list[Positive]
    checked: list[Positive]


class Verification(Document):
    """Whether every network of a tying map has the symmetry that the map states.

    symmetric: The answer.
    trials: Random networks that were looked at; 0 where there is a proof layer by layer.
    prime: The arithmetic of the random check was modulo this prime; null without one.
    seed: Decides all random choices.
    degree: Degree of the outputs in parameters and inputs together.
    generators: Generators of the group, for each of which the symmetry was checked.
    error_bound: A map that is not symmetric passes with at most this probability; null where the
        answer is proved.
    counterexample: A network of the map without the symmetry; null if there is none.
    proof: How the answer is known for certain: every layer is equivariant, expanded networks are
        compared, or a counterexample; null where it is random.
    found_actions: For a proof layer by layer: for each hidden level whose units move in another
        way than the map states, by its number, the permutation of its units for each generator.
    mismatch: Two products of inputs that the symmetry relates and whose weights differ, hidden
        units moved as the map states; null if each layer is symmetric.
    completeness: Whether the map ties more than its symmetry needs; null where its layers are not
        each symmetric.
    rule: For a map that is a rule, which numbers of letters it was checked for; null for a list of
        classes.
    """

    schema: Literal["polyconstraints/verification/2"]
    symmetric: bool
    trials: Count
    prime: Annotated[int, Meta(ge=2)] | None
    seed: Count
    degree: Positive
    generators: Count
    error_bound: Annotated[float, Meta(ge=0, le=1)] | None
    counterexample: Counterexample | None
    proof: Literal["layerwise", "expansion", "counterexample"] | None
    found_actions: dict[str, list[Permutation]]
    mismatch: Mismatch | None
    completeness: Completeness | None
    rule: RuleSizes | None


class Deviation(Document):
    """A weight that is not what its class makes it.

    weight: Its name.
    value: Its value.
    tied: What its class makes it; null where it overflows.
    difference: How far it is off; null where it overflows.
    """

    weight: str
    value: float
    tied: float | None
    difference: float | None


class WeightCheck(Document):
    """How symmetric a network with given weights is.

    symmetric: The answer.
    tolerance: Largest relative error that counts as none.
    function_error: Largest difference of F(σx) and σF(x) in units of the largest output; null
        where outputs overflow.
    weight_error: Largest deviation of a weight from its class in units of its layer's largest
        weight; null where it overflows.
    distance: Distance to the nearest tied network; null where it overflows.
    points: Random inputs.
    seed: Decides them.
    deviating: Weights that deviate by more than the tolerance.
    deviations: The largest of them, in descending order.
    proof: Whether the weights, taken as exact numbers, make every layer equivariant, hidden units
        permuted in some way that fits.
    """

    schema: Literal["polyconstraints/weight-check/1"]
    symmetric: bool
    tolerance: Size
    function_error: Size | None
    weight_error: Size | None
    distance: Size | None
    points: Positive
    seed: Count
    deviating: Count
    deviations: Annotated[list[Deviation], Meta(max_length=1000)]
    proof: Literal["layerwise"] | None


class FoundGroup(Document):
    """All permutations that leave the network unchanged in one sense.

    kind: Whether the outputs follow the inputs or stay.
    name: What the group is called.
    order: Number of its elements.
    generators: Generators of the group.
    hidden: For each generator, how the units of each hidden level move along, by level.
    error: The group changes no coefficient by more than that, relative to a layer's largest.
    gap: Any other permutation changes some coefficient by that at least; null if all are equal.
    complete: Whether the gap is beyond the tolerance, so that no others hold within it.
    proved: Whether the group leaves all weights as they are, exactly.
    """

    kind: Literal["equivariant", "invariant"]
    name: Text
    order: Positive
    generators: list[Permutation]
    hidden: list[dict[str, Permutation]]
    error: Size
    gap: Size | None
    complete: bool
    proved: bool


class Discovery(Document):
    """Which permutations leave a network with given weights unchanged.

    tolerance: Largest relative difference of coefficients that counts as none.
    groups: Invariance, and equivariance where it makes sense, of the layers one by one.
    functions: The same of the function, multiplied out; null where that is too large.
    """

    schema: Literal["polyconstraints/discovery/2"]
    network: Network
    tolerance: Size
    groups: Some[FoundGroup]
    functions: Some[FoundGroup] | None


class TrainingTarget(Document):
    """The function that was learnt.

    name: Its name, as --target takes it.
    formula: What it computes.
    """

    name: str
    formula: str


class TrainingLoss(Document):
    """Means of the squared errors.

    first: Of the first step's batch.
    last: Of the last step's batch.
    test: Over samples that were not trained on.
    target_variance: Variance of the target over those samples: the loss of the best constant.
    """

    first: Size
    last: Size
    test: Size
    target_variance: Size


class Training(Asked):
    """What came of training a tied network.

    backend: What computed.
    path: How layers were computed, as --path takes it.
    dtype: Precision of parameters and samples.
    samples: Training samples.
    steps: Training steps.
    batch: Samples of one step.
    optimizer: What made the steps.
    learning_rate: Size of the steps.
    seed: What decided all random choices.
    parameters: Free parameters of all layers.
    symmetry_error: Largest deviation from the symmetry over the group's generators and some
        samples, relative to the largest output.
    curve: Steps, from 0, and the losses of their batches; at most 201 of them, evenly spaced.
    """

    schema: Literal["polyconstraints/training/1"]
    target: TrainingTarget
    backend: Literal["numpy", "torch", "jax"]
    path: Literal["structure", "auto", "gather"]
    dtype: Literal["float64", "float32"]
    samples: Positive
    steps: Positive
    batch: Positive
    optimizer: Literal["adam", "sgd"]
    learning_rate: Annotated[float, Meta(gt=0)]
    seed: Count
    parameters: Count
    loss: TrainingLoss
    symmetry_error: Size
    curve: Some[tuple[Count, Size]]
