"""Items on single layers: the equations of sections 1 and 2.2 to 2.5."""

from __future__ import annotations

from itertools import permutations

import polyconstraints as pc
from polyconstraints.reproduction.items import Answer, Verdict, check, judged
from polyconstraints.reproduction.ours import classes, derivation, derived, transposed
from polyconstraints.reproduction.printed import Equality, equalities, monomial_terms, paper

_SIZES = (2, 3, 4, 5)


@check("1-2")
def _definitions() -> Answer:
    verified = [
        pc.verify(derivation(3, kind=kind, depth=2, bias=True, outputs=outputs).tying_map())
        for kind, outputs in (("invariant", 1), ("equivariant", 3))
    ]
    good = all(one.symmetric for one in verified)
    return judged(
        "the same two definitions; the derived maps for n = 3, d = 2 with bias satisfy them"
        if good
        else "the derived maps do not satisfy them",
        good,
    )


@check("8")
def _neuron() -> Answer:
    expansion = pc.expand(pc.NetworkSpec(3, indices="redundant"))
    size = expansion.term_count(0)
    return judged(
        f"the same; with n = 3 one output has {size} terms, W^k_ij and W^k_ji on one x_i x_j",
        size == 9,
    )


def _equations(
    number: str, compare: str = "function", **network: str
) -> tuple[list[set[Equality]], list[set[Equality]], bool]:
    """Return the printed equalities, ours, and whether the classes agree, for some n."""
    layers = [pc.NetworkSpec(n, **network).layers[0] for n in _SIZES]  # type: ignore[arg-type]
    printed = [
        set().union(*(equalities(one, layer) for one in number.split("+"))) for layer in layers
    ]
    ours = [derived(n, compare, **network) for n in _SIZES]
    agree = all(
        classes(layer.names(), left) == classes(layer.names(), right)
        for layer, left, right in zip(layers, printed, ours, strict=True)
    )
    return printed, ours, agree


def _missing(number: str, **network: str) -> Answer:
    """Return the answer for equations that leave out the outputs that σ does not move."""
    printed, ours, agree = _equations(number, **network)
    counts = "; ".join(
        f"n = {n}: {len(right)} equalities, {len(right - left)} of them not printed"
        for n, left, right in zip(_SIZES, printed, ours, strict=True)
    )
    if not agree or any(left - right for left, right in zip(printed, ours, strict=True)):
        return Answer(counts, Verdict.CORRECTED, "the classes of weights differ")
    if printed == ours:
        return Answer(counts, Verdict.SAME)
    return Answer(
        counts,
        Verdict.INCOMPLETE,
        "the equations of outputs that σ doesn't move are left out; the printed ones imply "
        "them, so the classes are the same",
    )


@check("15")
def _linear_equalities() -> Answer:
    return _missing("15", layer="linear")


@check("16")
def _linear_form() -> Answer:
    def is_form(n: int) -> bool:
        (layer,) = pc.NetworkSpec(n, layer="linear").layers
        diagonal = frozenset(layer.name(k, k) for k in range(n))
        rest = frozenset(layer.name(k, i) for k, i in permutations(range(n), 2))
        return classes(layer.names(), derived(n, layer="linear")) == {diagonal, rest}

    good = all(map(is_form, _SIZES))
    return judged(
        "one class on the diagonal, one beside it, for n = 2 … 5",
        good,
        "with a bias a third class is added, the column of the unit",
    )


def _identity(number: str, indices: str, correction: str) -> Answer:
    """Compare both sides of a printed polynomial identity with the expanded layer."""
    (layer,) = pc.NetworkSpec(4, indices=indices).layers  # type: ignore[arg-type]
    wrong: set[str] = set()
    for h, k in permutations(range(1, 5), 2):
        for side, output in (("left", k), ("right", h)):
            printed = monomial_terms(number, side, layer, h, k)
            moved = (h, k) if side == "left" else (h, h)
            true = transposed(4, output, *moved, indices)
            wrong |= {side for mu in true if printed.get(mu) != true[mu]}
    if not wrong:
        return Answer("both sides are the expanded outputs, for n = 4 and all h, k", Verdict.SAME)
    return Answer(correction, Verdict.CORRECTED, _REPEATED)


@check("20")
def _redundant_sides() -> Answer:
    return _identity("20", "redundant", "other sums")


@check("25")
def _ordered_sides() -> Answer:
    return _identity("25", "ordered", "the same sums with j ≠ h, k repeated in the last line")


_REPEATED = (
    "the last step drops the condition j ≠ h, k, and so counts W^k_hk x_k² besides "
    "W^k_hk x_k x_h; (26) and (27) were derived with it and are not affected"
)


@check("21")
def _paper_comparison() -> Answer:
    printed, ours, _ = _equations("21", "paper", indices="redundant")
    dimensions = [
        "/".join(
            str(derivation(n, compare, indices="redundant").dimension)
            for compare in ("tensor", "paper", "function")
        )
        for n in _SIZES
    ]
    if printed != ours:
        return Answer("other equalities", Verdict.CORRECTED)
    return Answer(
        f"with --compare paper the same equalities for n = 2 … 5 ({len(ours[-1])} for n = 5); "
        f"dimension under tensor/paper/function: {', '.join(dimensions)}",
        Verdict.SAME,
        "what is equated is neither x_i x_j and x_j x_i as one monomial (function: exact) nor "
        "the two kept apart (tensor): stronger than needed, and sufficient",
    )


@check("26-27")
def _halves() -> Answer:
    (layer,) = pc.NetworkSpec(4).layers
    first, second = (equalities("27", layer, lines) for lines in (range(1, 8), range(8, 15)))
    answer = _missing("26+27")
    if first != second or answer.verdict is Verdict.CORRECTED:
        return answer
    return Answer(
        answer.ours,
        answer.verdict,
        f"{answer.reason}. The two halves of (27) are the same equalities with h and k renamed, "
        "and each line needs its half's heading",
    )


@check("23")
def _entries() -> Answer:
    counts = [pc.NetworkSpec(n).weights for n in (2, 3, 4)]
    formula = [n * n * (n + 1) // 2 for n in (2, 3, 4)]
    return judged(
        f"N²(N+1)/2 of the N³ entries are used: {', '.join(map(str, counts))} for N = 2, 3, 4",
        not counts == formula != [8, 27, 64],
        "i ≤ j leaves the other half of each matrix empty, as section 2.6 counts",
    )


@check("ordered-distinct")
def _ordered_counts() -> Answer:
    printed = paper()["ordered_distinct"]
    ours = {n: derivation(n).distinct_weights for n in range(1, 9)}
    same = all(count == printed.get(str(n), printed["otherwise"]) for n, count in ours.items())
    return judged(
        f"{', '.join(map(str, ours.values()))} for N = 1 … 8",
        same,
        "a class is a pattern of equal indices: k = i = j; k ≠ i = j; k one of i ≠ j; all "
        "different",
    )
