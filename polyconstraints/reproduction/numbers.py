"""Items that count: table (22), what is said of its colours, and whole networks."""

from __future__ import annotations

from itertools import permutations
from math import comb

import polyconstraints as pc
from polyconstraints.reproduction.ours import (
    Found,
    Verdict,
    check,
    classes,
    derivation,
    expanded_group,
    judged,
)
from polyconstraints.reproduction.printed import Listing, equalities, listing, paper


@check("22")
def _table() -> Found:
    rows = paper()["table_22"]
    found = [derivation(n, "paper", indices="redundant") for n, *_ in rows]
    ours = [[one.distinct_weights, one.total_weights] for one in found]
    same = ours == [counts for _, *counts, _ in rows]
    return Verdict.INCOMPLETE if same else Verdict.CORRECTED, {
        "counts": [f"{distinct}/{total}" for distinct, total in ours],
        "dimensions": [one.dimension for one in found],
    }


@check("22-percent")
def _percentages() -> Found:
    rows = paper()["table_22"]
    ours = [f"{round(100 * distinct / total, 1):g}%" for _, distinct, total, _ in rows]
    wrong = [text for (*_, text), own in zip(rows, ours, strict=True) if text != own]
    return judged(not wrong, ours=ours, wrong=wrong)


def _colors(n: int, lines: tuple[int, ...], *, diagonal: bool) -> int:
    """Return how many classes of some lines of (21) have (no) entries on a diagonal."""
    (layer,) = pc.NetworkSpec(n, indices="redundant").layers
    found = classes(layer.names(), equalities("21", layer, lines))
    on = {layer.name(k, i, i) for k in range(n) for i in range(n)}
    return sum(bool(one & on) if diagonal else bool(one - on) for one in found)


_ALL = tuple(range(1, 9))


@check("22-diagonals")
def _diagonals() -> Found:
    ours, named, needed = (
        [_colors(n, lines, diagonal=True) for n in range(1, 6)]
        for lines in (_ALL, (2, 3), (1, 6, 7))
    )
    found = {"ours": ours, "named": named}
    if ours[1:] == [2, 2, 2, 2] and named == ours:
        return Verdict.SAME, found
    return Verdict.CORRECTED if needed == ours else Verdict.INCOMPLETE, found


@check("22-sets")
def _sets() -> Found:
    ours, first = (
        [_colors(n, lines, diagonal=False) for n in sizes]
        for lines, sizes in ((_ALL, (2, 3, 4, 5)), ((1,), (3, 4, 5)))
    )
    return judged(set(ours) == {2}, ours=ours, first=first)


@check("22-symmetry")
def _reflection() -> Found:
    blocks = [derivation(n, "paper", indices="redundant").layers[0].classes for n in (3, 4)]
    symmetric = [(cells == cells.transpose(0, 2, 1)).all() for cells in blocks]
    inner = len({int(blocks[0][place]) for place in permutations(range(3))}) == 1
    return judged(any(symmetric) or not inner)


@check("terms")
def _terms() -> Found:
    ours = [pc.NetworkSpec(n).weights for n in range(1, 7)]
    return judged(ours == [n * n * (n + 1) // 2 for n in range(1, 7)], ours=ours)


@check("transpositions")
def _transpositions() -> Found:
    network = pc.NetworkSpec(4, depth=2, bias=True)
    group = pc.PermutationGroup.symmetric(4)
    every, adjacent = (
        pc.derive(network, pc.Symmetry(group, scope="network", permutations=which))
        for which in ("transpositions", "adjacent")
    )
    same = len(every.symmetry.imposed()) == 6 and adjacent.rank == every.rank
    return judged(same, every=every.rank, adjacent=adjacent.rank)


@check("30")
def _monomials() -> Found:
    printed = paper()["equation_30"]
    ours = len(pc.expand(pc.NetworkSpec(3, depth=3, bias=True)).monomials)
    good = (
        ours == printed["total"] == sum(printed["summands"]) == comb(11, 3)
        and [comb(*pair) for pair in printed["binomials"]] == printed["summands"]
    )
    return judged(good, ours=ours)


def _compared(printed: Listing) -> tuple[bool, dict[str, int]]:
    """Return whether all that is printed is ours, and how many of the complete groups are."""
    expansion = pc.expand(pc.NetworkSpec(3, depth=2, bias=True))
    right, good = 0, True
    for monomial, terms in printed.groups.items():
        true = expanded_group(expansion, printed.output - 1, monomial)
        if monomial in printed.complete:
            right += terms == true
        else:
            good &= terms <= true
    complete = len(printed.complete)
    return good and right == complete, {"right": right, "complete": complete}


@check("listing-ungrouped")
def _ungrouped() -> Found:
    good, found = _compared(listing("ungrouped"))
    _, corrected = _compared(listing("ungrouped", corrected=True))
    return judged(good, **found, read_once=corrected["right"])


@check("listing-grouped")
def _grouped() -> Found:
    good, found = _compared(listing("grouped"))
    return judged(good, **found)


@check("2.7")
def _whole_network() -> Found:
    symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(3), scope="network")
    one = pc.derive(pc.NetworkSpec(3, depth=2, bias=True), symmetry)
    layered = derivation(3, depth=2, bias=True)
    return Verdict.INCOMPLETE, {
        "total": one.counts.total,
        "distinct": one.counts.distinct,
        "rank": one.rank,
        "weights": layered.distinct_weights,
        "functions": layered.function_dimension,
    }
