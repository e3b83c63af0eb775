"""Where training starts: parameters that keep the activations' size through depth.

Two steps. First each parameter is drawn with the standard deviation 1/(√T N), where an
output reads T classes and N of its weights belong to the parameter. For the free network
this is the usual 1/√fan-in of independent weights; for shared ones every class gets an equal
part of the output, whatever the number n of components. Constants start at 0, and beside
linear terms (a bias makes some) quadratic ones start small: near enough to linear for the
deviations of single samples not to grow from layer to layer.

Then each layer in turn is scaled so that its outputs on a fixed batch of unit mean square
have a mean square of 1 (layer-sequential unit variance, Mishkin and Matas, arXiv:1511.06422).
No standard deviation does this by itself: a tied layer has too few parameters for the factor
c by which it changes the size to be near 1, and d quadratic layers turn it into c^(2^d).

Without a bias a network is homogeneous of degree 2^d, so that the mean over the samples says
nothing but what the largest one does; there it is the geometric mean that is made 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyconstraints.backends.plan.layer import LayerPlan
from polyconstraints.backends.plan.patterns import Kind, Pattern, Site
from polyconstraints.backends.plan.recognition import Symmetric

__all__ = ["is_homogeneous", "natural_scales", "reference_inputs", "standard_deviations"]

#: Samples and seed of the batch that layers are scaled on.
_SAMPLES = 256
_SEED = 48

#: Part of quadratic terms beside linear ones. With 1/32 even inputs of three standard
#: deviations pass through six layers without growing much.
_QUADRATIC_SHARE = 1 / 32


class _Fan(NamedTuple):
    """What one output of a layer reads."""

    members: NDArray[np.float64]
    """For each parameter, how many weights of one output it sets, times its factors."""

    degrees: NDArray[np.int64]
    """For each parameter, the largest degree of the monomials that it weighs."""

    terms: NDArray[np.int64]
    """For each degree 0, 1 and 2, the number of classes that one output reads."""


def is_homogeneous(plan: LayerPlan) -> bool:
    """Return whether a layer has quadratic terms only."""
    return plan.layer.degree == 2 and not plan.layer.bias


def standard_deviations(plan: LayerPlan) -> NDArray[np.float64]:
    """Return the standard deviation of each parameter at the start; 0 for constants.

    Returns
    -------
    float array of shape (parameters,)

    Examples
    --------
    >>> from polyconstraints import NetworkSpec
    >>> plan = LayerPlan.symmetric(NetworkSpec(5).layers[0], Site(5, 1, 1, True))
    >>> (1 / standard_deviations(plan)).round(6).tolist()    # √4 times 1, 4, 4 and 6
    [2.0, 8.0, 8.0, 12.0]
    """
    members, degrees, terms = _fan(plan)
    counted = members > 0
    scale = np.where(counted, members * np.sqrt(np.maximum(terms, 1))[degrees], 1.0)
    share = np.array([0.0, 1.0, 1.0 if is_homogeneous(plan) else _QUADRATIC_SHARE])
    return np.asarray(counted * share[degrees] / scale)


def natural_scales(plan: LayerPlan) -> NDArray[np.float64]:
    """Return for each parameter 1/N, where N weights of one output belong to it.

    Steps of equal size in parameters divided by these change the outputs by amounts of equal
    size, whatever the number n of components: what an optimiser with one learning rate wants.
    """
    members, _, _ = _fan(plan)
    return np.asarray(1.0 / np.maximum(members, 1.0))


def reference_inputs(units: int) -> NDArray[np.float64]:
    """Return the batch on which layers are scaled: 256 samples, each of unit mean square."""
    batch = np.random.default_rng(_SEED).standard_normal((_SAMPLES, units))
    norm = np.sqrt((batch**2).mean(axis=1, keepdims=True))
    return np.asarray(batch / norm)


def _fan(plan: LayerPlan) -> _Fan:
    form, layer = plan.symmetric_form, plan.layer
    if form is not None:
        return _fan_of_patterns(plan, form)
    counts = np.zeros((3, plan.class_count + 1))
    terms = np.zeros(3, dtype=np.int64)
    degree = _degrees(plan)
    rows = plan.classes.reshape(layer.outputs, -1)
    for of_degree in range(3):
        for row in rows[:, degree == of_degree]:
            found = np.bincount(row, minlength=plan.class_count + 1)
            np.maximum(counts[of_degree], found, out=counts[of_degree])
            terms[of_degree] = max(terms[of_degree], np.count_nonzero(found[:-1]))
    values = plan.values
    shares = np.abs(values.factors) * counts[:, values.rows]
    members = np.array(
        [np.bincount(values.columns, weights=row, minlength=plan.parameters) for row in shares]
    )
    degrees = 2 - np.argmax(members[::-1] > 0, axis=0)
    degrees[~members.any(axis=0)] = 0
    return _Fan(members.sum(axis=0), degrees, terms)


def _degrees(plan: LayerPlan) -> NDArray[np.int64]:
    """Return the degree of the monomial of each place of one output's weights."""
    real = np.ones(plan.layer.letters, dtype=np.int64)
    real[: int(plan.layer.bias)] = 0
    return real if plan.layer.degree == 1 else (real[:, None] + real[None, :]).ravel()


def _fan_of_patterns(plan: LayerPlan, form: Symmetric) -> _Fan:
    """Return the same for a layer with the symmetry of S_n, at no cost that grows with n."""
    members = np.zeros(plan.parameters)
    degrees = np.zeros(plan.parameters, dtype=np.int64)
    terms = np.zeros(3, dtype=np.int64)
    for pattern, combination in form.coefficients.items():
        degree = _degree(pattern)
        # Every output of the channel reads the pattern; channels have the same patterns.
        terms[degree] += pattern.output == 0
        for at, factor in combination.items():
            members[at] += abs(float(factor)) * _size(pattern, form.site)
            degrees[at] = max(degrees[at], degree)
    return _Fan(members, degrees, terms)


def _degree(pattern: Pattern) -> int:
    if pattern.kind is Kind.CONSTANT:
        return 0
    return 1 if pattern.kind in (Kind.OWN, Kind.OTHER) else 2


def _size(pattern: Pattern, site: Site) -> int:
    """Return how many products of one output a pattern has."""
    others = site.components - site.moves
    if pattern.kind in (Kind.CONSTANT, Kind.OWN, Kind.OWN_PAIR):
        return 1
    if pattern.kind is Kind.APART:
        ordered = others * (others - 1)
        return ordered // 2 if pattern.first == pattern.second else ordered
    return others
