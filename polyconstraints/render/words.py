"""Networks, symmetries and what a derivation found, in words and numbers that people read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from polyconstraints.spec.groups import PRESETS, group_label
from polyconstraints.spec.network import NetworkSpec, layer_kind
from polyconstraints.spec.symmetry import Symmetry

if TYPE_CHECKING:
    from polyconstraints.classes.any_network import AnyNetwork
    from polyconstraints.derivation import Derivation
    from polyconstraints.variety.strata.point import Stratum

#: Said where a set of solutions is no linear space.
VARIETY = "not known (a variety: see `polyconstraints strata`)"

#: Said where there are no classes to show.
NO_CLASSES = "no classes: every weight may differ from every other"

#: What each scope says of the layers.
SCOPES = {"layer": "each layer on its own", "network": "the network as a whole"}

#: How the names of facts are found in plain text.
FACT = re.compile(
    "^(?:network|symmetry|equalities|rank|weights|orbits|dimension|functions)(?= )", re.MULTILINE
)

#: How characters beyond ASCII are spelled in it.
_ASCII = {"·": ".", "→": "->", "←": "<-", "≠": "!=", "−": "-", "≥": ">=", "…": "...", "×": "x"}

#: How LaTeX spells what it can't be given as it is.
_LATEX = {
    "·": r"$\cdot$",
    "→": r"$\to$",
    "->": r"$\to$",
    "x_i x_j": "$x_i x_j$",
    "←": r"$\leftarrow$",
    "≠": r"$\neq$",
    "−": "$-$",
    "≥": r"$\geq$",
    "×": r"$\times$",
    "…": r"\dots{}",
    "⋮": r"$\vdots$",
    "✓": r"$\surd$",
    "^": r"\^{}",
    "<": "$<$",
    "|": "$|$",
    **{character: f"\\{character}" for character in "%_#&{}"},
}

#: Longest name of a group that is shown: one given by generators is named by them.
_LONGEST_NAME = 60

#: Order of the largest group whose elements are counted for it.
_LARGEST_COUNT = 1000

#: Points of the largest preset group whose order is shown.
_LARGEST_DEGREE = 12


class Fact(NamedTuple):
    """One line of a summary: a figure with a remark, or a sentence where that is None."""

    name: str
    value: str
    remark: str | None = None


def fact_lines(facts: Iterable[Fact]) -> list[str]:
    """Return facts as lines, the values below one another."""
    listed = list(facts)
    column = max(len(fact.name) for fact in listed)
    figures = max((len(fact.value) for fact in listed if fact.remark is not None), default=0)
    return [
        f"{name:{column}}  {value if remark is None else f'{value:>{figures}}   {remark}'}".rstrip()
        for name, value, remark in listed
    ]


def paragraphs(*parts: Iterable[str]) -> str:
    """Return parts of several lines each with an empty line between them, but for empty ones."""
    return "\n\n".join(filter(None, map("\n".join, parts)))


def number(value: int | None) -> str:
    """Return a number with thousands set apart, or a dash where it isn't known."""
    return "-" if value is None else f"{value:,}".replace(",", " ")


def plural(count: int, noun: str) -> str:
    """Return a count with its noun."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def percent(part: int, whole: int) -> str:
    """Return a share as the paper's table (22) writes it.

    Examples
    --------
    >>> [percent(6, 8), percent(9, 27), percent(11, 64), percent(4, 109800)]
    ['75 %', '33.3 %', '17.2 %', '< 0.1 %']
    """
    # Rounded half up in integers, so that no binary fraction decides.
    tenths = (2000 * part + whole) // (2 * whole)
    if part and not tenths:
        return "< 0.1 %"
    return f"{tenths // 10}.{tenths % 10} %" if tenths % 10 else f"{tenths // 10} %"


def layers_in_words(network: NetworkSpec | AnyNetwork) -> str:
    """Return how many layers a network has, and of which kind.

    Examples
    --------
    >>> layers_in_words(NetworkSpec(3, depth=2, bias=True))
    '2 quadratic layers with ordered indices and bias'
    """
    kinds = list(map(layer_kind, network.degrees))
    words = plural(network.depth, f"{kinds[0]} layer")
    if len(set(kinds)) > 1:
        words = f"{network.depth} layers ({', '.join(kinds)})"
    elif kinds[0].isdigit():
        words = f"{plural(network.depth, 'layer')} of degree {kinds[0]}"
    facts = [f"{network.indices} indices"] if max(network.degrees) > 1 else []
    facts += ["bias"] if network.bias else []
    facts += [f"activation {network.activation}"] if network.activation is not None else []
    if not facts:
        return words
    return f"{words} with {' and '.join(filter(None, [', '.join(facts[:-1]), facts[-1]]))}"


def network_in_words(network: NetworkSpec, *, ascii: bool = False) -> str:
    """Return one line about a network.

    Examples
    --------
    >>> network_in_words(NetworkSpec(3, layer="linear", outputs=1, channels=[2, 1]))
    '1 linear layer, widths 3 → 1, channels 2 → 1, 6 weights'
    """
    arrow = " -> " if ascii else " → "
    words = f"{layers_in_words(network)}, widths {arrow.join(map(str, network.widths))}"
    if set(network.channels) != {1}:
        words += f", channels {arrow.join(map(str, network.channels))}"
    return f"{words}, {plural(network.weights, 'weight')}"


def _group_in_words(symmetry: Symmetry) -> str:
    """Return the group's name, and its order where that costs nothing."""
    group = symmetry.group
    if not any(map(group.is_preset, PRESETS)):
        name = group_label(group)
        if len(name) > _LONGEST_NAME:
            name = "a group given by generators"
        order = sum(1 for _ in group.elements(_LARGEST_COUNT))
        return f"{name} (order {order})" if order <= _LARGEST_COUNT else name
    name = group.name if group.name == "trivial" else f"{group.name}_{group.degree}"
    # Larger orders say less than the name does.
    return f"{name} (order {group.order()})" if group.degree <= _LARGEST_DEGREE else name


def symmetry_in_words(symmetry: Symmetry) -> str:
    """Return one sentence about a symmetry.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> print(symmetry_in_words(Symmetry(pc.PermutationGroup.symmetric(3))))
    equivariant under S_3 (order 6), each layer on its own; 3 transpositions imposed
    >>> from polyconstraints.spec.groups import parse_group
    >>> print(symmetry_in_words(Symmetry(parse_group("S3xS2", 6))).partition(",")[0])
    equivariant under S3xS2 (order 12)
    """
    kind = {"adjacent": "adjacent transposition"}.get(
        symmetry.permutations, symmetry.permutations.removesuffix("s")
    )
    words = (
        f"{symmetry.kind} under {_group_in_words(symmetry)}, {SCOPES[symmetry.scope]}; "
        f"{plural(symmetry.imposed_count, kind)} imposed"
    )
    if not symmetry.actions:
        return words
    levels = ", ".join(map(str, sorted(symmetry.actions)))
    return f"{words}; another action on level{'s' if len(symmetry.actions) > 1 else ''} {levels}"


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
    kept = "no equation equates two single weights"
    if derivation.solved:
        arrow = "->" if ascii else "→"
        kept = f"{arrow} {number(distinct)} distinct ({percent(distinct, total)})"
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
        Fact("weights", number(total), kept),
    ]
    if derivation.checked:
        facts += [_check_fact(derivation, at) for at in range(len(derivation.orbit_counts))]
    return facts + (_solved_facts if derivation.solved else _variety_facts)(derivation)


def _check_fact(derivation: Derivation, at: int) -> Fact:
    """Return the orbits of one map's coefficients, counted and predicted."""
    count = derivation.orbit_counts[at]
    what = "of coefficients" + (f" of layer {at}" if len(derivation.orbit_counts) > 1 else "")
    if count.predicted is not None:
        verdict = "as" if count.agrees else "NOT as"
        remark = f"{what}, {verdict} predicted from cycle types: {count.predicted}"
    else:
        paper = derivation.symmetry.compare == "paper"
        why = "equation (21) is no group" if paper else "the group is too large"
        remark = f"{what} counted; nothing predicted: {why}"
    return Fact("orbits", number(count.counted), remark)


def _solved_facts(derivation: Derivation) -> list[Fact]:
    """Return the dimensions where the equations are linear."""
    distinct, dimension = derivation.distinct_weights, derivation.dimension or 0
    remark = "free parameters: every distinct weight is one"
    if dimension != distinct:
        dependent = plural(distinct - dimension, "distinct weight")
        remark = f"free parameters: equal sums make {dependent} dependent"
    functions = derivation.function_dimension
    if functions is None:
        last = Fact("functions", "", "dimension not computed: the network is too large")
    else:
        gauge = _gauge_in_words(derivation.network, dimension - functions)
        last = Fact("functions", number(functions), f"dimension of the functions: {gauge}")
    return [Fact("dimension", number(dimension), remark), last]


def _gauge_in_words(network: NetworkSpec, gauge: int) -> str:
    """Say what the difference between parameters and functions is."""
    if gauge == 0:
        return "every parameter changes the function"
    causes = []
    if network.layer == "quadratic" and network.indices == "redundant":
        causes.append("antisymmetric parts that cancel in x_i x_j")
    if network.depth > 1:
        causes.append("changes of the hidden units that the next layer undoes")
    why = f": {' and '.join(causes)}" if causes else ""
    return f"{plural(gauge, 'parameter')} {'is' if gauge == 1 else 'are'} gauge{why}"


def _variety_facts(derivation: Derivation) -> list[Fact]:
    """Return what is known of the dimensions in network scope."""
    best = derivation.best_known
    unknown = Fact("functions", "", VARIETY)
    if best is None:
        return [unknown, Fact("dimension", "", VARIETY)]
    what = "constant outputs" if best.constant else "functions"
    size = best.stratum.function_dimension
    largest = Fact(
        "dimension",
        number(best.dimension),
        f"{best.status}: {_carried(best.stratum)}, {what}"
        + (f" of dimension {size}" if size is not None else ""),
    )
    if best.richest is None:
        return [unknown, largest]
    richest = (
        f"the largest dimension of any stratum known: {_carried(best.richest)}; "
        "see `polyconstraints strata`"
    )
    return [Fact("functions", number(best.function_dimension), richest), largest]


def _carried(stratum: Stratum) -> str:
    """Say what the hidden units of a stratum carry."""
    if not stratum.hidden:
        return "no hidden units"
    hidden = " | ".join(map(str, stratum.hidden))
    return f"hidden units carry {hidden}{' (free: nothing binds them)' if 'free' in hidden else ''}"


def to_ascii(line: str) -> str:
    """Return a line with its Unicode characters spelled in ASCII.

    Examples
    --------
    >>> to_ascii("c2: k ≠ i = j"), to_ascii("y1 ← c0·x1x1 + …")
    ('c2: k != i = j', 'y1 <- c0*x1x1 + ...')
    """
    # A dot between names is a product, one among spaces an empty cell.
    spelled = re.sub(r"(?<=\w)·(?=\w)", "*", line)
    for character, plain in _ASCII.items():
        spelled = spelled.replace(character, plain)
    # What may be left are spaces that set thousands apart.
    return spelled.encode("ascii", "replace").decode("ascii").replace("?", " ")


def aligned(lines: Iterable[str], environment: str) -> str:
    """Return lines of LaTeX in an environment that aligns them at ``&`` (amsmath)."""
    body = " \\\\\n".join(lines)
    return f"\\begin{{{environment}}}\n{body}\n\\end{{{environment}}}"


def to_latex(text: str) -> str:
    r"""Return text for LaTeX.

    Examples
    --------
    >>> print(to_latex("S_3 -> 50 %: see `polyconstraints strata`, x_i x_j; c2: k ≠ i"))
    S\_3 $\to$ 50 \%: see \texttt{polyconstraints strata}, $x_i x_j$; c2: k $\neq$ i
    """

    def spelled(match: re.Match[str]) -> str:
        return rf"\texttt{{{match[1]}}}" if match[1] else _LATEX.get(match[0], match[0])

    return re.sub("`(.*?)`|x_i x_j|->|.", spelled, text)
