"""Decide whether every network of a tying map, or of a rule, has the symmetry that it states.

A rule gives the class of a weight by the pattern of equal letters in its indices. Symmetry of a
layer relates a weight to its image under a transposition of two letters: whether they have the
same class depends on the letters of the weight, at most as many as the largest pattern has, and
on those two. Any such choice of letters is met, in the same order, among that many letters. So a
rule's layers are symmetric for all numbers of letters if they are for as many as the largest
pattern needs and two more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack, overload

from polyconstraints.derivation import derive
from polyconstraints.errors import UsageError, explained
from polyconstraints.spec import integer
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.problem import Words
from polyconstraints.tying import TyingMap, TyingRule
from polyconstraints.verification.completeness import completeness
from polyconstraints.verification.points import (
    draw_prime,
    error_bound,
    is_symmetric_by_expansion,
    random_check,
    seeded,
    small_counterexample,
    total_degree,
)
from polyconstraints.verification.proofs import layerwise
from polyconstraints.verification.result import RuleSizes, Verification
from polyconstraints.verification.trained import (
    WeightCheck,
    Weights,
    check_weights,
    weight_arrays,
)

if TYPE_CHECKING:
    from polyconstraints.spec.groups import GroupLike
    from polyconstraints.spec.symmetry import Symmetry

__all__ = ["DEFAULT_TRIALS", "sizes_of", "verify", "verify_rule"]

DEFAULT_TRIALS = 3
"""Random networks that are looked at unless the caller says otherwise."""

_MOVED = 2
"""Letters that a transposition moves."""


@overload
def verify(
    tying: TyingMap | NetworkSpec | None = None,
    symmetry: Symmetry | GroupLike | None = None,
    *,
    weights: None = None,
    trials: int = DEFAULT_TRIALS,
    seed: int = 0,
    exact: bool = False,
    tolerance: float | None = None,
    **words: Unpack[Words],
) -> Verification: ...
@overload
def verify(
    tying: TyingMap | NetworkSpec | None = None,
    symmetry: Symmetry | GroupLike | None = None,
    *,
    weights: Weights,
    trials: int = DEFAULT_TRIALS,
    seed: int = 0,
    exact: bool = False,
    tolerance: float | None = None,
    **words: Unpack[Words],
) -> WeightCheck: ...
@explained
def verify(
    tying: TyingMap | NetworkSpec | None = None,
    symmetry: Symmetry | GroupLike | None = None,
    *,
    weights: Weights | None = None,
    trials: int = DEFAULT_TRIALS,
    seed: int = 0,
    exact: bool = False,
    tolerance: float | None = None,
    **words: Unpack[Words],
) -> Verification | WeightCheck:
    """Decide whether every network that a map describes has the map's symmetry.

    With ``weights`` a trained network is checked instead: how symmetric its function is, and which
    weights deviate from the map.

    If every layer is equivariant, the hidden units permuted in the way that the map states or in
    any other way that fits, that is a proof. Otherwise F(σx) and σF(x) are compared at random
    parameters and inputs modulo a random prime of at least 127 bits, for each generator σ of
    the group.

    Parameters
    ----------
    tying : TyingMap or NetworkSpec, optional
        A map that :func:`~polyconstraints.derive` made, or that somebody wrote by hand. With
        ``weights`` also a network, or none where keywords describe it.
    symmetry, **words
        As for :func:`~polyconstraints.derive`, where there is no map.
    weights : sequence of arrays, or path, optional
        The weights of each layer, or a file that holds them as ``layer0``, ``layer1``, ….
    trials : int, default 3
        Number of random networks, where there is no proof layer by layer.
    seed : int, default 0
        Decides, with the map, all random choices: the same seed gives the same result.
    exact : bool, default False
        Where no counterexample is found and there is no proof layer by layer, prove the answer
        by expanding the tied network.
    tolerance : float, optional
        Largest relative error of weights that counts as none.

    Returns
    -------
    Verification or WeightCheck

    Raises
    ------
    UsageError
        If trials or seed make no sense.
    TooLargeError
        If the map is too large for the random check, or an exact answer would need too
        large an expansion.

    Notes
    -----
    A proof takes O(generators · weights) time. :mod:`polyconstraints.verification.points` derives
    the bound on the error of the random check, which takes O(trials · generators · weights)
    operations on big integers. A counterexample is certain; where the network is small, it is
    given in small integers.

    References
    ----------
    .. [1] J. T. Schwartz, "Fast probabilistic algorithms for verification of polynomial
       identities", J. ACM 27 (1980), 701-717.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> tying = pc.derive(n=3, depth=2).tying_map()
    >>> result = verify(tying)
    >>> result.symmetric, result.proof, result.error_bound
    (True, 'layerwise', None)
    >>> verify(n=2, layer="linear", weights=[[[1, 2], [2, 3]]]).deviating
    2
    """
    if not isinstance(tying, TyingMap):
        if weights is None:
            raise UsageError(f"expected a tying map, got {tying!r:.40}", "tying")
        tying = derive(tying, symmetry, **words).tying_map()
    elif symmetry is not None or words:
        raise UsageError("expected no description of a network beside a map", "symmetry")
    if weights is not None:
        arrays = weight_arrays(weights)
        return check_weights(tying, arrays, tolerance=tolerance, seed=seed)
    trials, seed = integer(trials, "trials"), integer(seed, "seed", 0)
    by_layers = layerwise(tying)
    result = Verification(
        symmetric=True,
        trials=0,
        prime=None,
        seed=seed,
        degree=total_degree(tying),
        generators=len(tying.symmetry.group.generators),
        error_bound=None,
        proof="layerwise",
        found_actions=by_layers.found,
        obstacle=by_layers.obstacle,
        completeness=completeness(tying) if by_layers.obstacle is None else None,
    )
    if by_layers.proved:
        return result
    draw = seeded(tying, seed)
    prime = draw_prime(tying, draw)
    result = replace(result, trials=trials, prime=prime, proof=None)
    counterexample = random_check(tying, trials, prime, draw)
    if counterexample is not None:
        counterexample = small_counterexample(tying, seed) or counterexample
        return replace(
            result, symmetric=False, proof="counterexample", counterexample=counterexample
        )
    if exact:
        return replace(result, symmetric=is_symmetric_by_expansion(tying), proof="expansion")
    return replace(result, error_bound=error_bound(tying, trials))


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
    """Decide whether every network of a rule has its symmetry, for any numbers of letters.

    Of the map for few letters whose layers decide about all; any counterexample is one of its.
    Where they do not, though its networks seem symmetric, of the map that is asked about.

    Examples
    --------
    >>> from polyconstraints.classes.any_network import AnyNetwork
    >>> result = verify_rule(TyingRule.of(AnyNetwork("S")), 10**6)
    >>> result.symmetric, result.proof, result.rule.checked
    (True, 'layerwise', (5,))
    """
    asked = rule.network.sizes(sizes)
    least = rule.network.sizes_of_all_patterns()
    checked = tuple(min(size, need + _MOVED) for size, need in zip(asked, least, strict=True))
    result = verify(rule.at(*checked), trials=trials, seed=seed, exact=exact)
    if result.symmetric and result.obstacle is not None and checked != asked:
        # What few letters tell about the layers they don't tell about the whole network.
        checked = asked
        result = verify(rule.at(*asked), trials=trials, seed=seed, exact=exact)
    return replace(result, rule=RuleSizes(asked, checked))
