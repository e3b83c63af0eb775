"""The dimension of the set of functions that an architecture of linear layers can compute.

An architecture (d_0, …, d_L) with an activation a(z) computes x ↦ A_L a(A_{L-1} … a(A_1 x)).
The closure of the set of these functions is its *neurovariety* [1]_, and its dimension the
rank of the differential of parameters ↦ (F(x_1), F(x_2), …) at random parameters and enough
random points. Modulo a prime that rank is never larger than the true one, so it is always a
lower bound; where it meets the upper bound that a count of parameters gives, it is proved.
Nothing is expanded: the cost is that of one elimination of as many rows as the dimension.

How many parameters give one function, the *generic fibre*, is found by a Gröbner basis or a
decomposition over a finite field. The scaling of hidden units is fixed by the first entry of every
row; what is left is the set of parameters whose expanded coefficients are those of a random
network. Permutations of hidden units always give the same function; where nothing else does, the
architecture is *identifiable*, as far as random parameters modulo a prime tell.

References
----------
.. [1] J. Kileel, M. Trager, J. Bruna, On the expressive power of deep polynomial neural
   networks, NeurIPS 2019, arXiv:1905.12207.
.. [2] B. Finkel, J. I. Rodriguez, C. Wu, T. Yahl, Activation degree thresholds and
   expressiveness of polynomial neural networks, Algebraic Statistics 16 (2025),
   arXiv:2408.04569.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import comb, factorial, prod
from typing import Any, ClassVar, Literal

import numpy as np

from polyconstraints.algebra import Polynomial, modular
from polyconstraints.display import Displayed
from polyconstraints.errors import TooLargeError, UsageError, explained
from polyconstraints.expansion import expand
from polyconstraints.schemas.writing import written
from polyconstraints.spec import integer
from polyconstraints.spec.activation import Activation
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.variety.equations.systems import (
    PRIME,
    System,
    decompose,
    find_systems,
    groebner_basis,
)
from polyconstraints.variety.strata.kernel import Setting, function_dimension

Status = Literal["proved", "almost surely"]

#: Entries of the largest matrix that is eliminated: some 40 bytes each while it is made.
MAX_ENTRIES = 1 << 27

#: Eliminations, in multiplications, after which no threshold is sought unasked.
_THRESHOLD_WORK = 10**10

#: Unknowns beyond which no Gröbner basis is tried.
MAX_UNKNOWNS = 40


@dataclass(frozen=True)
class Fibre:
    """The parameters that give the function of random ones, scalings fixed.

    The degree is their number, over the algebraic closure, where they are finitely many, and the
    dimension 0; symmetries are the permutations of hidden units, and the system what computed it.
    """

    dimension: int
    degree: int
    symmetries: int
    system: str
    prime: ClassVar[int] = PRIME

    @property
    def identifiable(self) -> bool:
        """Whether only the known symmetries give the same function."""
        return self.dimension == 0 and self.degree == self.symmetries


@explained
@dataclass(frozen=True)
class Neurovariety(Displayed):
    """What is known of the neurovariety of one architecture.

    Attributes
    ----------
    widths : tuple of int
        d_0, …, d_L.
    activation : Activation
    dimension : int
        The largest rank that was found.
    status : {"proved", "almost surely"}
        Whether the rank meets its upper bound, or two primes and random points agree.
    threshold : int or None
        The least t so that the dimension is :attr:`parameters` - :attr:`gauge` for z^r with
        every r > t; None where it isn't known or doesn't exist.
    fibre : Fibre or None
        How many parameters give one function, where that was asked for and found.
    """

    widths: tuple[int, ...]
    activation: Activation
    dimension: int
    status: Status
    threshold: int | None = None
    fibre: Fibre | None = None

    @property
    def parameters(self) -> int:
        """Number of entries of the matrices."""
        return sum(below * above for below, above in pairwise(self.widths))

    @property
    def gauge(self) -> int:
        """Dimension of the known changes of parameters that no function notices.

        With z^r each hidden unit can be scaled, which the next layer undoes.
        """
        monomial = sum(map(bool, self.activation.coefficients)) == 1
        return sum(self.widths[1:-1]) if monomial else 0

    @property
    def ambient(self) -> int:
        """Dimension of the space of all functions of the right degrees."""
        inputs = self.widths[0]
        degrees = _degrees(self.activation, len(self.widths) - 2)
        return self.widths[-1] * sum(comb(inputs + d - 1, d) for d in degrees)

    @property
    def expected(self) -> int:
        """The dimension that a count of parameters predicts, an upper bound."""
        return min(self.parameters - self.gauge, self.ambient)

    @property
    def defect(self) -> int:
        """How far the dimension falls short of the expected one."""
        return self.expected - self.dimension

    @property
    def filling(self) -> bool:
        """Whether almost every function of the right degrees is computed."""
        return self.dimension == self.ambient

    def with_threshold(self, seed: int = 0, unbounded: bool = False) -> Neurovariety:
        """Return the same with its :func:`threshold`, sought where that is quick or asked for."""
        work = None if unbounded else _THRESHOLD_WORK
        return replace(self, threshold=threshold(self.widths, seed, work=work))

    def to_json(self) -> dict[str, Any]:
        """Return the entry of a document of schema ``dimension``."""
        return written("variety.Architecture", self)


@explained
def neurovariety(
    widths: Sequence[int], activation: Activation | str = "z^2", seed: int = 0
) -> Neurovariety:
    """Return the dimension of the neurovariety of an architecture.

    Parameters
    ----------
    widths : sequence of int
        d_0, …, d_L, at least two.
    activation : Activation or str
    seed : int
        For the random parameters and points.

    Raises
    ------
    UsageError
        If a width is less than 1, or there are less than two.
    TooLargeError
        If the matrix would have more than 2^27 entries.

    Examples
    --------
    >>> found = neurovariety((3, 3, 3, 1), "z^2")
    >>> found.dimension, found.expected, found.ambient, found.status
    (12, 15, 15, 'almost surely')
    >>> neurovariety((3, 4, 1), "z^4").status
    'proved'
    """
    listed: object = widths
    if not isinstance(listed, Sequence) or isinstance(listed, str) or len(listed) < 2:
        raise UsageError(f"expected at least two widths as (3, 3, 1), got {listed!r:.40}", "widths")
    sizes = tuple(integer(width, "widths") for width in listed)
    activation = Activation.of(activation) or Activation.parse("z")
    unknown = Neurovariety(sizes, activation, 0, "proved")
    bound, parameters = unknown.expected, unknown.parameters
    entries = (bound + 2 * sizes[-1]) * parameters
    if entries > MAX_ENTRIES:
        raise TooLargeError(
            f"expected a matrix of at most {MAX_ENTRIES} entries, got one of {entries} for "
            f"{parameters} parameters",
            size=40 * entries,
        )
    network = NetworkSpec.architecture(sizes, activation)
    first, second = modular.PRIMES[:2]
    best = _rank(network, first, seed, bound)
    if best < bound:
        best = max(best, _rank(network, second, seed, best))
    return Neurovariety(sizes, activation, best, "proved" if best == bound else "almost surely")


#: The name that the command has.
dimension = neurovariety


def threshold(
    widths: Sequence[int],
    seed: int = 0,
    advance: Callable[[int, int], None] | None = None,
    work: int | None = _THRESHOLD_WORK,
) -> int | None:
    """Return the activation threshold of an architecture.

    That is the least t so that the dimension with z^r is the number of parameters less one
    for each hidden unit for every r > t. Beyond 6m² - 6m + 1, m the largest width, it is so
    wherever no width but the last is 1 [2]_, so that finitely many r remain; each of them is
    proved by a rank that meets its bound. That no smaller t would do is almost sure only.

    None if a width other than the last is 1, or if it would take more than so much work, in
    multiplications. Each r that is done is told with the number of them.

    Examples
    --------
    >>> threshold((2, 2, 2)), threshold((3, 2, 1))
    (1, 2)
    """
    sizes = tuple(widths)
    if len(sizes) < 3 or 1 in sizes[:-1]:
        return None
    largest = max(sizes)
    last = 6 * largest**2 - 6 * largest + 1
    unknown = Neurovariety(sizes, Activation.monomial(2), 0, "proved")
    full = unknown.parameters - unknown.gauge
    if work is not None and last * unknown.parameters**3 > work:
        return None
    for r in range(last, 1, -1):
        network = NetworkSpec.architecture(sizes, Activation.monomial(r))
        if _rank(network, modular.PRIMES[0], seed, full) != full:
            return r
        if advance is not None:
            advance(last + 1 - r, last)
    return 1


def _degrees(activation: Activation, times: int) -> set[int]:
    """Return the degrees that the activation, applied so many times, has in the inputs."""
    degrees = {1}
    for _ in range(times):
        powers = {degree for degree, value in enumerate(activation.coefficients) if value}
        most = max(degrees) * activation.degree
        if degrees == {1} or len(powers) == 1:
            degrees = {degree * power for degree in degrees for power in powers}
        else:
            degrees = set(range(most + 1))
    return degrees


def _rank(network: NetworkSpec, prime: int, seed: int, bound: int) -> int:
    """Return the rank of the differential at random points modulo a prime, one of this bound."""
    setting = Setting.make(network, (), prime, seed)
    weights = [setting.random((layer.outputs, layer.products)) for layer in network.layers]
    return function_dimension(setting, weights, guess=bound)


# --- Fibres ------------------------------------------------------------------------------


def generic_fibre(
    widths: Sequence[int],
    activation: Activation | str = "z^2",
    time_limit: float = 60,
    seed: int = 0,
    system: System | None = None,
) -> Fibre | None:
    """Return the generic fibre of an architecture, or None when the time is up.

    The activation is z^r, under which hidden units can be scaled; the time limit is in seconds, and
    the seed for the random parameters, modulo 32003. The system is the first one installed, else
    SymPy, unless given.

    Raises
    ------
    UsageError
        If the activation is no z^r.
    TooLargeError
        If there are more than 40 unknowns.

    Examples
    --------
    >>> fibre = generic_fibre((2, 2, 1), "z^3")  # a binary cubic as a sum of two cubes
    >>> fibre.degree, fibre.symmetries, fibre.identifiable
    (2, 2, True)
    """
    if isinstance(activation, str):
        activation = Activation.parse(activation)
    if sum(map(bool, activation.coefficients)) != 1:
        raise UsageError(f"expected z^r for a fibre, got {activation}", "activation")
    sizes = tuple(widths)
    network = NetworkSpec.architecture(sizes, activation)
    unknowns = network.weights - sum(sizes[1:-1])
    if unknowns > MAX_UNKNOWNS:
        raise TooLargeError(f"expected at most {MAX_UNKNOWNS} unknowns, got {unknowns}")
    equations = _fibre_equations(network, seed)
    occurring = {name for equation in equations for name in equation.variables()}
    names = [name for name in network.weight_names() if name in occurring]
    symmetries = prod(map(factorial, sizes[1:-1]))
    chosen = system or next(iter(find_systems()), None)
    if chosen is None:
        basis = groebner_basis(equations, time_limit, PRIME)
        if basis is None:
            return None
        return Fibre(basis.dimension, basis.degree, symmetries, "sympy")
    found = decompose(chosen, equations, names, time_limit)
    if found is None:
        return None
    dimension = max(component.dimension for component in found.components)
    degree = sum(c.degree for c in found.components if c.dimension == dimension)
    return Fibre(dimension, degree, symmetries, chosen.name)


def _fibre_equations(network: NetworkSpec, seed: int) -> list[Polynomial]:
    """Return the equations of the parameters with the function of random ones, modulo a prime."""
    rng = np.random.default_rng([seed, PRIME])
    expansion = expand(network)
    ring = expansion.weight_ring
    point = {name: int(rng.integers(1, PRIME)) for name in ring.names}
    fixed = {
        layer.name(unit, 0): point[layer.name(unit, 0)]
        for layer in network.layers[:-1]
        for unit in range(layer.outputs)
    }
    equations = []
    for output in range(1, network.units[-1] + 1):
        for monomial in expansion.monomials:
            coefficient = expansion.coefficient_polynomial(output, monomial)
            value = coefficient.evaluate(point) % PRIME
            difference = coefficient.substitute(fixed) - value
            equations.append(difference.map_coefficients(lambda number: int(number) % PRIME))
    return [equation for equation in equations if not equation.is_zero]
