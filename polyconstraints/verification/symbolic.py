"""An exact proof by expansion: the tied network as a polynomial, compared term by term."""

from __future__ import annotations

from fractions import Fraction
from math import comb

from polyconstraints.algebra import Polynomial, PolynomialRing
from polyconstraints.errors import TooLargeError
from polyconstraints.expansion import evaluate
from polyconstraints.tying import TyingMap

__all__ = ["is_symmetric_by_expansion", "predicted_terms"]

MAX_TERMS = 1_000_000
"""Terms of all outputs together beyond which the expansion is refused."""

_TERM_BYTES = 150


def predicted_terms(tying: TyingMap) -> int:
    """Return a bound on the terms of all outputs of a tied network, fully expanded.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(3))
    >>> predicted_terms(pc.derive(pc.NetworkSpec(3), symmetry).tying_map())
    72
    """
    network = tying.network
    letters = network.layers[0].letters
    terms = network.units[-1] * comb(letters + network.degree - 1, network.degree)
    for at, layer in enumerate(tying.layers):
        power = layer.layer.degree ** (network.depth - 1 - at)
        terms *= comb(len(layer.free) + power - 1, power)
    return terms


def is_symmetric_by_expansion(tying: TyingMap) -> bool:
    """Return whether F(σx) = σF(x) as polynomials in the parameters and x, for each generator.

    Raises
    ------
    TooLargeError
        If the expansion would have too many terms.

    Notes
    -----
    Only the equality of polynomials in canonical form is relied upon.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(2), "equivariant")
    >>> tying = pc.derive(pc.NetworkSpec(2, depth=2), symmetry).tying_map()
    >>> is_symmetric_by_expansion(tying)
    True
    """
    terms = predicted_terms(tying)
    if terms > MAX_TERMS:
        raise TooLargeError(
            f"the layers are not symmetric one by one, and expanding the tied network takes up "
            f"to {terms:,} terms, about {terms * _TERM_BYTES:,} bytes, of which at most "
            f"{MAX_TERMS:,} are allowed; a random check, not an exact one, needs neither",
            terms,
            terms * _TERM_BYTES,
        )
    network = tying.network
    names = [f"t{layer.layer.index}_{number}" for layer in tying.layers for number in layer.free]
    ring = PolynomialRing([*network.input_names(), *names])
    generators = dict(zip(ring.names, ring.gens(), strict=True))
    weights: dict[str, Polynomial] = {}
    for layer in tying.layers:
        values = _class_polynomials(tying, layer.layer.index, ring, generators)
        numbers = layer.classes[layer.layer.mask].tolist()
        for name, number in zip(layer.layer.names(), numbers, strict=True):
            weights[name] = values[number]
    inputs = [generators[name] for name in network.input_names()]
    plain = evaluate(network, weights, inputs, ring.one)
    for action in tying.symmetry.unit_actions(network, generators=True):
        letters, outputs = action[0], action[-1]
        if letters is None or outputs is None:
            return False
        moved = evaluate(network, weights, [inputs[unit] for unit in letters], ring.one)
        if moved != [plain[image] for image in outputs]:
            return False
    return True


def _class_polynomials(
    tying: TyingMap, index: int, ring: PolynomialRing, generators: dict[str, Polynomial]
) -> dict[int, Polynomial]:
    layer = tying.layers[index]
    values = {number: generators[f"t{index}_{number}"] for number in layer.free}
    result = dict(values)
    for number, combination in layer.dependent.items():
        total = ring.zero
        for free, factor in combination.items():
            total = total + values[free] * Fraction(factor)
        result[number] = total
    return result
