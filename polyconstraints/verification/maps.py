"""Decide whether every network of a tying map has the symmetry that the map states."""

from __future__ import annotations

from polyconstraints.errors import UsageError
from polyconstraints.tying import TyingMap
from polyconstraints.verification.completeness import completeness
from polyconstraints.verification.counterexample import small_counterexample
from polyconstraints.verification.field import draw_prime, error_bound, seeded, total_degree
from polyconstraints.verification.layerwise import layerwise_obstacle
from polyconstraints.verification.randomised import random_check
from polyconstraints.verification.result import Proof, Verification
from polyconstraints.verification.symbolic import is_symmetric_by_expansion

__all__ = ["DEFAULT_TRIALS", "verify"]

DEFAULT_TRIALS = 3
"""Random networks that are looked at unless the caller says otherwise."""


def verify(
    tying: TyingMap, *, trials: int = DEFAULT_TRIALS, seed: int = 0, exact: bool = False
) -> Verification:
    """Decide whether every network that a map describes has the map's symmetry.

    F(σx) and σF(x) are compared at random parameters and inputs modulo a random prime of at
    least 127 bits, for each generator σ of the group.

    Parameters
    ----------
    tying : TyingMap
        A map that :func:`~polyconstraints.derive` made, or that somebody wrote by hand.
    trials : int, default 3
        Number of random networks.
    seed : int, default 0
        Decides, with the map, all random choices: the same seed gives the same result.
    exact : bool, default False
        Prove symmetry instead: layer by layer where each layer has it, which works for any
        depth, else by expanding the tied network.

    Returns
    -------
    Verification

    Raises
    ------
    UsageError
        If trials or seed make no sense.
    TooLargeError
        If the map is too large for the random check, or an exact answer would need too
        large an expansion.

    Notes
    -----
    :mod:`polyconstraints.verification.field` derives the bound on the error. A
    counterexample is certain. Where the network is small, it is given in small integers.

    Time is O(trials · generators · products) big-integer operations a layer and as many
    floating-point ones as there are weights outside the largest classes.

    References
    ----------
    .. [1] J. T. Schwartz, "Fast probabilistic algorithms for verification of polynomial
       identities", J. ACM 27 (1980), 701-717.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(3))
    >>> tying = pc.derive(pc.NetworkSpec(3, depth=2), symmetry).tying_map()
    >>> result = verify(tying)
    >>> result.symmetric, result.error_bound < 1e-30
    (True, True)
    >>> verify(tying, exact=True).proof
    'layerwise'
    """
    if trials < 1:
        raise UsageError(f"expected an integer of at least 1, got {trials}", "trials")
    if seed < 0:
        raise UsageError(f"expected an integer of at least 0, got {seed}", "seed")
    draw = seeded(tying, seed)
    prime = draw_prime(tying, draw)
    obstacle = layerwise_obstacle(tying)
    proof: Proof | None = None
    bound = error_bound(tying, trials)
    counterexample = random_check(tying, trials, prime, draw)
    symmetric = counterexample is None
    if counterexample is not None:
        proof, bound = "counterexample", 0.0
        counterexample = small_counterexample(tying, seed) or counterexample
    elif exact:
        if obstacle is None:
            proof, bound = "layerwise", 0.0
        else:
            symmetric = is_symmetric_by_expansion(tying)
            proof, bound = "expansion", 0.0
    return Verification(
        symmetric=symmetric,
        trials=trials,
        prime=prime,
        seed=seed,
        degree=total_degree(tying),
        generators=len(tying.symmetry.group.generators),
        error_bound=bound,
        counterexample=counterexample,
        proof=proof,
        obstacle=obstacle,
        completeness=completeness(tying) if obstacle is None else None,
    )
