"""How the imposed permutations move the input letters and the outputs of a polynomial map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING, overload

from polyconstraints.errors import UsageError
from polyconstraints.spec.groups import Permutation
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.symmetry import Symmetry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Move", "TranspositionMoves", "end_moves", "generator_moves", "imposed_moves"]

#: How a permutation moves the input letters and the outputs of a polynomial map.
Move = tuple[Permutation, Permutation]


@dataclass(frozen=True)
class TranspositionMoves(Sequence[Move]):
    """All transpositions of the components, each made when it is asked for.

    There are n(n-1)/2 of them, of n letters each: too many to keep for a large n, and with
    one cycle type, so that one of them answers what is asked about all.

    Parameters
    ----------
    components : int
        Number n of components that are transposed.
    channels : tuple of (int, int)
        Channels of a component below and above.
    bias : bool
        Whether letter 0 is the homogenising unit.
    fixed_outputs : int or None
        Number of outputs that stay in place, for invariance; None where the outputs move.

    Examples
    --------
    >>> moves = TranspositionMoves(3, (1, 1), False, None)
    >>> len(moves), moves[0], moves[2]
    (3, ((1, 0, 2), (1, 0, 2)), ((0, 2, 1), (0, 2, 1)))
    """

    components: int
    channels: tuple[int, int]
    bias: bool
    fixed_outputs: int | None

    def __len__(self) -> int:
        return self.components * (self.components - 1) // 2

    @overload
    def __getitem__(self, index: int) -> Move: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Move, ...]: ...
    def __getitem__(self, index: int | slice) -> Move | tuple[Move, ...]:
        if isinstance(index, slice):
            return tuple(self[at] for at in range(*index.indices(len(self))))
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexError(index)
        # Transposition number `at` in the order (0 1), (0 2), …, (1 2), …, seen from the end.
        behind = len(self) - 1 - at
        row = (isqrt(8 * behind + 1) - 1) // 2
        a = self.components - 2 - row
        b = self.components - 1 - (behind - row * (row + 1) // 2)
        return self.move(a, b)

    def __iter__(self) -> Iterator[Move]:
        for a in range(self.components):
            for b in range(a + 1, self.components):
                yield self.move(a, b)

    def move(self, a: int, b: int) -> Move:
        """Return how the transposition of two components moves letters and outputs."""
        below, above = self.channels
        letters = _swapped(self.components, below, a, b)
        if self.bias:
            letters = (0, *(unit + 1 for unit in letters))
        if self.fixed_outputs is not None:
            return letters, tuple(range(self.fixed_outputs))
        return letters, _swapped(self.components, above, a, b)

    def places(
        self, outputs: NDArray[np.int64], letters: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return component and channel of each unit that coefficients involve.

        Parameters
        ----------
        outputs : array of shape (coefficients,)
        letters : array of shape (coefficients, degree)

        Returns
        -------
        components, channels : arrays of shape (coefficients, units)
            Component -1 for units that stay in place.
        """
        import numpy as np

        below, above = self.channels
        components, channels = np.divmod(letters - self.bias, below)
        # The homogenising unit, letter 0 with a bias, comes out as component -1.
        if self.fixed_outputs is not None:
            return components, channels
        component, channel = np.divmod(outputs[:, None], above)
        return np.hstack([components, component]), np.hstack([channels, channel])


def _swapped(components: int, channels: int, a: int, b: int) -> Permutation:
    images = list(range(components * channels))
    for at in range(channels):
        first, second = a * channels + at, b * channels + at
        images[first], images[second] = second, first
    return tuple(images)


def imposed_moves(
    network: NetworkSpec, symmetry: Symmetry, below: int, above: int
) -> Sequence[Move]:
    """Return how each imposed permutation moves the letters of one level and another's units.

    Raises
    ------
    UsageError
        If the symmetry doesn't fit the network.
    """
    if symmetry.permutations != "transpositions":
        return _explicit(network, symmetry, below, above, generators=False)
    # For the checks; these are few.
    _explicit(network, symmetry, below, above, generators=True)
    fixed = symmetry.kind == "invariant" and above == network.depth
    return TranspositionMoves(
        network.inputs,
        (network.channels[below], network.channels[above]),
        network.bias,
        network.units[above] if fixed else None,
    )


def generator_moves(
    network: NetworkSpec, symmetry: Symmetry, below: int, above: int
) -> tuple[Move, ...]:
    """Return the same for the generators of the group: fewer, with the same orbits."""
    return _explicit(network, symmetry, below, above, generators=True)


def _explicit(
    network: NetworkSpec, symmetry: Symmetry, below: int, above: int, *, generators: bool
) -> tuple[Move, ...]:
    moves = []
    actions = symmetry.unit_actions(network, generators=generators, levels=(below, above))
    for letters, outputs in actions:
        if letters is None or outputs is None:
            raise UsageError(
                "expected the group to act on every hidden layer in layer scope", "widths"
            )
        if network.bias:
            letters = (0, *(unit + 1 for unit in letters))
        moves.append((letters, outputs))
    return tuple(moves)


def end_moves(network: NetworkSpec, symmetry: Symmetry) -> tuple[Move, ...]:
    """Return how each generator of the group moves the network's input and output units.

    Raises
    ------
    UsageError
        If the symmetry doesn't fit the network.
    """
    actions = symmetry.unit_actions(network, generators=True)
    # What fits the network acts on both ends.
    return tuple((action[0] or (), action[-1] or ()) for action in actions)
