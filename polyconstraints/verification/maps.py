"""Decide whether every network of a tying map, or of a rule, has the symmetry that it states.

Whether a weight of a rule and its image under a transposition of letters have the same class
depends on the letters of the weight and those two: as many as the largest pattern has, and two
more, decide for any number of letters.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack, overload

from polyconstraints.classes.reduction import function_dimension
from polyconstraints.derivation import derive
from polyconstraints.errors import TooLargeError, UsageError, explained
from polyconstraints.spec import integer
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.problem import Words
from polyconstraints.tying import TyingMap, TyingRule
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
from polyconstraints.verification.result import Completeness, Completion, RuleSizes, Verification
from polyconstraints.verification.trained import (
    WeightCheck,
    Weights,
    check_weights,
    weight_arrays,
)

if TYPE_CHECKING:
    from polyconstraints.spec.groups import GroupLike
    from polyconstraints.spec.symmetry import Symmetry

DEFAULT_TRIALS = 3
"""Random networks that are looked at unless the caller says otherwise."""

_MOVED = 2
"""Letters that a transposition moves."""


#: Weights, over layers that differ, up to which the true dimension is derived.
_MAX_WEIGHTS = 1 << 23

#: The same for dimensions of functions, which need the classes of all layers.
_MAX_FUNCTION_WEIGHTS = 20_000


class _Words(Words, total=False):
    """What says how a map or weights are verified, and which where there is no map."""

    trials: int
    seed: int
    exact: bool
    tolerance: float | None


@overload
def verify(
    tying: TyingMap | NetworkSpec | None = None,
    symmetry: Symmetry | GroupLike | None = None,
    *,
    weights: None = None,
    **words: Unpack[_Words],
) -> Verification: ...
@overload
def verify(
    tying: TyingMap | NetworkSpec | None = None,
    symmetry: Symmetry | GroupLike | None = None,
    *,
    weights: Weights,
    **words: Unpack[_Words],
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


# --- Completeness ---------------------------------------------------------------------------


def completeness(tying: TyingMap) -> Completeness:
    """Compare a map, whose layers are each symmetric, with all networks that have its symmetry.

    The yardstick is layer scope with coefficients of commuting monomials (``function``):
    neither too weak nor too strong. Symmetric networks whose layers are not symmetric for
    the actions that the map states are other strata, and not counted.
    """
    network, mine = tying.network, tying.dimension
    different = {replace(layer, index=0) for layer in network.layers}
    if sum(layer.weights for layer in different) > _MAX_WEIGHTS:
        return Completeness("not known", mine)
    exact = replace(tying.symmetry, permutations="generators", scope="layer", compare="function")
    try:
        derived = derive(network, exact)
    except TooLargeError:
        return Completeness("not known", mine)
    true = derived.dimension
    functions = true_functions = None
    if network.weights <= _MAX_FUNCTION_WEIGHTS:
        functions = function_dimension(network, tying.layers)
        true_functions = derived.function_dimension
    known = functions is not None and true_functions is not None
    # Whether different weights always give different functions.
    faithful = network.depth == 1 and (network.layer == "linear" or network.indices == "ordered")
    if mine == true:
        status: Completion = "complete"
    elif known and functions == true_functions:
        status = "complete as functions"
    else:
        status = "ties more than needed" if known or faithful else "not known"
    return Completeness(status, mine, true, functions, true_functions)
