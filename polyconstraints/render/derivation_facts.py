"""What a derivation found, in words and numbers, for every format that people read."""

from __future__ import annotations

from typing import NamedTuple

from polyconstraints.derivation import Derivation
from polyconstraints.render.painting import Pattern
from polyconstraints.render.words import network_in_words, plural, symmetry_in_words

__all__ = [
    "LAYER_COLUMNS",
    "NO_CLASSES",
    "WORDY",
    "Fact",
    "derivation_facts",
    "fact_pattern",
    "layer_rows",
    "number",
    "percent",
]

#: Said where a set of solutions is no linear space.
VARIETY = "not known (a variety: see `polyconstraints strata`)"

#: Said where there are no classes to show.
NO_CLASSES = "no classes: every weight may differ from every other"

#: Facts that are sentences, not figures.
WORDY = ("network", "symmetry")

#: Columns of the table of layers.
LAYER_COLUMNS = ("layer", "weights", "distinct", "dimension")


class Fact(NamedTuple):
    """One line of a summary."""

    name: str
    value: str
    remark: str = ""


def number(value: int | None) -> str:
    """Return a number with thousands set apart, or a dash where it isn't known.

    Examples
    --------
    >>> number(18572135), number(None)
    ('18 572 135', '-')
    """
    return "-" if value is None else f"{value:,}".replace(",", " ")


def percent(part: int, whole: int) -> str:
    """Return a share as the paper's table (22) writes it.

    Examples
    --------
    >>> [percent(6, 8), percent(9, 27), percent(11, 64)]
    ['75 %', '33.3 %', '17.2 %']
    >>> percent(4, 109800)
    '< 0.1 %'
    """
    # Rounded half up in integers, so that no binary fraction decides.
    tenths = (2000 * part + whole) // (2 * whole)
    if part and not tenths:
        return "< 0.1 %"
    return f"{tenths // 10}.{tenths % 10} %" if tenths % 10 else f"{tenths // 10} %"


def derivation_facts(derivation: Derivation, *, ascii: bool = True) -> list[Fact]:
    """Return the summary of a derivation.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> network = pc.NetworkSpec(3, depth=2, bias=True)
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(3), scope="network")
    >>> for fact in derivation_facts(pc.derive(network, symmetry))[2:5]:
    ...     print(fact.name, fact.value, fact.remark, sep="; ")
    equalities; 288; 144 distinct: 0 simple, 0 linear, 144 polynomial
    rank; 83; linear rank of the equalities
    weights; 60; no equation equates two single weights
    """
    counts = derivation.counts
    total, distinct = derivation.total_weights, derivation.distinct_weights
    facts = [
        Fact("network", network_in_words(derivation.network, ascii=ascii)),
        Fact("symmetry", symmetry_in_words(derivation.symmetry)),
        Fact(
            "equalities",
            number(counts.total),
            f"{number(counts.distinct)} distinct: {number(counts.simple)} simple, "
            f"{number(counts.linear)} linear, {number(counts.polynomial)} polynomial",
        ),
        Fact("rank", number(derivation.rank), "linear rank of the equalities"),
        Fact("weights", number(total), _distinct_remark(derivation, total, distinct, ascii)),
    ]
    if derivation.checked:
        facts += [_check_fact(derivation, at) for at in range(len(derivation.orbit_counts))]
    if not derivation.solved:
        return [*facts, *_variety_facts(derivation)]
    dimension = derivation.dimension
    facts.append(Fact("dimension", number(dimension), _dimension_remark(distinct, dimension or 0)))
    functions = derivation.function_dimension
    if functions is None:
        return [*facts, Fact("functions", "", "dimension not computed: the network is too large")]
    return [*facts, Fact("functions", number(functions), _gauge_remark(derivation, functions))]


def _check_fact(derivation: Derivation, at: int) -> Fact:
    """Return the orbits of one map's coefficients, counted and predicted."""
    count = derivation.orbit_counts[at]
    where = f" of layer {at}" if len(derivation.orbit_counts) > 1 else ""
    if count.predicted is None:
        remark = f"of coefficients{where} counted; nothing predicted: the group is too large"
        if derivation.symmetry.compare == "paper":
            remark = f"of coefficients{where} counted; nothing predicted: equation (21) is no group"
    else:
        verdict = "as" if count.agrees else "NOT as"
        remark = f"of coefficients{where}, {verdict} predicted from cycle types: {count.predicted}"
    return Fact("orbits", number(count.counted), remark)


def _variety_facts(derivation: Derivation) -> list[Fact]:
    """Return what is known of the dimensions in network scope."""
    best = derivation.best_known
    if best is None:
        return [Fact("dimension", "", VARIETY), Fact("functions", "", VARIETY)]
    hidden = " | ".join(str(level) for level in best.stratum.hidden)
    remark = f"{best.status}: hidden units carry {hidden}; see `polyconstraints strata`"
    functions = best.function_dimension
    if functions is None:
        return [Fact("dimension", number(best.dimension), remark), Fact("functions", "", VARIETY)]
    return [
        Fact("dimension", number(best.dimension), remark),
        Fact("functions", number(functions), "the largest dimension of any stratum known"),
    ]


def fact_pattern() -> Pattern:
    """Return how the names of facts are found in plain text, with their style."""
    import re

    names = "network|symmetry|equalities|rank|weights|orbits|dimension|functions"
    return re.compile(rf"^(?:{names})(?= )", re.MULTILINE), "bold"


def _distinct_remark(derivation: Derivation, total: int, distinct: int, ascii: bool) -> str:
    if not derivation.solved:
        return "no equation equates two single weights"
    arrow = "->" if ascii else "→"
    return f"{arrow} {number(distinct)} distinct ({percent(distinct, total)})"


def _dimension_remark(distinct: int, dimension: int) -> str:
    if dimension == distinct:
        return "free parameters: every distinct weight is one"
    dependent = plural(distinct - dimension, "distinct weight")
    return f"free parameters: equal sums make {dependent} dependent"


def _gauge_remark(derivation: Derivation, functions: int) -> str:
    """Say what the difference between parameters and functions is."""
    gauge = (derivation.dimension or 0) - functions
    if gauge == 0:
        return "dimension of the functions: every parameter changes the function"
    several = plural(gauge, "parameter")
    network = derivation.network
    causes = []
    if network.layer == "quadratic" and network.indices == "redundant":
        causes.append("antisymmetric parts that cancel in x_i x_j")
    if network.depth > 1:
        causes.append("changes of the hidden units that the next layer undoes")
    why = f": {' and '.join(causes)}" if causes else ""
    return f"dimension of the functions: {several} {'is' if gauge == 1 else 'are'} gauge{why}"


def layer_rows(derivation: Derivation) -> list[tuple[str, ...]]:
    """Return the table of layers, one row a layer; see :data:`LAYER_COLUMNS`."""
    return [
        (
            str(layer.layer.index),
            number(layer.layer.weights),
            number(layer.distinct),
            number(layer.dimension if derivation.solved else None),
        )
        for layer in derivation.layers
    ]
