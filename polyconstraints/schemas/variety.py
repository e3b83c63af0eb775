"""The documents of `strata` and `plot`."""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType, field

from polyconstraints.schemas.types import (
    Asked,
    Count,
    Document,
    Network,
    Positive,
    Some,
    StatedSymmetry,
    Summand,
    Text,
    WeightName,
    said,
)

#: By name: a partition of n such as [2,1], a dimension and letters such as 2b, permutation, or free
#: for what nothing binds.
Multiplicities = dict[
    Annotated[
        str,
        Meta(pattern=r"^(\[[1-9][0-9]*(,[1-9][0-9]*)*\]|[1-9][0-9]*[a-z]+|permutation|free)$"),
    ],
    Count,
]

Probability = Annotated[float, Meta(ge=0, le=1)]
Cell = Annotated[int, said("Class of the weight; -1 where there is none.", ge=-1)]
Unit = Annotated[Count, said("A unit; 0 is the homogenising one.")]
AxisName = Annotated[str, Meta(pattern=r"^(output|[i-n]|i[1-9][0-9]*)$")]


class FixedParameter(Document):
    """A parameter with its value."""

    layer: Count
    weight: WeightName
    value: Literal[0, 1]


class GaugeFixing(Document):
    """Parameters that can be fixed without losing functions, if asked for.

    remaining: How many parameters still cannot be learnt apart.
    """

    fixed: list[FixedParameter]
    remaining: Count


class StratumEntry(Document):
    """One stratum.

    number: Place in the list of choices, from 1.
    hidden: What each hidden level carries.
    attained: What the functions of each hidden level span, modulo constants.
    weight_dimension: Dimension of the stratum in the space of weights.
    plain_weight_dimension: The same without the relations between hidden functions.
    tangent_dimension: Dimension of the variety's tangent space at a random point.
    function_dimension: Dimension of the set of functions; null where it isn't known.
    parameters: Distinct weights of the equivariant layers.
    gauge: How many of them cannot be learnt apart; null where it isn't known.
    confirmed: Whether two primes with different random choices agree.
    component: Whether the closure is an irreducible component, as certainty says; false where that
        isn't known.
    certainty: Almost surely where null spaces at random points enter the weight dimension; null
        where nothing is claimed.
    error_bound: Probability of an error where the certainty is almost surely.
    """

    number: Count
    hidden: list[Multiplicities]
    attained: list[Multiplicities]
    weight_dimension: Count
    plain_weight_dimension: Count
    tangent_dimension: Count
    function_dimension: Count | None
    parameters: Count
    gauge: Count | None
    confirmed: bool
    component: bool
    certainty: Literal["proved", "almost surely"] | None
    error_bound: Probability | None
    gauge_fixing: GaugeFixing | UnsetType = UNSET


class Reduction(Document):
    """The equations solved by case distinction, if asked for.

    blocks: Blocks of equations without a common variable.
    branches: Branches of each block.
    open: Branches whose dimension is not known.
    dimension: Dimension of the variety, proved; null where it isn't.
    """

    blocks: Count
    branches: list[Count]
    open: Count
    dimension: int | None


class Groebner(Document):
    """What a Gröbner basis says."""

    system: str
    prime: int
    dimension: int
    degree: int


class Component(Document):
    """One component.

    generators: Generators of the prime ideal, with residues as coefficients.
    stratum: The stratum that fills the component; null where none does.
    strata_inside: All strata that lie in it.
    remark: For a component that no stratum fills: what its random points are.
    """

    dimension: Annotated[int, Meta(ge=-1)]
    degree: Count
    generators: list[Text]
    stratum: int | None
    strata_inside: list[int]
    remark: str


class Decomposition(Document):
    """The irreducible components that a computer algebra system found."""

    system: Literal["macaulay2", "singular"]
    version: str
    prime: int
    components: list[Component]
    checked_by_substitution: bool


class Strata(Asked):
    """The strata of a network of which only the whole must be symmetric.

    weights: Weights of the network.
    complete: Whether the strata are all choices of what hidden levels carry, each closure once.
    field: Over which the representations are irreducible.
    strata: The strata that were measured.
    open_question: What stays unknown, and what would answer it; empty if nothing does.
    """

    schema: Literal["polyconstraints/strata/2"]
    weights: Positive
    complete: bool
    field: Literal["rational", "complex"]
    strata: list[StratumEntry]
    reduction: Reduction | UnsetType = UNSET
    groebner: Groebner | UnsetType = UNSET
    decomposition: Decomposition | UnsetType = UNSET
    open_question: str | UnsetType = UNSET


#: A fraction, as Python writes it.
Fraction = Annotated[str, Meta(pattern=r"^-?[0-9]{1,200}(/[1-9][0-9]{0,199})?$")]


class FoundFamily(Document):
    """Points of one kind that a search found, and one of them.

    verdict: Whether the points lie on a listed stratum, are proved to lie on a component beside,
        or neither is known.
    points: How many were found.
    stratum: What the hidden levels of the listed stratum carry; null where there is none.
    hidden: What the functions of each hidden level carry.
    computed: What the functions carry that each layer above the first can compute.
    leading: How many functions of each hidden level are independent in the largest degree.
    weights: Those of one point, (outputs, products) a layer, products in the order of the weights.
    family_dimension: Dimension of the family that is made from the point by changes of hidden
        units, by changes of inputs that commute with the group, by other last layers, and by what
        the next layer doesn't read.
    tangent_dimension: Dimension of the variety's tangent space at the point.
    function_dimension: Dimension of the functions that the tangent space moves through.
    component: Whether both dimensions agree, which proves that the family fills a component.
    """

    verdict: Literal["listed", "new", "neither"]
    points: Positive
    stratum: list[Multiplicities] | None
    hidden: list[Text]
    computed: list[Text]
    leading: list[Count]
    weights: list[list[list[Fraction]]]
    family_dimension: Count
    tangent_dimension: Count
    function_dimension: Count
    component: bool


class Search(Document):
    """Random points of the variety of symmetric networks.

    seed: Decides the starts.
    starts: Random starts.
    solutions: Starts from which a solution was reached.
    points: Solutions near which a rational one was found.
    families: What the points are, kinds with most points first.
    """

    schema: Literal["polyconstraints/search/1"]
    network: Network
    symmetry: StatedSymmetry
    seed: Count
    starts: Count
    solutions: Count
    points: Count
    families: list[FoundFamily]


class TriedAction(Document):
    """What is known of networks whose hidden levels carry one action of the group.

    hidden: What each hidden level carries.
    outcome: Rational weights were found; or it is proved that complex ones exist, or that none do.
    system: What found a Gröbner basis; null where none was asked for.
    weights: Those of a network with the function, (outputs, products) a layer; null where none
        were found.
    """

    hidden: list[Multiplicities]
    outcome: Literal["weights", "solvable", "impossible", "not known"]
    system: Literal["macaulay2", "singular", "sympy"] | None
    weights: list[list[list[Fraction]]] | None


class Layerwise(Document):
    """Whether some network with equivariant layers computes a function.

    layerwise: The answer; null where it isn't known.
    actions: The action for which weights were found; otherwise all those that hold every other one.
    """

    schema: Literal["polyconstraints/layerwise/1"]
    layerwise: bool | None
    actions: list[TriedAction]


class PlottedClass(Document):
    """A class, with its mark in the picture.

    class: Number of the class in the tying map.
    color: Its colour.
    hatch: Its kind of hatching; 0 is none.
    size: How many weights it has.
    pattern: Which indices are equal in its weights and in no others; null where no pattern says
        so.
    dependent: The sum of free classes that it is, as [numerator, denominator, class]; null for a
        parameter.
    """

    class_: Count = field(name="class")
    color: Annotated[str, Meta(pattern=r"^#[0-9a-f]{6}$")]
    hatch: Annotated[int, Meta(ge=0, le=7)]
    size: Positive
    representative: WeightName
    pattern: str | None
    dependent: list[Summand] | None


class PlottedLayer(Document):
    """One layer in blocks.

    layer: Place of the layer, from 0.
    axes: Axes of the weight array.
    outputs: The outputs that are shown, from 1.
    rows: What numbers the rows: i, or the output of a linear layer.
    columns: What numbers the columns: j, or i of a linear layer.
    cells: Blocks, rows and columns.
    classes: All classes of the layer.
    """

    layer: Count
    axes: Annotated[list[AxisName], Meta(min_length=2)]
    outputs: Some[Positive]
    rows: Some[Text]
    columns: Some[Text]
    cells: Some[list[list[Cell]]]
    classes: Some[PlottedClass]


class BlocksPlot(Asked, tag_field="view", tag="blocks"):
    """The weights in blocks.

    layers: The layers that are shown.
    """

    schema: Literal["polyconstraints/plot/1"]
    layers: Some[PlottedLayer]


class PlottedLevel(Document):
    """The units of one level.

    level: Place of the level, from 0.
    units: The units that are drawn.
    not_drawn: How many are not.
    """

    level: Count
    units: list[Unit]
    not_drawn: Count


class PlottedEdge(Document):
    """A weight between units.

    source: The units that the weight multiplies.
    target: The output unit.
    class: The weight's class.
    """

    source: Some[Count]
    target: Positive
    weight: WeightName
    class_: Count = field(name="class")


class PlottedEdges(Document):
    """The weights of one layer.

    layer: Place of the layer, from 0.
    edges: The weights between units that are drawn.
    """

    layer: Count
    edges: list[PlottedEdge]
    classes: Some[PlottedClass]


class GraphPlot(Asked, tag_field="view", tag="graph"):
    """The network as a graph.

    levels: Levels from input to output.
    """

    schema: Literal["polyconstraints/plot/1"]
    levels: Annotated[list[PlottedLevel], Meta(min_length=2)]
    layers: Some[PlottedEdges]


class PlottedStratum(Document):
    """A stratum as a node.

    hidden: Representation of each hidden layer, with multiplicities.
    weight_dimension: Dimension of the weights.
    tangent_dimension: Dimension of the tangent space.
    function_dimension: Dimension of the functions.
    component: Whether it is proved to be a component.
    same_closure: Other strata with the same closure.
    """

    hidden: list[dict[str, Positive]]
    weight_dimension: Count
    tangent_dimension: Count | None
    function_dimension: Count | None
    component: bool | None
    same_closure: list[Text]


class StratumEdge(Document):
    """A line between nodes.

    upper: Place among the nodes.
    lower: Place among the nodes.
    """

    upper: Count
    lower: Count


class StrataPlot(Document, tag_field="view", tag="strata"):
    """The strata as a graph.

    network: The network, as the document of strata has it.
    symmetry: The symmetry, as the document of strata has it.
    weights: Weights of the network.
    nodes: The strata.
    relation: What an edge stands for: more functions above.
    edges: Lines between nodes.
    """

    schema: Literal["polyconstraints/plot/1"]
    network: dict[str, Any]
    symmetry: dict[str, Any]
    weights: Count
    nodes: list[PlottedStratum]
    relation: Literal["functions"]
    edges: list[StratumEdge]


Plot = BlocksPlot | GraphPlot | StrataPlot


class GenericFibre(Document):
    """The parameters that give one function, scalings of hidden units fixed, modulo a prime.

    dimension: 0 where they are finitely many.
    degree: Their number where they are finitely many.
    symmetries: Permutations of hidden units.
    identifiable: Whether degree = symmetries in dimension 0.
    system: What computed it.
    """

    dimension: Count
    degree: Count
    symmetries: Positive
    identifiable: bool
    system: Literal["macaulay2", "singular", "sympy"]
    prime: Positive


class Architecture(Document, kw_only=True):
    """The neurovariety of one architecture of linear layers with an activation.

    widths: Widths from input to output.
    activation: A polynomial in z, applied to hidden units.
    parameters: Entries of the matrices.
    dimension: The largest rank found, a lower bound in any case.
    expected: The upper bound by counting parameters.
    ambient: Dimension of all functions of these degrees.
    defect: expected - dimension.
    filling: Whether dimension = ambient.
    status: Proved where dimension = expected.
    threshold: Least t with the largest dimension for z^r for every r > t; null if not known.
    """

    widths: list[Positive]
    activation: Text
    parameters: Count
    dimension: Count
    expected: Count
    ambient: Count
    defect: Count
    filling: bool
    status: Literal["proved", "almost surely"]
    threshold: Count | None
    fibre: GenericFibre | UnsetType = UNSET


class SignedStratumEntry(Document):
    """A stratum of symmetric networks with activation z^r.

    hidden: The signed permutation action of each hidden level, and free units.
    parameters: Dimension of the equivariant layers.
    function_dimension: Dimension of the set of functions; null where it isn't known.
    gauge: weight_dimension - function_dimension.
    component: Whether the closure is an irreducible component, as certainty says.
    certainty: Almost surely where null spaces at random points enter the weight dimension; null
        where nothing is claimed.
    error_bound: Probability of an error where the certainty is almost surely.
    """

    hidden: list[Text]
    parameters: Count
    weight_dimension: Count
    tangent_dimension: Count
    function_dimension: Count | None
    gauge: Count | None
    component: bool
    certainty: Literal["proved", "almost surely"] | None
    error_bound: Probability | UnsetType | None = UNSET


class Dimension(Document, kw_only=True):
    """One architecture, several of them, or the strata of a symmetric one."""

    EXTRA: ClassVar[dict[str, Any]] = {
        "anyOf": [
            {"$ref": "#/$defs/Architecture"},
            {"required": ["architectures"]},
            {"required": ["strata", "group", "widths", "activation"]},
        ]
    }
    schema: Literal["polyconstraints/dimension/2"]
    widths: list[Positive] | UnsetType = UNSET
    activation: Text | UnsetType = UNSET
    architectures: list[Architecture] | UnsetType = UNSET
    group: Text | UnsetType = UNSET
    strata: list[SignedStratumEntry] | UnsetType = UNSET
