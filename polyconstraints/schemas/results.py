"""The documents of `derive`, `table`, `expand`, `groups` and `reproduce`."""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType, field

from polyconstraints.schemas.problem import (
    Network,
    OpenNetwork,
    OpenSymmetry,
    RowsNetwork,
    RowsSymmetry,
    Symmetry,
)
from polyconstraints.schemas.types import (
    WEIGHT_PATTERN,
    Count,
    Document,
    Permutation,
    Positive,
    Size,
    Text,
    WeightName,
    said,
)


class EqualityCounts(Document):
    """How many equalities there are; in layer scope sums over the layers."""

    total: Annotated[Count, said("Comparisons, without those that hold by themselves.")]
    distinct: Annotated[
        Count, said("Without repeats up to the order of the two sides; the sum of the three kinds.")
    ]
    rank: Annotated[Count, said("Linear rank of the equalities.")]
    simple: Annotated[Count, said("Those that equate two single weights.")]
    linear: Annotated[Count, said("Those that are linear but not simple.")]
    polynomial: Annotated[Count, said("The rest.")]


class WeightCounts(Document):
    """How many weights there are."""

    total: Annotated[Positive, said("Weights of the free network.")]
    distinct: Annotated[Positive, said("Classes of weights under the simple equalities.")]


class DerivedLayer(Document):
    """What is left of one layer."""

    layer: Annotated[Count, said("The layer, from 0.")]
    total: Annotated[Positive, said("Its weights.")]
    distinct: Annotated[Positive, said("Its distinct weights.")]
    dimension: Annotated[
        Count | None,
        said("Dimension of its solutions; null where the layers are not solved one by one."),
    ]


class OrbitCheck(Document):
    """Numbers of orbits, found twice."""

    predicted: Annotated[
        Count | None,
        said(
            "From cycle types, by the lemmas of Burnside and Molien; null where that is not "
            "possible."
        ),
    ]
    counted: Annotated[Count, said("By union-find.")]


class EqualityEntry(Document):
    """Two sides that are equal."""

    left: Annotated[Text, said("A polynomial in the weights.")]
    right: Annotated[Text, said("The polynomial that it equals.")]


class ClassEntry(Document):
    """Weights that are equal."""

    layer: Annotated[Count, said("The layer, from 0.")]
    representative: WeightName
    size: Annotated[Positive, said("Number of members.")]
    members: Annotated[
        list[WeightName],
        said("All weights of the class.", min_length=1, extra_json_schema={"uniqueItems": True}),
    ]
    value: Annotated[
        list[tuple[int, Positive, WeightName]] | None,
        said(
            "What the class depends on, as numerator, denominator and representative of each "
            "summand; null for a free parameter."
        ),
    ]


class Derivation(Document):
    """The constraints that a symmetry puts on the weights of a network, and what they leave."""

    schema: Literal["polyconstraints/derivation/1"]
    network: Network
    symmetry: Symmetry
    equalities: EqualityCounts
    weights: WeightCounts
    dimension: Annotated[
        Count | None, said("Dimension of the set of solutions; null where it is not known.")
    ]
    function_dimension: Annotated[
        Count | None,
        said(
            "Dimension of the set of functions that the solutions compute; null where it is "
            "not known."
        ),
    ]
    layers: Annotated[list[DerivedLayer], said("The layers, from the first.", min_length=1)]
    dimension_status: (
        Annotated[
            Literal["proved", "lower bound"] | None,
            said(
                "Whether the dimension is proved, or that of the largest stratum known; null "
                "where it is not known."
            ),
        ]
        | UnsetType
    ) = UNSET
    check: (
        Annotated[
            list[OrbitCheck],
            said(
                "If asked for: orbits of the coefficients that are compared, one entry a "
                "layer in layer scope.",
                min_length=1,
            ),
        ]
        | UnsetType
    ) = UNSET
    list_: (
        Annotated[list[EqualityEntry], said("The distinct equalities, if they were asked for.")]
        | UnsetType
    ) = field(name="list", default=UNSET)
    classes: (
        Annotated[list[ClassEntry], said("The classes of weights, if they were asked for.")]
        | UnsetType
    ) = UNSET


class TableRow(Document):
    """One number of inputs."""

    inputs: Annotated[Positive, said("The number n of inputs.")]
    weights: Annotated[Positive, said("Weights of the free network.")]
    distinct: Annotated[Positive, said("Classes of weights under the simple equalities.")]
    percentage: Annotated[
        float, said("Distinct weights in percent of all, to one place.", ge=0, le=100)
    ]
    dimension: Annotated[
        Count | None, said("Dimension of the set of solutions; null where it is not known.")
    ]
    function_dimension: Annotated[
        Count | None,
        said(
            "Dimension of the set of functions that the solutions compute; null where it is "
            "not known."
        ),
    ]


class Table(Document):
    """What a symmetry leaves of the weights of a network, over a range of n."""

    schema: Literal["polyconstraints/table/1"]
    network: RowsNetwork
    symmetry: RowsSymmetry
    rows: Annotated[list[TableRow], said("One row for each n, ascending.", min_length=1)]


class LawPiece(Document):
    """A value, and the numbers of letters for which it holds."""

    from_: Annotated[dict[str, Positive], said("The smallest number of letters of each sort.")] = (
        field(name="from")
    )
    to: Annotated[dict[str, Positive | None], said("The largest; null where there is none.")]
    value: Annotated[Text, said("A number, or a polynomial in the numbers of letters.")]


Pieces = Annotated[list[LawPiece], Meta(min_length=1)]


class LawWeights(Document):
    """How many weights there are."""

    total: Pieces
    distinct: Pieces


class LawPattern(Document):
    """A class as a pattern of equal indices."""

    class_: Count = field(name="class")
    text: Annotated[
        str,
        said(
            "A weight with letters for its indices: different letters stand for different indices."
        ),
    ]
    from_: Annotated[
        dict[str, Positive], said("From how many letters on the class has weights.")
    ] = field(name="from")
    weights: Annotated[str, said("How many weights it has.")]


class LawLayer(Document):
    """One layer."""

    layer: Count
    total: Pieces
    distinct: Pieces
    dimension: Pieces
    patterns: (
        Annotated[
            list[LawPattern],
            said("The classes as patterns of equal indices, where there are finitely many."),
        ]
        | UnsetType
    ) = UNSET


class Law(Document):
    """What a symmetry leaves of the weights of a network, for every number of inputs."""

    schema: Literal["polyconstraints/law/1"]
    network: OpenNetwork
    symmetry: OpenSymmetry
    letters: Annotated[
        dict[str, Positive | None],
        said("The symmetric groups: how many letters each permutes; null where that is left open."),
    ]
    rank: Pieces
    weights: LawWeights
    dimension: Pieces
    function_dimension: Annotated[
        Pieces | None, said("Dimension of the functions; null for more than one layer.")
    ]
    layers: Annotated[list[LawLayer], Meta(min_length=1)]


class ExpandedTerm(Document):
    """One product of weights."""

    coefficient: Annotated[
        int | Annotated[str, Meta(pattern=r"^-?[0-9]+/[1-9][0-9]*$")],
        said("An integer; or text such as -1/2, which only substituted values bring about."),
    ]
    weights: Annotated[
        dict[str, Positive],
        said(
            "Exponents of the weights in the term.",
            extra_json_schema={"propertyNames": {"pattern": WEIGHT_PATTERN}},
        ),
    ]


class ExpandedMonomial(Document):
    """A monomial with its coefficient."""

    x: Annotated[
        dict[Annotated[str, Meta(pattern=r"^x[1-9][0-9]*$")], Positive],
        said("Exponents of the inputs; empty for the constant."),
    ]
    terms: Annotated[list[ExpandedTerm], said("The coefficient of the monomial.", min_length=1)]


class ExpandedOutput(Document):
    """One output."""

    output: Annotated[Positive, said("The output, from 1.")]
    monomials: Annotated[
        list[ExpandedMonomial], said("The monomials in the inputs that do not vanish.")
    ]


class Expansion(Document):
    """A network expanded as a polynomial in its inputs and weights, or only the size of that."""

    EXTRA: ClassVar[dict[str, Any]] = {
        "oneOf": [
            {"required": ["outputs"], "properties": {"monomials": False, "terms": False}},
            {"required": ["monomials", "terms"], "properties": {"outputs": False}},
        ]
    }
    schema: Literal["polyconstraints/expansion/1"]
    network: Network
    outputs: (
        Annotated[
            list[ExpandedOutput], said("The outputs that were asked for, in order.", min_length=1)
        ]
        | UnsetType
    ) = UNSET
    monomials: Annotated[Count, said("Number of monomials in the inputs.")] | UnsetType = UNSET
    terms: (
        Annotated[
            list[Count],
            said("Number of terms of each output that was asked for, in order.", min_length=1),
        ]
        | UnsetType
    ) = UNSET


class Estimate(Document):
    """What a job will take, found before it starts."""

    schema: Literal["polyconstraints/estimate/1"]
    network: Network
    monomials: Annotated[Positive, said("Number of monomials in the inputs.")]
    terms: Annotated[
        Count | None,
        said("Number of terms to be written; null where it has more than 1000 digits."),
    ]
    exact: Annotated[bool, said("Whether terms is exact, or an upper bound or rough figure.")]
    memory_bytes: Annotated[Positive, said("Memory of all processes together, roughly.")]
    memory_limit: Annotated[Positive, said("Memory that they may take.")]
    fits: Annotated[bool, said("Whether the job would be started.")]
    output_bytes: Annotated[Count, said("Size of the result, roughly.")]
    seconds: Annotated[Size, said("Time, roughly.")]
    jobs: Annotated[Positive, said("Number of processes.")]


class GroupEntry(Document):
    """One group."""

    group: Annotated[Text, said("The group as it was written.")]
    degree: Annotated[Positive, said("Number of points.")]
    order: Annotated[
        Annotated[str, Meta(pattern=r"^[1-9][0-9]*$")] | None,
        said(
            "Number of elements, as text since it can be large; null for one of thousands of "
            "digits."
        ),
    ]
    orbits: Annotated[
        list[Annotated[list[Count], Meta(min_length=1)]],
        said("The orbits of points.", min_length=1),
    ]
    generators: list[Permutation]


class Groups(Document):
    """What some groups are."""

    schema: Literal["polyconstraints/groups/1"]
    groups: Annotated[list[GroupEntry], Meta(min_length=1)]


class Paper(Document):
    """The paper that is reproduced."""

    author: Text
    title: Text
    year: Positive


class ReproducedItem(Document):
    """One item of the paper."""

    EXTRA: ClassVar[dict[str, Any]] = {
        "if": {"properties": {"verdict": {"enum": ["corrected", "incomplete"]}}},
        "then": {"properties": {"reason": {"minLength": 1}}},
    }
    key: Annotated[Text, said("A short name.")]
    place: Annotated[Text, said("Where it stands in the paper.")]
    title: Annotated[Text, said("What it is about.")]
    paper: Annotated[Text, said("What the paper prints.")]
    ours: Annotated[Text, said("What is computed.")]
    verdict: Annotated[
        Literal["same", "corrected", "incomplete"], said("What becomes of what is printed.")
    ]
    reason: Annotated[str, said("Why; a remark, or empty, where ours is the same.")]


class VerdictCounts(Document):
    """How many items have which verdict."""

    same: Count
    corrected: Count
    incomplete: Count


class Reproduction(Document):
    """What the paper prints beside what is computed, item by item, with a verdict."""

    schema: Literal["polyconstraints/reproduction/1"]
    paper: Paper
    items: Annotated[list[ReproducedItem], said("In the order of the paper.", min_length=1)]
    counts: VerdictCounts
