"""The documents of `derive`, `table`, `expand`, `groups` and `reproduce`."""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType, field

from polyconstraints.schemas.types import (
    WEIGHT_PATTERN,
    Asked,
    Count,
    Document,
    Network,
    OpenNetwork,
    OpenSymmetry,
    Permutation,
    Positive,
    RowsNetwork,
    RowsSymmetry,
    Size,
    Some,
    Text,
    WeightName,
    schema_only,
)


class EqualityCounts(Document):
    """How many equalities there are; in layer scope sums over the layers.

    total: Comparisons, without those that hold by themselves.
    distinct: Without repeats up to the order of the two sides; the sum of the three kinds.
    rank: Linear rank of the equalities.
    simple: Those that equate two single weights.
    linear: Those that are linear but not simple.
    polynomial: The rest.
    """

    total: Count
    distinct: Count
    rank: Count
    simple: Count
    linear: Count
    polynomial: Count


class WeightCounts(Document):
    """How many weights there are.

    total: Weights of the free network.
    distinct: Classes of weights under the simple equalities.
    """

    total: Positive
    distinct: Positive


class DerivedLayer(Document):
    """What is left of one layer.

    layer: The layer, from 0.
    total: Its weights.
    distinct: Its distinct weights.
    dimension: Dimension of its solutions; null where the layers are not solved one by one.
    """

    layer: Count
    total: Positive
    distinct: Positive
    dimension: Count | None


class OrbitCheck(Document):
    """Numbers of orbits, found twice.

    predicted: From cycle types, by the lemmas of Burnside and Molien; null where that is not
        possible.
    counted: By union-find.
    """

    predicted: Count | None
    counted: Count


class EqualityEntry(Document):
    """Two sides that are equal.

    left: A polynomial in the weights.
    right: The polynomial that it equals.
    """

    left: Text
    right: Text


class ClassEntry(Document):
    """Weights that are equal.

    layer: The layer, from 0.
    size: Number of members.
    members: All weights of the class.
    value: What the class depends on, as numerator, denominator and representative of each summand;
        null for a free parameter.
    """

    layer: Count
    representative: WeightName
    size: Positive
    members: Annotated[Some[WeightName], schema_only(uniqueItems=True)]
    value: list[tuple[int, Positive, WeightName]] | None


class Derivation(Asked):
    """The constraints that a symmetry puts on the weights of a network, and what they leave.

    dimension: Dimension of the set of solutions; null where it is not known.
    function_dimension: Dimension of the set of functions that the solutions compute; null where it
        is not known.
    layers: The layers, from the first.
    dimension_status: Whether the dimension is proved, or that of the largest stratum known; null
        where it is not known.
    check: If asked for: orbits of the coefficients that are compared, one entry a layer in layer
        scope.
    list: The distinct equalities, if they were asked for.
    classes: The classes of weights, if they were asked for.
    """

    schema: Literal["polyconstraints/derivation/1"]
    equalities: EqualityCounts
    weights: WeightCounts
    dimension: Count | None
    function_dimension: Count | None
    layers: Some[DerivedLayer]
    dimension_status: Literal["proved", "lower bound"] | UnsetType | None = UNSET
    check: Some[OrbitCheck] | UnsetType = UNSET
    list_: list[EqualityEntry] | UnsetType = field(name="list", default=UNSET)
    classes: list[ClassEntry] | UnsetType = UNSET


class TableRow(Document):
    """One number of inputs.

    inputs: The number n of inputs.
    weights: Weights of the free network.
    distinct: Classes of weights under the simple equalities.
    percentage: Distinct weights in percent of all, to one place.
    dimension: Dimension of the set of solutions; null where it is not known.
    function_dimension: Dimension of the set of functions that the solutions compute; null where it
        is not known.
    """

    inputs: Positive
    weights: Positive
    distinct: Positive
    percentage: Annotated[float, Meta(ge=0, le=100)]
    dimension: Count | None
    function_dimension: Count | None


class Table(Document):
    """What a symmetry leaves of the weights of a network, over a range of n.

    rows: One row for each n, ascending.
    """

    schema: Literal["polyconstraints/table/1"]
    network: RowsNetwork
    symmetry: RowsSymmetry
    rows: Some[TableRow]


class LawPiece(Document):
    """A value, and the numbers of letters for which it holds.

    from: The smallest number of letters of each sort.
    to: The largest; null where there is none.
    value: A number, or a polynomial in the numbers of letters.
    """

    from_: dict[str, Positive] = field(name="from")
    to: dict[str, Positive | None]
    value: Text


Pieces = Some[LawPiece]


class LawWeights(Document):
    """How many weights there are."""

    total: Pieces
    distinct: Pieces


class LawPattern(Document):
    """A class as a pattern of equal indices.

    text: A weight with letters for its indices: different letters stand for different indices.
    from: From how many letters on the class has weights.
    weights: How many weights it has.
    """

    class_: Count = field(name="class")
    text: str
    from_: dict[str, Positive] = field(name="from")
    weights: str


class LawLayer(Document):
    """One layer.

    patterns: The classes as patterns of equal indices, where there are finitely many.
    """

    layer: Count
    total: Pieces
    distinct: Pieces
    dimension: Pieces
    patterns: list[LawPattern] | UnsetType = UNSET


class Law(Document):
    """What a symmetry leaves of the weights of a network, for every number of inputs.

    letters: The symmetric groups: how many letters each permutes; null where that is left open.
    function_dimension: Dimension of the functions; null for more than one layer.
    """

    schema: Literal["polyconstraints/law/1"]
    network: OpenNetwork
    symmetry: OpenSymmetry
    letters: dict[str, Positive | None]
    rank: Pieces
    weights: LawWeights
    dimension: Pieces
    function_dimension: Pieces | None
    layers: Some[LawLayer]


class ExpandedTerm(Document):
    """One product of weights.

    coefficient: An integer; or text such as -1/2, which only substituted values bring about.
    weights: Exponents of the weights in the term.
    """

    coefficient: int | Annotated[str, Meta(pattern=r"^-?[0-9]+/[1-9][0-9]*$")]
    weights: Annotated[dict[str, Positive], schema_only(propertyNames={"pattern": WEIGHT_PATTERN})]


class ExpandedMonomial(Document):
    """A monomial with its coefficient.

    x: Exponents of the inputs; empty for the constant.
    terms: The coefficient of the monomial.
    """

    x: dict[Annotated[str, Meta(pattern=r"^x[1-9][0-9]*$")], Positive]
    terms: Some[ExpandedTerm]


class ExpandedOutput(Document):
    """One output.

    output: The output, from 1.
    monomials: The monomials in the inputs that do not vanish.
    """

    output: Positive
    monomials: list[ExpandedMonomial]


class Expansion(Document):
    """A network expanded as a polynomial in its inputs and weights, or only the size of that.

    outputs: The outputs that were asked for, in order.
    monomials: Number of monomials in the inputs.
    terms: Number of terms of each output that was asked for, in order.
    """

    EXTRA: ClassVar[dict[str, Any]] = {
        "oneOf": [
            {"required": ["outputs"], "properties": {"monomials": False, "terms": False}},
            {"required": ["monomials", "terms"], "properties": {"outputs": False}},
        ]
    }
    schema: Literal["polyconstraints/expansion/1"]
    network: Network
    outputs: Some[ExpandedOutput] | UnsetType = UNSET
    monomials: Count | UnsetType = UNSET
    terms: Some[Count] | UnsetType = UNSET


class Estimate(Document):
    """What a job will take, found before it starts.

    monomials: Number of monomials in the inputs.
    terms: Number of terms to be written; null where it has more than 1000 digits.
    exact: Whether terms is exact, or an upper bound or rough figure.
    memory_bytes: Memory of all processes together, roughly.
    memory_limit: Memory that they may take.
    fits: Whether the job would be started.
    output_bytes: Size of the result, roughly.
    seconds: Time, roughly.
    jobs: Number of processes.
    """

    schema: Literal["polyconstraints/estimate/1"]
    network: Network
    monomials: Positive
    terms: Count | None
    exact: bool
    memory_bytes: Positive
    memory_limit: Positive
    fits: bool
    output_bytes: Count
    seconds: Size
    jobs: Positive


class GroupEntry(Document):
    """One group.

    group: The group as it was written.
    degree: Number of points.
    order: Number of elements, as text since it can be large; null for one of thousands of digits.
    orbits: The orbits of points.
    """

    group: Text
    degree: Positive
    order: Annotated[str, Meta(pattern=r"^[1-9][0-9]*$")] | None
    orbits: Some[Some[Count]]
    generators: list[Permutation]


class Groups(Document):
    """What some groups are."""

    schema: Literal["polyconstraints/groups/1"]
    groups: Some[GroupEntry]


class Paper(Document):
    """The paper that is reproduced."""

    author: Text
    title: Text
    year: Positive


class ReproducedItem(Document):
    """One item of the paper.

    key: A short name.
    place: Where it stands in the paper.
    title: What it is about.
    paper: What the paper prints.
    ours: What is computed.
    verdict: What becomes of what is printed.
    reason: Why; a remark, or empty, where ours is the same.
    """

    EXTRA: ClassVar[dict[str, Any]] = {
        "if": {"properties": {"verdict": {"enum": ["corrected", "incomplete"]}}},
        "then": {"properties": {"reason": {"minLength": 1}}},
    }
    key: Text
    place: Text
    title: Text
    paper: Text
    ours: Text
    verdict: Literal["same", "corrected", "incomplete"]
    reason: str


class VerdictCounts(Document):
    """How many items have which verdict."""

    same: Count
    corrected: Count
    incomplete: Count


class Reproduction(Document):
    """What the paper prints beside what is computed, item by item, with a verdict.

    items: In the order of the paper.
    """

    schema: Literal["polyconstraints/reproduction/1"]
    paper: Paper
    items: Some[ReproducedItem]
    counts: VerdictCounts
