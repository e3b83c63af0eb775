"""The documents of `strata` and `plot`."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field

from polyconstraints.schemas.problem import Network, Symmetry
from polyconstraints.schemas.types import Count, Document, Positive, Text, WeightName, said

#: By name: a partition of n such as [2,1], permutation, or free for what nothing binds.
Multiplicities = dict[
    Annotated[str, Meta(pattern=r"^(\[[1-9][0-9]*(,[1-9][0-9]*)*\]|permutation|free)$")], Count
]


class FixedParameter(Document):
    """A parameter with its value."""

    layer: Count
    weight: WeightName
    value: Literal[0, 1]


class GaugeFixing(Document):
    """Parameters that can be fixed without losing functions, if asked for."""

    fixed: list[FixedParameter]
    remaining: Annotated[Count, said("How many parameters still cannot be learnt apart.")]


class StratumEntry(Document):
    """One stratum."""

    number: Annotated[Count, said("Place in the list of choices, from 1.")]
    hidden: Annotated[
        list[Multiplicities],
        said("What each hidden level carries."),
    ]
    attained: Annotated[
        list[Multiplicities],
        said("What the functions of each hidden level span, modulo constants."),
    ]
    weight_dimension: Annotated[Count, said("Dimension of the stratum in the space of weights.")]
    plain_weight_dimension: Annotated[
        Count, said("The same without the relations between hidden functions.")
    ]
    tangent_dimension: Annotated[
        Count, said("Dimension of the variety's tangent space at a random point.")
    ]
    function_dimension: Annotated[
        Count | None, said("Dimension of the set of functions; null where it isn't known.")
    ]
    parameters: Annotated[Count, said("Distinct weights of the equivariant layers.")]
    gauge: Annotated[
        Count | None, said("How many of them cannot be learnt apart; null where it isn't known.")
    ]
    confirmed: Annotated[bool, said("Whether two primes with different random choices agree.")]
    component: Annotated[
        bool,
        said(
            "Whether the closure is proved to be an irreducible component; false where it "
            "isn't proved."
        ),
    ]
    gauge_fixing: GaugeFixing | UnsetType = UNSET


class Reduction(Document):
    """The equations solved by case distinction, if asked for."""

    blocks: Annotated[Count, said("Blocks of equations without a common variable.")]
    branches: Annotated[list[Count], said("Branches of each block.")]
    open: Annotated[Count, said("Branches whose dimension is not known.")]
    dimension: Annotated[int | None, said("Dimension of the variety, proved; null where it isn't.")]


class Groebner(Document):
    """What a Gröbner basis says."""

    system: str
    prime: int
    dimension: int
    degree: int


class Component(Document):
    """One component."""

    dimension: Annotated[int, Meta(ge=-1)]
    degree: Count
    generators: Annotated[
        list[Text], said("Generators of the prime ideal, with residues as coefficients.")
    ]
    stratum: Annotated[
        int | None, said("The stratum that fills the component; null where none does.")
    ]
    strata_inside: Annotated[list[int], said("All strata that lie in it.")]
    remark: Annotated[
        str, said("For a component that no stratum fills: what its random points are.")
    ]


class Decomposition(Document):
    """The irreducible components that a computer algebra system found."""

    system: Literal["macaulay2", "singular"]
    version: str
    prime: int
    components: list[Component]
    checked_by_substitution: bool


class Strata(Document):
    """The strata of a network of which only the whole must be symmetric."""

    schema: Literal["polyconstraints/strata/1"]
    network: Network
    symmetry: Symmetry
    weights: Annotated[Positive, said("Weights of the network.")]
    choices: Annotated[
        Count,
        said(
            "How many choices of hidden representations there are; more than strata are "
            "listed if a limit was set."
        ),
    ]
    strata: Annotated[
        list[StratumEntry], said("The strata that were measured, in the order of the choices.")
    ]
    reduction: Reduction | UnsetType = UNSET
    groebner: Groebner | UnsetType = UNSET
    decomposition: Decomposition | UnsetType = UNSET
    open_question: (
        Annotated[str, said("What stays unknown, and what would answer it; empty if nothing does.")]
        | UnsetType
    ) = UNSET


class PlottedClass(Document):
    """A class, with its mark in the picture."""

    class_: Annotated[Count, said("Number of the class in the tying map.")] = field(name="class")
    color: Annotated[str, said("Its colour.", pattern=r"^#[0-9a-f]{6}$")]
    hatch: Annotated[int, said("Its kind of hatching; 0 is none.", ge=0, le=7)]
    size: Annotated[Positive, said("How many weights it has.")]
    representative: WeightName
    pattern: Annotated[
        str | None,
        said(
            "Which indices are equal in its weights and in no others; null where no pattern "
            "says so."
        ),
    ]
    dependent: Annotated[
        list[tuple[int, Positive, Count]] | None,
        said(
            "The sum of free classes that it is, as [numerator, denominator, class]; null for"
            " a parameter."
        ),
    ]


class PlottedLayer(Document):
    """One layer in blocks."""

    layer: Annotated[Count, said("Place of the layer, from 0.")]
    axes: Annotated[
        list[Annotated[str, Meta(pattern=r"^(output|[i-n]|i[1-9][0-9]*)$")]],
        said("Axes of the weight array.", min_length=2),
    ]
    outputs: Annotated[list[Positive], said("The outputs that are shown, from 1.", min_length=1)]
    rows: Annotated[
        list[Text], said("What numbers the rows: i, or the output of a linear layer.", min_length=1)
    ]
    columns: Annotated[
        list[Text], said("What numbers the columns: j, or i of a linear layer.", min_length=1)
    ]
    cells: Annotated[
        list[
            list[list[Annotated[int, said("Class of the weight; -1 where there is none.", ge=-1)]]]
        ],
        said("Blocks, rows and columns.", min_length=1),
    ]
    classes: Annotated[list[PlottedClass], said("All classes of the layer.", min_length=1)]


class BlocksPlot(Document, tag_field="view", tag="blocks"):
    """The weights in blocks."""

    schema: Literal["polyconstraints/plot/1"]
    network: Network
    symmetry: Symmetry
    layers: Annotated[list[PlottedLayer], said("The layers that are shown.", min_length=1)]


class PlottedLevel(Document):
    """The units of one level."""

    level: Annotated[Count, said("Place of the level, from 0.")]
    units: Annotated[
        list[Annotated[Count, said("A unit; 0 is the homogenising one.")]],
        said("The units that are drawn."),
    ]
    not_drawn: Annotated[Count, said("How many are not.")]


class PlottedEdge(Document):
    """A weight between units."""

    source: Annotated[
        list[Count], said("The units that the weight multiplies.", min_length=1, max_length=2)
    ]
    target: Annotated[Positive, said("The output unit.")]
    weight: WeightName
    class_: Annotated[Count, said("The weight's class.")] = field(name="class")


class PlottedEdges(Document):
    """The weights of one layer."""

    layer: Annotated[Count, said("Place of the layer, from 0.")]
    edges: Annotated[list[PlottedEdge], said("The weights between units that are drawn.")]
    classes: Annotated[list[PlottedClass], Meta(min_length=1)]


class GraphPlot(Document, tag_field="view", tag="graph"):
    """The network as a graph."""

    schema: Literal["polyconstraints/plot/1"]
    network: Network
    symmetry: Symmetry
    levels: Annotated[list[PlottedLevel], said("Levels from input to output.", min_length=2)]
    layers: Annotated[list[PlottedEdges], Meta(min_length=1)]


class PlottedStratum(Document):
    """A stratum as a node."""

    hidden: Annotated[
        list[dict[str, Positive]], said("Representation of each hidden layer, with multiplicities.")
    ]
    weight_dimension: Annotated[Count, said("Dimension of the weights.")]
    tangent_dimension: Annotated[Count | None, said("Dimension of the tangent space.")]
    function_dimension: Annotated[Count | None, said("Dimension of the functions.")]
    component: Annotated[bool | None, said("Whether it is proved to be a component.")]
    same_closure: Annotated[list[Text], said("Other strata with the same closure.")]


class StratumEdge(Document):
    """A line between nodes."""

    upper: Annotated[Count, said("Place among the nodes.")]
    lower: Annotated[Count, said("Place among the nodes.")]


class StrataPlot(Document, tag_field="view", tag="strata"):
    """The strata as a graph."""

    schema: Literal["polyconstraints/plot/1"]
    network: Annotated[dict[str, Any], said("The network, as the document of strata has it.")]
    symmetry: Annotated[dict[str, Any], said("The symmetry, as the document of strata has it.")]
    weights: Annotated[Count, said("Weights of the network.")]
    nodes: Annotated[list[PlottedStratum], said("The strata.")]
    relation: Annotated[
        Literal["functions", "exchange"],
        said("What an edge stands for: more functions above, or an exchange of representations."),
    ]
    edges: Annotated[list[StratumEdge], said("Lines between nodes.")]


Plot = BlocksPlot | GraphPlot | StrataPlot
