"""Maps that are rules, verified for every number of inputs by a small one.

A rule gives the class of a weight by the pattern of equal letters in its indices. Symmetry
relates a weight to its image under a transposition of two letters: whether they have the same
class depends on the letters of the weight, at most as many as the largest pattern has, and on
those two. Any such choice of letters is met, in the same order, among that many letters. So a
rule is right for all numbers of letters if it is right for as many as the largest pattern
needs and two more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from polyconstraints.tying import TyingRule
from polyconstraints.verification.maps import DEFAULT_TRIALS, verify
from polyconstraints.verification.result import RuleSizes, Verification

__all__ = ["sizes_of", "verify_rule"]

_MOVED = 2
"""Letters that a transposition moves."""


def sizes_of(rule: TyingRule, document: Any) -> tuple[int, ...]:
    """Return the numbers of letters that a rule's document states, which has been read."""
    letters = document["layers"][0]["rule"]["letters"]
    return tuple(int(letters[sort.name]) for sort in rule.network.sorts)


def verify_rule(
    rule: TyingRule,
    *sizes: int,
    trials: int = DEFAULT_TRIALS,
    seed: int = 0,
    exact: bool = False,
) -> Verification:
    """Decide whether every network of a rule has its symmetry, for any number of inputs.

    Parameters
    ----------
    rule : TyingRule
    *sizes : int
        The numbers of letters that are asked about.
    trials, seed, exact
        As for :func:`~polyconstraints.verification.verify`.

    Returns
    -------
    Verification
        Of the map for few letters that decides about all; any counterexample is one of its.

    Examples
    --------
    >>> from polyconstraints.classes.any_network import AnyNetwork
    >>> result = verify_rule(TyingRule.of(AnyNetwork("S")), 10**6, exact=True)
    >>> result.symmetric, result.proof, result.rule.checked
    (True, 'layerwise', (5,))
    """
    asked = rule.network.sizes(sizes)
    least = rule.network.sizes_of_all_patterns()
    checked = tuple(min(size, need + _MOVED) for size, need in zip(asked, least, strict=True))
    result = verify(rule.at(*checked), trials=trials, seed=seed, exact=exact)
    return replace(result, rule=RuleSizes(asked, checked))
