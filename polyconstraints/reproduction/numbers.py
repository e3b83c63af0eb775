"""Items that count: table (22), what is said of its colours, and whole networks."""

from __future__ import annotations

from itertools import permutations
from math import comb

import polyconstraints as pc
from polyconstraints.reproduction.items import Answer, Verdict, check, judged
from polyconstraints.reproduction.ours import classes, derivation, expanded_group
from polyconstraints.reproduction.printed import Listing, equalities, listing, paper


@check("22")
def _table() -> Answer:
    rows = paper()["table_22"]
    found = [derivation(n, "paper", indices="redundant") for n, *_ in rows]
    ours = [[one.distinct_weights, one.total_weights] for one in found]
    dimensions = [one.dimension for one in found]
    same = ours == [counts for _, *counts, _ in rows]
    return Answer(
        ", ".join(f"{distinct}/{total}" for distinct, total in ours),
        Verdict.INCOMPLETE if same else Verdict.CORRECTED,
        "the last line of (21) is left out of the count: with it the solutions have dimension "
        f"{', '.join(map(str, dimensions))}. Nor is N = 1 printed, 1/1",
    )


@check("22-percent")
def _percentages() -> Answer:
    rows = paper()["table_22"]
    ours = [f"{round(100 * distinct / total, 1):g}%" for _, distinct, total, _ in rows]
    wrong = [text for (*_, text), own in zip(rows, ours, strict=True) if text != own]
    return judged(
        ", ".join(ours),
        not wrong,
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


@check("22-diagonals")
def _diagonals() -> Answer:
    ours = [_colors(n, _ALL, diagonal=True) for n in range(1, 6)]
    named = [_colors(n, (2, 3), diagonal=True) for n in range(1, 6)]
    needed = [_colors(n, (1, 6, 7), diagonal=True) for n in range(1, 6)]
    right = ours[1:] == [2, 2, 2, 2]
    return judged(
        f"{', '.join(map(str, ours))} colours for N = 1 … 5, from the 1st, 6th and 7th equations",
        right and named == ours,
        f"2 from N = 2 on, but the 2nd and 3rd equations of (21) leave "
        f"{', '.join(map(str, named))}; they are the 2nd and 3rd of (26). The 6th and 7th need "
        "the 1st as well"
        if needed == ours
        else "",
    )


@check("22-sets")
def _sets() -> Answer:
    sizes = (2, 3, 4, 5)
    ours = [_colors(n, _ALL, diagonal=False) for n in sizes]
    first = [_colors(n, (1,), diagonal=False) for n in sizes[1:]]
    return judged(
        f"{', '.join(map(str, ours))} classes of non-diagonal weights for N = 2 … 5",
        set(ours) == {2},
        "2N + 1 from N = 3 on; there are two kinds of entries, those in the row or column of "
        f"their block's own index and the others. The 1st equation alone leaves "
        f"{', '.join(map(str, first))}",
    )


@check("22-symmetry")
def _reflection() -> Answer:
    blocks = [derivation(n, "paper", indices="redundant").layers[0].classes for n in (3, 4)]
    symmetric = [(cells == cells.transpose(0, 2, 1)).all() for cells in blocks]
    inner = len({int(blocks[0][place]) for place in permutations(range(3))}) == 1
    return judged(
        "no block is symmetric; the class of three different indices is",
        any(symmetric) or not inner,
        "the last equation relates the sums a_hk + a_kh of two different blocks and makes none "
        "symmetric; that a^h_ij = a^h_ji for three different indices follows from the 2nd and "
        "4th",
    )


@check("terms")
def _terms() -> Answer:
    ours = [pc.NetworkSpec(n).weights for n in range(1, 7)]
    same = ours == [n * n * (n + 1) // 2 for n in range(1, 7)]
    return judged(f"{', '.join(map(str, ours))} for n = 1 … 6", same)


@check("transpositions")
def _transpositions() -> Answer:
    network = pc.NetworkSpec(4, depth=2, bias=True)
    group = pc.PermutationGroup.symmetric(4)
    every, adjacent = (
        pc.derive(network, pc.Symmetry(group, scope="network", permutations=which))
        for which in ("transpositions", "adjacent")
    )
    return judged(
        f"6 for n = 4; the 3 adjacent ones give the same rank, {adjacent.rank} = {every.rank}",
        len(every.symmetry.imposed()) == 6 and adjacent.rank == every.rank,
        "n − 1 adjacent transpositions generate S_n, so they suffice",
    )


@check("30")
def _monomials() -> Answer:
    printed = paper()["equation_30"]
    ours = len(pc.expand(pc.NetworkSpec(3, depth=3, bias=True)).monomials)
    good = (
        ours == printed["total"] == sum(printed["summands"]) == comb(11, 3)
        and [comb(*pair) for pair in printed["binomials"]] == printed["summands"]
    )
    return judged(
        f"{ours} = C(11, 3), the monomials of the expanded network n = 3, d = 3 with bias",
        good,
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


@check("listing-ungrouped")
def _ungrouped() -> Answer:
    right, complete, wrong = _compared(listing("ungrouped"))
    read_once = _compared(listing("ungrouped", corrected=True))[0]
    return judged(
        f"output 3: as printed {right} of {complete} complete groups agree term by term, with "
        f"a doubled X_2 read once {read_once}",
        not wrong,
        "under X1 X2 X3² one product and its copy are printed with 32 for 33 or left out, and "
        "01W33 03W21 13W31 is left out; one X_2 at a line's end is printed again on the next. "
        "The grouped listing has all of them right, so the slips are likely the conversion's"
        if wrong
        else "",
    )


@check("listing-grouped")
def _grouped() -> Answer:
    right, complete, wrong = _compared(listing("grouped"))
    return judged(
        f"output 2: all {complete} complete groups and the cut one agree term by term"
        if right == complete and not wrong
        else f"{right} of {complete} groups agree",
        right == complete and not wrong,
        "the print stops in the tenth of 35 groups",
    )


@check("2.7")
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
