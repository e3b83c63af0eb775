"""Equalities → orbits: which coefficients are tied together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from polyconstraints.equalities.coefficients import FunctionCoefficients, TensorCoefficients
from polyconstraints.equalities.comparison import Comparison
from polyconstraints.spec.groups import Permutation
from polyconstraints.spec.groups.orbits import classes_of_pairs, orbits

__all__ = ["Orbits", "coefficient_orbits"]

Numbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Orbits:
    """The coefficients of one map, sorted into sets that its equalities tie together.

    Found when first asked for.

    Parameters
    ----------
    comparison : Comparison
    """

    comparison: Comparison

    @cached_property
    def roots(self) -> NDArray[np.int64]:
        """For each coefficient, the smallest one that the equalities tie it to."""
        space = self.comparison.space
        if isinstance(space, TensorCoefficients | FunctionCoefficients):
            return coefficient_orbits(space, self.comparison.generators)
        numbers = np.arange(space.size, dtype=np.int64)
        left, right = [numbers[:0]], [numbers[:0]]
        for letters, outputs in self.comparison.generators:
            image = space.image(letters, outputs)
            moved = np.flatnonzero(image != numbers)
            left.append(moved)
            right.append(image[moved])
        return classes_of_pairs(space.size, np.concatenate(left), np.concatenate(right))

    @property
    def count(self) -> int:
        """Number of orbits."""
        return int(np.count_nonzero(self.roots == np.arange(len(self.roots))))


def coefficient_orbits(
    space: TensorCoefficients | FunctionCoefficients,
    generators: Sequence[tuple[Permutation, Permutation]],
) -> Numbers:
    """Return, for each coefficient (k, μ), the smallest one of its orbit.

    Parameters
    ----------
    space : TensorCoefficients or FunctionCoefficients
    generators : sequence of (letters, outputs)
        How each generator of the group moves the input letters and the outputs.

    Returns
    -------
    array of shape (space.size,)

    Notes
    -----
    The orbits on pairs (k, μ) with k in the orbit of an output b correspond to the orbits of
    the stabiliser of b on the monomials μ alone, which Schreier's lemma generates [1]_: union-find
    is needed on the monomials of one output, and the other outputs are copies of it, moved by
    an element that takes b to them. Time O(size) for the copies and O(monomials) for each of
    the Schreier generators, of which there are at most outputs · generators.

    References
    ----------
    .. [1] D. F. Holt, B. Eick, E. A. O'Brien, *Handbook of Computational Group Theory*,
       2005, section 4.1.

    Examples
    --------
    >>> space = TensorCoefficients(3, 3, 1)
    >>> coefficient_orbits(space, [((1, 2, 0), (1, 2, 0))]).reshape(3, 3).tolist()
    [[0, 1, 2], [2, 0, 1], [1, 2, 0]]
    """
    monomials = space.size // space.outputs
    one = space.with_outputs(1)
    moves = [(np.asarray(letters, dtype=np.intp), outputs) for letters, outputs in generators]
    roots = np.empty((space.outputs, monomials), dtype=np.int64)
    done = np.zeros(space.outputs, dtype=bool)
    for base in range(space.outputs):
        if done[base]:
            continue
        inverses, stabiliser = _stabiliser(base, space.letters, moves)
        smallest = orbits(monomials, (one.image_of(letters) for letters in stabiliser))
        smallest += base * monomials
        for output, letters in inverses.items():
            done[output] = True
            # Element t takes base to output, so (output, μ) comes from (base, t⁻¹μ).
            roots[output] = smallest if output == base else smallest[one.image_of(letters)]
    return roots.reshape(-1)


def _stabiliser(
    base: int, letters: int, moves: Sequence[tuple[NDArray[np.intp], Permutation]]
) -> tuple[dict[int, NDArray[np.intp]], list[NDArray[np.intp]]]:
    """Return what Schreier's lemma says of the stabiliser of an output.

    Returns
    -------
    inverses : dict
        For each output in the orbit, how the letters move under the inverse of an element
        that takes the base to it.
    generators : list of arrays
        How generators of the stabiliser move the letters, without repeats.
    """
    identity = np.arange(letters, dtype=np.intp)
    forward, inverses = {base: identity}, {base: identity}
    queue = [base]
    found: dict[bytes, NDArray[np.intp]] = {}
    for output in queue:
        for move, outputs in moves:
            image, moved = outputs[output], move[forward[output]]
            if image not in forward:
                forward[image] = moved
                inverses[image] = np.argsort(moved)
                queue.append(image)
            else:
                loop = inverses[image][moved]
                found[loop.tobytes()] = loop
    found.pop(identity.tobytes(), None)
    return inverses, list(found.values())
