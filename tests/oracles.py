"""Brute-force reference implementations, sharing no code with the package.

Everything is written from the definitions, for small sizes, with SymPy for the algebra.  Names are
the package's: ``W{layer}_{k}_{i}_{j}`` (linear layers ``W{layer}_{k}_{i}``), inputs ``x1 ... xn``,
index 0 is the homogenising unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, permutations
from typing import Any, NamedTuple

from sympy import QQ, Expr, Integer, Symbol
from sympy.polys.matrices import DomainMatrix
from sympy.polys.rings import PolyElement, ring

#: Images of 1 ... n, as indices counted from 0: ``(1, 0, 2)`` exchanges x1 and x2.
Permutation = tuple[int, ...]
#: A weight of one layer: (k, i) or (k, i, j), components from 1, the unit 0.
Weight = tuple[int, ...]
#: One side of an equality of weights: the weights that are added up.
Side = tuple[Weight, ...]
#: Names of the weights of a product with their powers, sorted by name.
Product = tuple[tuple[str, int], ...]
#: Exponents of x1 ... xn -> weight product -> coefficient.
Expansion = dict[tuple[int, ...], dict[Product, int]]


# --- networks -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Net:
    """A network: n inputs, ``depth`` layers, all conventions spelled out.

    ``widths`` lists every width from input to output, ``depth + 1`` numbers; n everywhere unless
    given.
    """

    n: int
    depth: int = 1
    layer: str = "quadratic"
    indices: str = "ordered"
    bias: bool = False
    widths: tuple[int, ...] = ()

    def all_widths(self) -> tuple[int, ...]:
        """Return the widths from input to output."""
        widths = self.widths or (self.n,) * (self.depth + 1)
        if len(widths) != self.depth + 1 or widths[0] != self.n:
            raise ValueError(f"{self}: widths need {self.depth + 1} numbers, the first {self.n}")
        return widths

    def layer_weights(self, layer: int) -> list[Weight]:
        """Return the weights of one layer, (k, i) or (k, i, j)."""
        widths = self.all_widths()
        return layer_weights(
            widths[layer],
            outputs=widths[layer + 1],
            layer=self.layer,
            indices=self.indices,
            bias=self.bias,
        )

    def weight_names(self) -> list[str]:
        """Return every weight's name, layer by layer."""
        return [
            weight_name(layer, weight)
            for layer in range(self.depth)
            for weight in self.layer_weights(layer)
        ]


def weight_name(layer: int, weight: Weight) -> str:
    """Return ``W{layer}_{k}_{i}_{j}`` or ``W{layer}_{k}_{i}``."""
    return f"W{layer}_" + "_".join(map(str, weight))


def layer_weights(
    n: int,
    *,
    outputs: int | None = None,
    layer: str = "quadratic",
    indices: str = "ordered",
    bias: bool = False,
) -> list[Weight]:
    """Return the weights of a layer with n inputs and ``outputs`` (n) outputs."""
    units = range(0 if bias else 1, n + 1)
    ks = range(1, (n if outputs is None else outputs) + 1)
    if layer == "linear":
        return [(k, i) for k in ks for i in units]
    ordered = indices == "ordered"
    return [(k, i, j) for k in ks for i in units for j in units if not ordered or i >= j]


def evaluate(net: Net, weights: Mapping[str, Any], x: Sequence[Any]) -> list[Any]:
    """Return the outputs of the network by naive loops; numbers of any kind, exact if they are."""
    o = list(x)
    for layer in range(net.depth):
        unit = dict(enumerate(o, start=1))
        unit[0] = 1
        following = [0] * net.all_widths()[layer + 1]
        for weight in net.layer_weights(layer):
            value = weights[weight_name(layer, weight)]
            for i in weight[1:]:
                value = value * unit[i]
            following[weight[0] - 1] = following[weight[0] - 1] + value
        o = following
    return o


def expressions(net: Net) -> list[Expr]:
    """Return the outputs as SymPy expressions, not expanded: give them to `sympy.expand`."""
    symbols = {name: Symbol(name) for name in net.weight_names()}
    outputs = evaluate(net, symbols, [Symbol(f"x{i}") for i in range(1, net.n + 1)])
    return [Integer(0) + output for output in outputs]


def _elements(net: Net) -> tuple[list[PolyElement], list[str]]:
    names = [f"x{i}" for i in range(1, net.n + 1)] + net.weight_names()
    _, *gens = ring(names, QQ)
    by_name = dict(zip(names, gens, strict=True))
    return evaluate(net, by_name, gens[: net.n]), names


def expand(net: Net) -> list[Expansion]:
    """Return the expanded outputs: exponents of x -> weight product -> coefficient."""
    elements, names = _elements(net)
    outputs: list[Expansion] = []
    for element in elements:
        expansion: Expansion = {}
        for powers, coefficient in element.terms():
            weights = tuple(
                sorted((names[p], power) for p, power in enumerate(powers) if power and p >= net.n)
            )
            expansion.setdefault(powers[: net.n], {})[weights] = int(coefficient)
        outputs.append(expansion)
    return outputs


# --- permutations ---------------------------------------------------------------------------------


def transpositions(n: int) -> list[Permutation]:
    """Return all n(n - 1)/2 exchanges of two components."""
    result = []
    for a, b in combinations(range(n), 2):
        images = list(range(n))
        images[a], images[b] = b, a
        result.append(tuple(images))
    return result


def adjacent(n: int) -> list[Permutation]:
    """Return the n - 1 exchanges of neighbours."""
    return [
        p for p in transpositions(n) if any(p[i] == i + 1 and p[i + 1] == i for i in range(n - 1))
    ]


def cyclic(n: int) -> list[Permutation]:
    """Return the generator of C_n."""
    return [tuple((i + 1) % n for i in range(n))]


def dihedral(n: int) -> list[Permutation]:
    """Return a rotation and a reflection, generators of D_n."""
    return [*cyclic(n), tuple((-i) % n for i in range(n))]


def alternating(n: int) -> list[Permutation]:
    """Return every even permutation."""
    return [
        p
        for p in permutations(range(n))
        if sum(p[a] > p[b] for a, b in combinations(range(n), 2)) % 2 == 0
    ]


def inverse(p: Permutation) -> Permutation:
    """Return the permutation that undoes p."""
    return tuple(p.index(i) for i in range(len(p)))


def compose(p: Permutation, q: Permutation) -> Permutation:
    """Return the permutation i -> p(q(i))."""
    return tuple(p[image] for image in q)


def closure(generators: Iterable[Permutation], n: int) -> set[Permutation]:
    """Return the group that the permutations generate, by multiplying until nothing is new."""
    gens = list(generators)
    group = {tuple(range(n))}
    fresh = list(group)
    while fresh:
        fresh = [r for p in fresh for g in gens if (r := compose(g, p)) not in group]
        fresh = list(dict.fromkeys(fresh))
        group.update(fresh)
    return group


def orbits(
    n: int,
    generators: Iterable[Permutation],
    *,
    layer: str = "quadratic",
    indices: str = "ordered",
    bias: bool = False,
    outputs: Sequence[Permutation] | None = None,
) -> set[frozenset[Weight]]:
    """Return the orbits of an explicit group on the weights of one layer.

    g sends (k, i, j) to (g(k), g(i), g(j)), sorted for ordered indices; the unit 0 stays.
    ``outputs`` gives, for each generator, how it moves the outputs where that differs: the pairs
    are closed together.  ``[(0,)] * len(generators)`` is invariance with one output.
    """
    gens = list(generators)
    outs = gens if outputs is None else list(outputs)
    n_out = len(outs[0]) if outs else n
    # the pair acts on inputs 0 ... n-1 and outputs n ... n+n_out-1 at once
    paired = [g + tuple(n + image for image in out) for g, out in zip(gens, outs, strict=True)]
    group = closure(paired, n + n_out)
    weights = layer_weights(n, outputs=n_out, layer=layer, indices=indices, bias=bias)

    def move(g: Permutation, weight: Weight) -> Weight:
        inputs = [0 if i == 0 else g[i - 1] + 1 for i in weight[1:]]
        if indices == "ordered":
            inputs.sort(reverse=True)
        return (g[n + weight[0] - 1] - n + 1, *inputs)

    return {frozenset(move(g, w) for g in group) for w in weights}


# --- equations of a whole network -----------------------------------------------------------------


class Counts(NamedTuple):
    """Equations: without identities, without repeats up to sign, and their linear rank."""

    total: int
    distinct: int
    rank: int


Equation = tuple[tuple[Product, int], ...]


def network_equations(
    net: Net,
    perms: Iterable[Permutation],
    kind: str = "equivariant",
    *,
    unmoved: bool = True,
) -> list[Equation]:
    """Return c_{p(k)}(p mu) - c_k(mu) for every permutation p, output k and monomial mu.

    p mu is mu with x_i replaced by x_{p(i)}; for invariance the output does not move.  Identities
    are left out, repeats are not.  ``unmoved=False`` leaves out the outputs with p(k) = k.
    """
    outputs = expand(net)
    equations = []
    for p in perms:
        for k, expansion in enumerate(outputs):
            if not unmoved and p[k] == k:
                continue
            other = outputs[p[k] if kind == "equivariant" else k]
            for mu, coefficient in expansion.items():
                moved = [0] * net.n
                for i, power in enumerate(mu):
                    moved[p[i]] = power
                difference = dict(other.get(tuple(moved), {}))
                for weights, c in coefficient.items():
                    difference[weights] = difference.get(weights, 0) - c
                equation = tuple(sorted((w, c) for w, c in difference.items() if c))
                if equation:
                    equations.append(equation)
    return equations


def count_equations(equations: Iterable[Equation]) -> Counts:
    """Return total, distinct and linear rank of equations without identities."""
    listed = list(equations)
    distinct = {min(e, tuple((w, -c) for w, c in e)) for e in listed}
    return Counts(len(listed), len(distinct), rank([dict(e) for e in distinct]))


def network_counts(
    net: Net,
    perms: Iterable[Permutation],
    kind: str = "equivariant",
    *,
    unmoved: bool = True,
) -> Counts:
    """Return the counts of `network_equations`."""
    return count_equations(network_equations(net, perms, kind, unmoved=unmoved))


def rank(rows: Iterable[Mapping[Any, int]]) -> int:
    """Return the rank over the rationals of sparse rows."""
    listed = [row for row in rows if row]
    columns = {key: c for c, key in enumerate(dict.fromkeys(k for row in listed for k in row))}
    entries = {
        r: {columns[key]: QQ(value) for key, value in row.items() if value}
        for r, row in enumerate(listed)
    }
    if not entries:
        return 0
    return int(DomainMatrix(entries, (len(listed), len(columns)), QQ).rank())


# --- equations of one layer -----------------------------------------------------------------------


def layer_equalities(
    n: int,
    perms: Iterable[Permutation],
    *,
    layer: str = "quadratic",
    indices: str = "ordered",
    bias: bool = False,
    compare: str = "function",
    kind: str = "equivariant",
    unmoved: bool | None = None,
) -> list[tuple[Side, Side]]:
    """Return the equalities of one layer, side by side, without those that hold by themselves.

    ``compare`` is ``function`` (coefficients of commuting monomials), ``tensor`` (x_i x_j and
    x_j x_i kept apart) or ``paper`` (kept apart, except that the two components which a
    transposition exchanges are summed; only for its two outputs).  ``unmoved`` says whether
    the outputs that a permutation leaves in place are compared; it is False for ``paper`` unless
    given.
    """
    unmoved = compare != "paper" if unmoved is None else unmoved
    outputs = n if kind == "equivariant" else 1
    weights = layer_weights(n, outputs=outputs, layer=layer, indices=indices, bias=bias)
    result = []
    for p in perms:
        exchanged = {i + 1 for i in range(n) if p[i] != i}
        if compare == "paper" and len(exchanged) != 2:
            raise ValueError(f"eq. (21) is about transpositions, got {p}")

        def target(i: int, p: Permutation = p) -> int:
            return 0 if i == 0 else p[i - 1] + 1

        def monomial(inputs: tuple[int, ...], exchanged: set[int] = exchanged) -> tuple[int, ...]:
            kept_apart = compare == "tensor" or (compare == "paper" and set(inputs) != exchanged)
            return inputs if kept_apart else tuple(sorted(inputs))

        coefficients: dict[tuple[int, tuple[int, ...]], list[Weight]] = {}
        for w in weights:
            coefficients.setdefault((w[0], monomial(w[1:])), []).append(w)
        for (k, mu), side in coefficients.items():
            image = target(k) if kind == "equivariant" else k
            if image == k and kind == "equivariant" and not unmoved:
                continue
            other = coefficients[image, monomial(tuple(target(i) for i in mu))]
            if side != other:
                result.append((tuple(sorted(side)), tuple(sorted(other))))
    return result


def classes(
    weights: Iterable[Weight], equalities: Iterable[Iterable[Side]]
) -> set[frozenset[Weight]]:
    """Return the classes of the equalities between two single weights, by merging sets."""
    member = {w: {w} for w in weights}
    for sides in equalities:
        left, right = tuple(sides)
        if len(left) == len(right) == 1 and member[left[0]] is not member[right[0]]:
            merged = member[left[0]] | member[right[0]]
            for w in merged:
                member[w] = merged
    return {frozenset(c) for c in member.values()}


def _row(sides: Iterable[Side]) -> dict[Weight, int]:
    left, right = tuple(sides)
    row: dict[Weight, int] = {}
    for side, sign in ((left, 1), (right, -1)):
        for w in side:
            row[w] = row.get(w, 0) + sign
    return {w: c for w, c in row.items() if c}


def _rows(equalities: Iterable[Iterable[Side]]) -> list[dict[Weight, int]]:
    unique = {tuple(sorted(_row(sides).items())) for sides in equalities}
    return [dict(items) for items in sorted(unique)]


def dimension(weights: Iterable[Weight], equalities: Iterable[Iterable[Side]]) -> int:
    """Return the dimension of the solution set of the equalities, sums included."""
    return len(set(weights)) - rank(_rows(equalities))


def function_dimension(weights: Iterable[Weight], equalities: Iterable[Iterable[Side]]) -> int:
    """Return the dimension of the space of functions that the solutions represent.

    The solutions that represent the zero function satisfy, besides the equalities, that the
    coefficient of every commuting monomial vanishes.
    """
    coefficients: dict[tuple[int, ...], dict[Weight, int]] = {}
    for w in weights:
        coefficients.setdefault((w[0], *sorted(w[1:])), {})[w] = 1
    rows = _rows(equalities)
    return rank([*rows, *coefficients.values()]) - rank(rows)


class LayerFigures(NamedTuple):
    """What one layer's constraints leave."""

    distinct: int
    dimension: int
    function_dimension: int


def layer_figures(
    n: int,
    *,
    layer: str = "quadratic",
    indices: str = "ordered",
    bias: bool = False,
    compare: str = "function",
    kind: str = "equivariant",
    perms: Sequence[Permutation] | None = None,
    unmoved: bool | None = None,
) -> LayerFigures:
    """Return distinct weights, dimension and function dimension of one layer (S_n by default)."""
    outputs = n if kind == "equivariant" else 1
    weights = layer_weights(n, outputs=outputs, layer=layer, indices=indices, bias=bias)
    equalities = layer_equalities(
        n,
        transpositions(n) if perms is None else perms,
        layer=layer,
        indices=indices,
        bias=bias,
        compare=compare,
        kind=kind,
        unmoved=unmoved,
    )
    return LayerFigures(
        len(classes(weights, equalities)),
        dimension(weights, equalities),
        function_dimension(weights, equalities),
    )


# --- derivatives ----------------------------------------------------------------------------------


def derivative(
    function: Callable[[Mapping[str, Any]], Any], weights: Mapping[str, Fraction], name: str
) -> Fraction:
    """Return the exact derivative of a polynomial function of the weights by one weight."""
    _, t = ring("t", QQ)
    moved: dict[str, Any] = {w: QQ(v.numerator, v.denominator) for w, v in weights.items()}
    moved[name] = moved[name] + t
    slope = (t * 0 + function(moved)).diff(t).coeff(1)
    return Fraction(int(slope.numerator), int(slope.denominator))


def gradient(
    net: Net, weights: Mapping[str, Fraction], x: Sequence[Fraction], target: Sequence[Fraction]
) -> dict[str, Fraction]:
    """Return the exact gradient of E = 1/2 sum (o* - o)^2 by every weight."""
    point = [QQ(v.numerator, v.denominator) for v in x]
    goal = [QQ(v.numerator, v.denominator) for v in target]

    def error(w: Mapping[str, Any]) -> Any:
        outputs = evaluate(net, w, point)
        return sum(((o - g) ** 2 for o, g in zip(outputs, goal, strict=True)), QQ(0)) * QQ(1, 2)

    return {name: derivative(error, weights, name) for name in weights}


def tangent_dimension(
    net: Net,
    weights: Mapping[str, int],
    perms: Iterable[Permutation],
    prime: int,
    kind: str = "equivariant",
) -> int:
    """Return the dimension at a point of the tangent space of the network's equations.

    That is the number of weights less the rank of the equations' Jacobian there, modulo a prime.
    Raises ValueError if the point does not satisfy the equations.
    """
    rows = _tangent_rows(net, weights, perms, prime, kind)
    return len(net.weight_names()) - _rank_mod(rows, prime)


def function_tangent_dimension(
    net: Net,
    weights: Mapping[str, int],
    perms: Iterable[Permutation],
    prime: int,
    kind: str = "equivariant",
) -> int:
    """Return the dimension of the image of that tangent space in the coefficients of F."""
    rows = _tangent_rows(net, weights, perms, prime, kind)
    coefficients = [
        _slopes(tuple(terms.items()), weights, prime)
        for output in expand(net)
        for terms in output.values()
    ]
    return _rank_mod([*rows, *coefficients], prime) - _rank_mod(rows, prime)


def _tangent_rows(
    net: Net,
    weights: Mapping[str, int],
    perms: Iterable[Permutation],
    prime: int,
    kind: str,
) -> list[dict[str, int]]:
    equations = sorted(set(network_equations(net, perms, kind)))
    for equation in equations:
        if sum(c * _power(factors, weights, prime) for factors, c in equation) % prime:
            raise ValueError("the point does not satisfy the equations")
    return [_slopes(equation, weights, prime) for equation in equations]


def _slopes(polynomial: Equation, weights: Mapping[str, int], prime: int) -> dict[str, int]:
    row: dict[str, int] = {}
    for factors, coefficient in polynomial:
        for p, (name, power) in enumerate(factors):
            rest = [*factors[:p], (name, power - 1), *factors[p + 1 :]]
            slope = coefficient * power * _power(rest, weights, prime)
            row[name] = (row.get(name, 0) + slope) % prime
    return row


def layer_scope_point(
    net: Net, perms: Sequence[Permutation], values: Iterator[int], kind: str = "equivariant"
) -> dict[str, int]:
    """Return weights that are equal on the orbits of each layer, one value drawn for each orbit.

    Every layer is equivariant, the last one invariant with one output where ``kind`` says so.
    """
    point = {}
    for layer in range(net.depth):
        invariant = kind == "invariant" and layer == net.depth - 1
        found = orbits(
            net.n,
            perms,
            layer=net.layer,
            indices=net.indices,
            bias=net.bias,
            outputs=[(0,)] * len(perms) if invariant else None,
        )
        for orbit in sorted(found, key=min):
            value = next(values)
            point.update({weight_name(layer, w): value for w in orbit})
    return point


def _power(factors: Iterable[tuple[str, int]], weights: Mapping[str, int], prime: int) -> int:
    value = 1
    for name, power in factors:
        value = value * pow(weights[name], power, prime) % prime
    return value


def _rank_mod(rows: Iterable[Mapping[str, int]], prime: int) -> int:
    pivots: dict[str, dict[str, int]] = {}
    for row in rows:
        current = {c: v for c, v in row.items() if v % prime}
        while current:
            column = min(current)
            if column not in pivots:
                inverse = pow(current[column], -1, prime)
                pivots[column] = {c: v * inverse % prime for c, v in current.items()}
                break
            factor = current[column]
            for c, v in pivots[column].items():
                left = (current.get(c, 0) - factor * v) % prime
                if left:
                    current[c] = left
                else:
                    current.pop(c, None)
    return len(pivots)
