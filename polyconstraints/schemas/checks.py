"""The documents of `verify`, `discover` and `train`."""

from typing import Annotated, Literal

from msgspec import Meta

from polyconstraints.schemas.problem import Network, Symmetry
from polyconstraints.schemas.types import Count, Document, Permutation, Positive, Size, Text, said


class Counterexample(Document):
    """A network of the map without the symmetry; null if there is none."""

    generator: Permutation
    parameters: Annotated[
        list[Annotated[list[int], said("In ascending order of the classes.")]],
        said("The values of the free classes of each layer."),
    ]
    input: Annotated[list[int], said("The values of the input units.", min_length=1)]
    output: Annotated[Positive, said("The output unit, from 1, for which the two sides differ.")]
    moved: Annotated[int | str, said("The output for the permuted input.")]
    expected: Annotated[int | str, said("What it should be.")]
    prime: Annotated[
        Annotated[int, Meta(ge=2)] | None,
        said("The numbers are residues modulo this prime; null for plain numbers."),
    ]


class Mismatch(Document):
    """Two products of inputs that the symmetry relates and whose weights differ."""

    layer: Annotated[Count, said("The layer, from 0.")]
    generator: Annotated[Count, said("The generator that relates them, from 0.")]
    weights: Annotated[list[str], said("The weights of one product.", min_length=1, max_length=2)]
    images: Annotated[
        list[str],
        said("The weights of the product that it is moved to.", min_length=1, max_length=2),
    ]
    value: Annotated[
        list[tuple[int, Positive, Count]], said("A sum of rational multiples of free classes.")
    ]
    image: Annotated[
        list[tuple[int, Positive, Count]], said("A sum of rational multiples of free classes.")
    ]


class Completeness(Document):
    """Whether the map ties more than its symmetry needs."""

    status: Annotated[
        Literal["complete", "complete as functions", "ties more than needed", "not known"],
        said("The answer."),
    ]
    dimension: Annotated[Count | None, said("Parameters of the map.")]
    true_dimension: Annotated[
        Count | None, said("Dimension of all networks whose layers are symmetric.")
    ]
    function_dimension: Annotated[Count | None, said("Dimension of the functions of the map.")]
    true_function_dimension: Annotated[
        Count | None, said("Dimension of the functions of all networks whose layers are symmetric.")
    ]


class RuleSizes(Document):
    """For a map that is a rule, which numbers of letters it was checked for."""

    asked: Annotated[list[Positive], said("The numbers of letters that the map states.")]
    checked: Annotated[
        list[Positive], said("Those that were checked, which decide for all larger ones.")
    ]


class Verification(Document):
    """Whether every network of a tying map has the symmetry that the map states."""

    schema: Literal["polyconstraints/verification/2"]
    symmetric: Annotated[bool, said("The answer.")]
    trials: Annotated[
        Count,
        said("Random networks that were looked at; 0 where there is a proof layer by layer."),
    ]
    prime: Annotated[
        Annotated[int, Meta(ge=2)] | None,
        said("The arithmetic of the random check was modulo this prime; null without one."),
    ]
    seed: Annotated[Count, said("Decides all random choices.")]
    degree: Annotated[Positive, said("Degree of the outputs in parameters and inputs together.")]
    generators: Annotated[
        Count, said("Generators of the group, for each of which the symmetry was checked.")
    ]
    error_bound: Annotated[
        Annotated[float, Meta(ge=0, le=1)] | None,
        said(
            "A map that is not symmetric passes with at most this probability; null where the "
            "answer is proved."
        ),
    ]
    counterexample: Annotated[
        Counterexample | None,
        said("A network of the map without the symmetry; null if there is none."),
    ]
    proof: Annotated[
        Literal["layerwise", "expansion", "counterexample"] | None,
        said(
            "How the answer is known for certain: every layer is equivariant, expanded networks "
            "are compared, or a counterexample; null where it is random."
        ),
    ]
    found_actions: Annotated[
        dict[str, list[Permutation]],
        said(
            "For a proof layer by layer: for each hidden level whose units move in another way "
            "than the map states, by its number, the permutation of its units for each generator."
        ),
    ]
    mismatch: Annotated[
        Mismatch | None,
        said(
            "Two products of inputs that the symmetry relates and whose weights differ, hidden "
            "units moved as the map states; null if each layer is symmetric."
        ),
    ]
    completeness: Annotated[
        Completeness | None,
        said(
            "Whether the map ties more than its symmetry needs; null where its layers are not"
            " each symmetric."
        ),
    ]
    rule: Annotated[
        RuleSizes | None,
        said(
            "For a map that is a rule, which numbers of letters it was checked for; null for "
            "a list of classes."
        ),
    ]


class Deviation(Document):
    """A weight that is not what its class makes it."""

    weight: Annotated[str, said("Its name.")]
    value: Annotated[float, said("Its value.")]
    tied: Annotated[float | None, said("What its class makes it; null where it overflows.")]
    difference: Annotated[float | None, said("How far it is off; null where it overflows.")]


class WeightCheck(Document):
    """How symmetric a network with given weights is."""

    schema: Literal["polyconstraints/weight-check/1"]
    symmetric: Annotated[bool, said("The answer.")]
    tolerance: Annotated[Size, said("Largest relative error that counts as none.")]
    function_error: Annotated[
        Size | None,
        said(
            "Largest difference of F(σx) and σF(x) in units of the largest output; null where"
            " outputs overflow."
        ),
    ]
    weight_error: Annotated[
        Size | None,
        said(
            "Largest deviation of a weight from its class in units of its layer's largest "
            "weight; null where it overflows."
        ),
    ]
    distance: Annotated[
        Size | None, said("Distance to the nearest tied network; null where it overflows.")
    ]
    points: Annotated[Positive, said("Random inputs.")]
    seed: Annotated[Count, said("Decides them.")]
    deviating: Annotated[Count, said("Weights that deviate by more than the tolerance.")]
    deviations: Annotated[
        list[Deviation], said("The largest of them, in descending order.", max_length=1000)
    ]
    proof: Annotated[
        Literal["layerwise"] | None,
        said(
            "Whether the weights, taken as exact numbers, make every layer equivariant, hidden "
            "units permuted in some way that fits."
        ),
    ]


class FoundPermutation(Document):
    """A permutation that leaves the network unchanged."""

    permutation: Permutation
    error: Annotated[Size, said("Relative difference of the two sides.")]
    layerwise: Annotated[
        bool, said("Whether the same permutation of every level leaves the weights unchanged, too.")
    ]


class FoundGroup(Document):
    """The permutations that leave the network unchanged in one sense."""

    kind: Annotated[
        Literal["equivariant", "invariant"], said("Whether the outputs follow the inputs or stay.")
    ]
    name: Annotated[Text, said("What the group is called.")]
    order: Annotated[Positive, said("Number of its elements.")]
    generators: Annotated[list[Permutation], said("Generators of the group.")]
    transpositions: Annotated[list[FoundPermutation], said("The transpositions in it.")]
    others: Annotated[list[FoundPermutation], said("Other permutations that were found.")]
    complete: Annotated[bool, said("Whether all permutations were tried.")]


class Discovery(Document):
    """Which permutations leave a network with given weights unchanged."""

    schema: Literal["polyconstraints/discovery/1"]
    network: Network
    tolerance: Annotated[Size, said("Largest relative error that counts as none.")]
    groups: Annotated[
        list[FoundGroup], said("Invariance, and equivariance where it makes sense.", min_length=1)
    ]


class TrainingTarget(Document):
    """The function that was learnt."""

    name: Annotated[str, said("Its name, as --target takes it.")]
    formula: Annotated[str, said("What it computes.")]


class TrainingLoss(Document):
    """Means of the squared errors."""

    first: Annotated[Size, said("Of the first step's batch.")]
    last: Annotated[Size, said("Of the last step's batch.")]
    test: Annotated[Size, said("Over samples that were not trained on.")]
    target_variance: Annotated[
        Size, said("Variance of the target over those samples: the loss of the best constant.")
    ]


class Training(Document):
    """What came of training a tied network."""

    schema: Literal["polyconstraints/training/1"]
    network: Network
    symmetry: Symmetry
    target: TrainingTarget
    backend: Annotated[Literal["numpy", "torch", "jax"], said("What computed.")]
    path: Annotated[
        Literal["structure", "auto", "dense", "gather", "classes", "power_sums"],
        said("How layers were computed, as --path takes it."),
    ]
    dtype: Annotated[Literal["float64", "float32"], said("Precision of parameters and samples.")]
    samples: Annotated[Positive, said("Training samples.")]
    steps: Annotated[Positive, said("Training steps.")]
    batch: Annotated[Positive, said("Samples of one step.")]
    optimizer: Annotated[Literal["adam", "sgd"], said("What made the steps.")]
    learning_rate: Annotated[float, said("Size of the steps.", gt=0)]
    seed: Annotated[Count, said("What decided all random choices.")]
    parameters: Annotated[Count, said("Free parameters of all layers.")]
    loss: TrainingLoss
    symmetry_error: Annotated[
        Size,
        said(
            "Largest deviation from the symmetry over the group's generators and some "
            "samples, relative to the largest output."
        ),
    ]
    curve: Annotated[
        list[tuple[Count, Size]],
        said(
            "Steps, from 0, and the losses of their batches; at most 201 of them, evenly spaced.",
            min_length=1,
        ),
    ]
