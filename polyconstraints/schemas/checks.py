"""The documents of `verify`, `discover` and `train`."""

from typing import Annotated, Literal

from msgspec import Meta

from polyconstraints.schemas.types import (
    Count,
    Document,
    Network,
    Permutation,
    Positive,
    Size,
    Some,
    Summand,
    Symmetry,
    Text,
    said,
)

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


class FoundPermutation(Document):
    """A permutation that leaves the network unchanged.

    error: Relative difference of the two sides.
    layerwise: Whether the same permutation of every level leaves the weights unchanged, too.
    """

    permutation: Permutation
    error: Size
    layerwise: bool


class FoundGroup(Document):
    """The permutations that leave the network unchanged in one sense.

    kind: Whether the outputs follow the inputs or stay.
    name: What the group is called.
    order: Number of its elements.
    generators: Generators of the group.
    transpositions: The transpositions in it.
    others: Other permutations that were found.
    complete: Whether all permutations were tried.
    """

    kind: Literal["equivariant", "invariant"]
    name: Text
    order: Positive
    generators: list[Permutation]
    transpositions: list[FoundPermutation]
    others: list[FoundPermutation]
    complete: bool


class Discovery(Document):
    """Which permutations leave a network with given weights unchanged.

    tolerance: Largest relative error that counts as none.
    groups: Invariance, and equivariance where it makes sense.
    """

    schema: Literal["polyconstraints/discovery/1"]
    network: Network
    tolerance: Size
    groups: Some[FoundGroup]


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


class Training(Document):
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
    network: Network
    symmetry: Symmetry
    target: TrainingTarget
    backend: Literal["numpy", "torch", "jax"]
    path: Literal["structure", "auto", "dense", "gather", "classes", "power_sums"]
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
