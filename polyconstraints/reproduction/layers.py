"""Items on single layers: the equations of sections 1 and 2.2 to 2.5."""

from __future__ import annotations

from itertools import permutations

import polyconstraints as pc
from polyconstraints.reproduction.items import Answer, Check, Verdict
from polyconstraints.reproduction.ours import classes, derivation, derived, transposed
from polyconstraints.reproduction.printed import Equality, equalities, monomial_terms, paper

__all__ = ["FIRST", "ORDERED"]

_SIZES = (2, 3, 4, 5)


def _definitions() -> Answer:
    verified = [
        pc.verify(derivation(3, kind=kind, depth=2, bias=True, outputs=outputs).tying_map())
        for kind, outputs in (("invariant", 1), ("equivariant", 3))
    ]
    good = all(one.symmetric for one in verified)
    return Answer(
        "the same two definitions; the derived maps for n = 3, d = 2 with bias satisfy them"
        if good
        else "the derived maps do not satisfy them",
        Verdict.SAME if good else Verdict.CORRECTED,
    )


def _neuron() -> Answer:
    expansion = pc.expand(pc.NetworkSpec(3, indices="redundant"))
    size = expansion.term_count(0)
    return Answer(
        f"the same; with n = 3 one output has {size} terms, W^k_ij and W^k_ji on one x_i x_j",
        Verdict.SAME if size == 9 else Verdict.CORRECTED,
    )


def _equations(
    number: str, sizes: tuple[int, ...], compare: str = "function", **network: str
) -> tuple[list[set[Equality]], list[set[Equality]], bool]:
    """Return the printed equalities, ours, and whether the classes agree, for some n."""
    printed, ours = [], []
    agree = True
    for n in sizes:
        (layer,) = pc.NetworkSpec(n, **network).layers  # type: ignore[arg-type]
        found = set()
        for one in number.split("+"):
            found |= equalities(one, layer)
        printed.append(found)
        ours.append(derived(n, compare, **network))
        agree &= classes(layer.names(), found) == classes(layer.names(), ours[-1])
    return printed, ours, agree


def _missing(number: str, **network: str) -> Answer:
    """Return the answer for equations that leave out the outputs that σ does not move."""
    printed, ours, agree = _equations(number, _SIZES, **network)
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


def _linear_form() -> Answer:
    def is_form(n: int) -> bool:
        (layer,) = pc.NetworkSpec(n, layer="linear").layers
        diagonal = frozenset(layer.name(k, k) for k in range(n))
        rest = frozenset(layer.name(k, i) for k, i in permutations(range(n), 2))
        return classes(layer.names(), derived(n, layer="linear")) == {diagonal, rest}

    good = all(map(is_form, _SIZES))
    return Answer(
        "one class on the diagonal, one beside it, for n = 2 … 5",
        Verdict.SAME if good else Verdict.CORRECTED,
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


_REPEATED = (
    "the last step drops the condition j ≠ h, k, and so counts W^k_hk x_k² besides "
    "W^k_hk x_k x_h; (26) and (27) were derived with it and are not affected"
)


def _paper_comparison() -> Answer:
    printed, ours, _ = _equations("21", _SIZES, "paper", indices="redundant")
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


def _entries() -> Answer:
    counts = [pc.NetworkSpec(n).weights for n in (2, 3, 4)]
    formula = [n * n * (n + 1) // 2 for n in (2, 3, 4)]
    return Answer(
        f"N²(N+1)/2 of the N³ entries are used: {', '.join(map(str, counts))} for N = 2, 3, 4",
        Verdict.CORRECTED if counts == formula != [8, 27, 64] else Verdict.SAME,
        "i ≤ j leaves the other half of each matrix empty, as section 2.6 counts",
    )


def _ordered_counts() -> Answer:
    printed = paper()["ordered_distinct"]
    ours = {n: derivation(n).distinct_weights for n in range(1, 9)}
    same = all(count == printed.get(str(n), printed["otherwise"]) for n, count in ours.items())
    return Answer(
        f"{', '.join(map(str, ours.values()))} for N = 1 … 8",
        Verdict.SAME if same else Verdict.CORRECTED,
        "a class is a pattern of equal indices: k = i = j; k ≠ i = j; k one of i ≠ j; all "
        "different",
    )


FIRST = (
    Check(
        "1-2",
        "eqs. (1), (2)",
        "invariance and equivariance",
        "F(σx) = F(x) and F(σx) = σF(x) for all σ in S_n",
        _definitions,
    ),
    Check(
        "8",
        "eqs. (8), (36)",
        "the quadratic neuron",
        "o_k = Σ_j Σ_i W^k_ij o_i o_j, where the sums can be interchanged",
        _neuron,
    ),
    Check(
        "15",
        "eq. (15)",
        "equalities of a linear layer",
        "W_ij = W_ik (i ≠ j, k); W_kj = W_jk; W_jj = W_kk",
        lambda: _missing("15", layer="linear"),
    ),
    Check("16", "eq. (16)", "form of a linear layer", "W = αI + β11ᵀ", _linear_form),
    Check(
        "20",
        "eq. (20)",
        "both sides for redundant indices, expanded",
        "nine sums on either side",
        lambda: _identity("20", "redundant", "other sums"),
    ),
    Check(
        "21",
        "eq. (21)",
        "equalities for redundant indices",
        "eight lines, the last of them a^h_hk + a^h_kh = a^k_hk + a^k_kh",
        _paper_comparison,
    ),
)

ORDERED = (
    Check(
        "23",
        "after eq. (23)",
        "entries of W with ordered indices",
        "W has N × N × N entries",
        _entries,
    ),
    Check(
        "25",
        "eq. (25)",
        "both sides for ordered indices, expanded",
        "sums over j > h and j > k in the last lines",
        lambda: _identity("25", "ordered", "the same sums with j ≠ h, k repeated in the last line"),
    ),
    Check(
        "26-27",
        "eqs. (26), (27)",
        "equalities for ordered indices",
        "three black and fourteen coloured lines",
        _halves,
    ),
    Check(
        "ordered-distinct",
        "section 2.5",
        "distinct weights with ordered indices",
        "4 for all N, except 1 and 3 for N = 1, 2",
        _ordered_counts,
    ),
)
