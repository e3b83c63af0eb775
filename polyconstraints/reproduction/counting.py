"""Items that count: table (22), what is said of its colours, and whole networks."""

from __future__ import annotations

from math import comb

import numpy as np

import polyconstraints as pc
from polyconstraints.reproduction.items import Answer, Check, Verdict
from polyconstraints.reproduction.ours import classes, derivation, expanded_group
from polyconstraints.reproduction.printed import Listing, equalities, listing, paper

__all__ = ["NETWORKS", "REDUNDANT"]


def _rows() -> list[tuple[int, int, int, str]]:
    return [(n, distinct, total, text) for n, distinct, total, text in paper()["table_22"]]


def _table() -> Answer:
    ours = []
    dimensions = []
    for n, *_ in _rows():
        one = derivation(n, "paper", indices="redundant")
        ours.append((one.distinct_weights, one.total_weights))
        dimensions.append(one.dimension)
    same = ours == [(distinct, total) for _, distinct, total, _ in _rows()]
    return Answer(
        ", ".join(f"{distinct}/{total}" for distinct, total in ours),
        Verdict.INCOMPLETE if same else Verdict.CORRECTED,
        "the last line of (21) is left out of the count: with it the solutions have dimension "
        f"{', '.join(map(str, dimensions))}. Nor is N = 1 printed, 1/1",
    )


def _percentages() -> Answer:
    ours = [f"{round(100 * distinct / total, 1):g}%" for _, distinct, total, _ in _rows()]
    wrong = [text for (*_, text), own in zip(_rows(), ours, strict=True) if text != own]
    return Answer(
        ", ".join(ours),
        Verdict.CORRECTED if wrong else Verdict.SAME,
        f"{', '.join(wrong)} is a misread decimal point, of the conversion in all likelihood"
        if wrong
        else "",
    )


def _colors(n: int, lines: tuple[int, ...], *, diagonal: bool) -> int:
    """Return how many classes of some lines of (21) have (no) entries on a diagonal."""
    (layer,) = pc.NetworkSpec(n, indices="redundant").layers
    found = classes(layer.names(), equalities("21", layer, lines))
    on = {layer.name(k, i, i) for k in range(n) for i in range(n)}
    return sum(bool(one & on) if diagonal else bool(one - on) for one in found)


_ALL = tuple(range(1, 9))


def _diagonals() -> Answer:
    ours = [_colors(n, _ALL, diagonal=True) for n in range(1, 6)]
    named = [_colors(n, (2, 3), diagonal=True) for n in range(1, 6)]
    needed = [_colors(n, (1, 6, 7), diagonal=True) for n in range(1, 6)]
    right = ours[1:] == [2, 2, 2, 2]
    return Answer(
        f"{', '.join(map(str, ours))} colours for N = 1 … 5, from the 1st, 6th and 7th equations",
        Verdict.SAME if right and named == ours else Verdict.CORRECTED,
        f"2 from N = 2 on, but the 2nd and 3rd equations of (21) leave "
        f"{', '.join(map(str, named))}; they are the 2nd and 3rd of (26). The 6th and 7th need "
        "the 1st as well"
        if needed == ours
        else "",
    )


def _sets() -> Answer:
    sizes = (2, 3, 4, 5)
    ours = [_colors(n, _ALL, diagonal=False) for n in sizes]
    first = [_colors(n, (1,), diagonal=False) for n in sizes[1:]]
    return Answer(
        f"{', '.join(map(str, ours))} classes of non-diagonal weights for N = 2 … 5",
        Verdict.SAME if set(ours) == {2} else Verdict.CORRECTED,
        "2N + 1 from N = 3 on; there are two kinds of entries, those in the row or column of "
        f"their block's own index and the others. The 1st equation alone leaves "
        f"{', '.join(map(str, first))}",
    )


def _reflection() -> Answer:
    symmetric, dimensions = [], []
    for n in (3, 4):
        tying = derivation(n, "paper", indices="redundant").tying_map()
        cells = tying.layers[0].classes
        symmetric.append(bool((cells == cells.transpose(0, 2, 1)).all()))
        dimensions.append(tying.dimension)
    inner = all(
        len(np.unique(cells)) == 1
        for cells in [
            derivation(3, "paper", indices="redundant")
            .tying_map()
            .layers[0]
            .classes[[0, 0, 1, 1, 2, 2], [1, 2, 0, 2, 0, 1], [2, 1, 2, 0, 1, 0]]
        ]
    )
    return Answer(
        "no block is symmetric; the class of three different indices is",
        Verdict.CORRECTED if not any(symmetric) and inner else Verdict.SAME,
        "the last equation relates the sums a_hk + a_kh of two different blocks and makes none "
        "symmetric; that a^h_ij = a^h_ji for three different indices follows from the 2nd and "
        "4th",
    )


def _terms() -> Answer:
    sizes = range(1, 7)
    ours = [pc.NetworkSpec(n).weights for n in sizes]
    same = ours == [n * n * (n + 1) // 2 for n in sizes]
    return Answer(
        f"{', '.join(map(str, ours))} for n = 1 … 6", Verdict.SAME if same else Verdict.CORRECTED
    )


def _transpositions() -> Answer:
    network = pc.NetworkSpec(4, depth=2, bias=True)
    group = pc.PermutationGroup.symmetric(4)
    every, adjacent = (
        pc.derive(network, pc.Symmetry(group, scope="network", permutations=which))
        for which in ("transpositions", "adjacent")
    )
    same = every.symmetry.imposed() and len(every.symmetry.imposed()) == 6
    return Answer(
        f"6 for n = 4; the 3 adjacent ones give the same rank, {adjacent.rank} = {every.rank}",
        Verdict.SAME if same and adjacent.rank == every.rank else Verdict.CORRECTED,
        "n − 1 adjacent transpositions generate S_n, so they suffice",
    )


def _monomials() -> Answer:
    printed = paper()["equation_30"]
    ours = len(pc.expand(pc.NetworkSpec(3, depth=3, bias=True)).monomials)
    good = (
        ours == printed["total"] == sum(printed["summands"]) == comb(11, 3)
        and [comb(*pair) for pair in printed["binomials"]] == printed["summands"]
    )
    return Answer(
        f"{ours} = C(11, 3), the monomials of the expanded network n = 3, d = 3 with bias",
        Verdict.SAME if good else Verdict.CORRECTED,
        "by the pattern the last summand is C(2, 0), which is 1 as well",
    )


def _compared(printed: Listing) -> tuple[int, int, list[str]]:
    """Return the groups that agree, all complete groups, and products that are not ours."""
    expansion = pc.expand(pc.NetworkSpec(3, depth=2, bias=True))
    right = 0
    wrong = []
    for monomial, terms in printed.groups.items():
        true = expanded_group(expansion, printed.output - 1, monomial)
        whole = monomial in printed.complete
        right += whole and terms == true
        surplus = terms - true
        wrong += [" ".join(product) for product in surplus]
        if whole and not surplus and terms != true:
            wrong.append(f"{sum((true - terms).values())} products left out")
    return right, len(printed.complete), wrong


def _ungrouped() -> Answer:
    right, complete, wrong = _compared(listing("ungrouped"))
    read_once = _compared(listing("ungrouped", corrected=True))[0]
    return Answer(
        f"output 3: as printed {right} of {complete} complete groups agree term by term, with "
        f"a doubled X_2 read once {read_once}",
        Verdict.CORRECTED if wrong else Verdict.SAME,
        "under X1 X2 X3² one product and its copy are printed with 32 for 33 or left out, and "
        "01W33 03W21 13W31 is left out; one X_2 at a line's end is printed again on the next. "
        "The grouped listing has all of them right, so the slips are likely the conversion's"
        if wrong
        else "",
    )


def _grouped() -> Answer:
    right, complete, wrong = _compared(listing("grouped"))
    return Answer(
        f"output 2: all {complete} complete groups and the cut one agree term by term"
        if right == complete and not wrong
        else f"{right} of {complete} groups agree",
        Verdict.SAME if right == complete and not wrong else Verdict.CORRECTED,
        "the print stops in the tenth of 35 groups",
    )


def _whole_network() -> Answer:
    symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(3), scope="network")
    network = pc.NetworkSpec(3, depth=2, bias=True)
    one = pc.derive(network, symmetry)
    layered = derivation(3, depth=2, bias=True)
    counts = one.counts
    return Answer(
        f"n = 3 with bias: {counts.total} equalities, {counts.distinct} without repeats, linear "
        f"rank {one.rank}; with each layer equivariant {layered.distinct_weights} distinct "
        f"weights and {layered.function_dimension} dimensions of functions",
        Verdict.INCOMPLETE,
        "the solutions form a variety of several strata, one for each representation of S_n on "
        "the hidden units, with dimensions of their own: how many weights are distinct has no "
        "single answer ('polyconstraints strata')",
    )


REDUNDANT = (
    Check(
        "22",
        "table (22)",
        "distinct weights with redundant indices",
        ", ".join(f"{distinct}/{total}" for _, distinct, total, _ in _rows()),
        _table,
    ),
    Check(
        "22-percent",
        "table (22)",
        "the same in percent",
        ", ".join(text for *_, text in _rows()),
        _percentages,
    ),
    Check(
        "22-diagonals",
        "after table (22)",
        "colours of the diagonals",
        "2 colours, regardless of N, from the 2nd and 3rd equations",
        _diagonals,
    ),
    Check(
        "22-sets",
        "after table (22)",
        "non-diagonal weights",
        "2 different sets out of N blocks, from the 1st equation",
        _sets,
    ),
    Check(
        "22-symmetry",
        "after table (22)",
        "symmetry about the diagonal",
        "the last equation causes a certain symmetry of non-diagonal weights",
        _reflection,
    ),
)

NETWORKS = (
    Check("30", "eq. (30)", "monomials of degree ≤ 8 in 3 variables", "165", _monomials),
    Check(
        "listing-ungrouped",
        "section 2.6",
        "example output, ungrouped",
        "n = 3, two layers with bias: the third output, cut at both ends",
        _ungrouped,
    ),
    Check(
        "listing-grouped",
        "section 2.6, eq. (32)",
        "example output, grouped",
        "n = 3, two layers with bias: the second output, cut at its end",
        _grouped,
    ),
    Check("terms", "section 2.6", "terms of one layer", "n²(n+1)/2", _terms),
    Check(
        "transpositions",
        "section 2.6",
        "permutations to try",
        "all n(n−1)/2 pairwise ones",
        _transpositions,
    ),
    Check(
        "2.7",
        "sections 2.6, 2.7",
        "the network as a whole",
        "weights in an algebraic variety of reduced dimension",
        _whole_network,
    ),
)
