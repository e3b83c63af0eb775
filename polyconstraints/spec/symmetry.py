"""Which symmetry is asked for, and how each permutation moves every level of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from math import comb, isqrt
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from polyconstraints.errors import InputError, UsageError, explained
from polyconstraints.spec import Compare, Kind, Permutations, Scope, integer
from polyconstraints.spec.groups import (
    Images,
    Permutation,
    PermutationGroup,
    checked_images,
    group_points,
    read_group,
)
from polyconstraints.spec.groups.permutations import swap
from polyconstraints.spec.network import NetworkSpec

#: How one permutation moves the units of each level; None where no action is given.
Action = tuple[Permutation | None, ...]

#: How a permutation moves the input letters and the outputs of a polynomial map.
Move = tuple[Permutation, Permutation]

_Integers = NDArray[np.integer]


@explained
@dataclass(frozen=True)
class Symmetry:
    """The symmetry that is imposed on a network.

    Parameters
    ----------
    group : PermutationGroup
        The group, on the input components. A text that says on how many points it acts, a list
        of generators and SymPy's groups are made one.
    kind : {"equivariant", "invariant"}
        F(σx) = σF(x), or F(σx) = F(x) (equations 2 and 1 of the paper).
    scope : {"layer", "network"}
        Whether every layer is symmetric on its own, or only the whole network.
    compare : {"function", "paper", "tensor"}
        Which coefficients are equated; the three differ for redundant indices only.
    permutations : {"auto", "transpositions", "adjacent", "generators"}
        For which permutations. ``auto`` takes all transpositions for S_n and the
        generators for any other group.
    actions : mapping from int to sequence of permutations, optional
        Levels on which the group acts in another way than on the inputs: for each
        generator of the group, in order, the permutation of the level's components.

    Raises
    ------
    UsageError
        If the choices contradict one another.
    """

    group: PermutationGroup
    kind: Kind = "equivariant"
    scope: Scope = "layer"
    compare: Compare = "function"
    permutations: Permutations | Literal["auto"] = "auto"
    actions: Mapping[int, tuple[Permutation, ...]] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        given: Any = self.group
        if not isinstance(given, PermutationGroup):
            points = group_points(given)
            if points is None:
                raise UsageError(
                    f"expected a group that says on how many points, as S3, got {given!r}", "group"
                )
            object.__setattr__(self, "group", read_group(given, points).group)
        for value, allowed, name in (
            (self.kind, get_args(Kind), "symmetry"),
            (self.scope, get_args(Scope), "scope"),
            (self.compare, get_args(Compare), "compare"),
            (self.permutations, ("auto", *get_args(Permutations)), "permutations"),
        ):
            if value not in allowed:
                raise UsageError(f"expected one of {', '.join(allowed)}, got {value!r}", name)
        object.__setattr__(self, "actions", _checked_actions(self.group, self.actions))
        chosen = self.permutations
        if chosen == "auto":
            chosen = "transpositions" if self.is_plain else "generators"
            object.__setattr__(self, "permutations", chosen)
        if chosen != "generators":
            if self.actions:
                raise UsageError(
                    f"expected generators where a level has an action of its own, got {chosen}",
                    "permutations",
                )
            if not self.group.is_symmetric():
                raise UsageError(
                    f"expected generators, since the group {self.group.name} is not S_n, "
                    f"got {chosen}",
                    "permutations",
                )
        if self.compare == "paper" and chosen == "generators":
            raise UsageError(
                "expected function or tensor, since equation (21) is written for "
                "transpositions, got paper",
                "compare",
            )

    def imposed(self) -> tuple[Permutation, ...]:
        """Return the permutations of the input components that are imposed."""
        if self.permutations == "generators":
            return self.group.generators
        points = range(self.group.degree)
        pairs = (
            combinations(points, 2) if self.permutations == "transpositions" else pairwise(points)
        )
        return tuple(swap(len(points), a, b) for a, b in pairs)

    @property
    def imposed_count(self) -> int:
        """Number of permutations that are imposed."""
        degree = self.group.degree
        if self.permutations == "transpositions":
            return comb(degree, 2)
        if self.permutations == "adjacent":
            return degree - 1
        return len(self.group.generators)

    @property
    def is_plain(self) -> bool:
        """Whether the whole of S_n acts on every level as on the inputs."""
        return not self.actions and self.group.is_preset("S")

    def unit_actions(
        self, network: NetworkSpec, *, generators: bool = False, levels: Sequence[int] | None = None
    ) -> tuple[Action, ...]:
        """Return, for each imposed permutation, how it moves the units of each level.

        With ``generators`` the generators of the group are taken instead: fewer, with the
        same orbits. With ``levels`` only those levels are looked at.

        Components permute and channels do not. A hidden level that has neither width n nor
        an action of its own gets None.
        """
        self.require_fit(network)
        permutations = self.group.generators if generators else self.imposed()
        asked = range(network.depth + 1) if levels is None else levels
        return tuple(
            tuple(self._on_level(network, level, sigma, index) for level in asked)
            for index, sigma in enumerate(permutations)
        )

    def require_fit(self, network: NetworkSpec) -> None:
        """Raise UsageError unless the group fits the network; nothing is built for that."""
        if self.group.degree != network.inputs:
            raise UsageError(
                f"expected a group on {network.inputs} points, got degree {self.group.degree}",
                "group",
            )
        widths = network.widths
        if self.kind == "invariant" and network.depth in self.actions:
            raise UsageError("expected no action on the output of an invariant network", "actions")
        for level, images in self.actions.items():
            if not 0 < level < len(widths):
                raise UsageError(
                    f"expected a level from 1 to {network.depth}, got {level}", "actions"
                )
            if any(len(image) != widths[level] for image in images):
                raise UsageError(
                    f"expected permutations of {widths[level]} components on level {level}",
                    "actions",
                )
        last = network.depth
        if self.kind == "equivariant" and last not in self.actions and widths[last] != widths[0]:
            raise UsageError(
                f"expected {widths[0]} output components for equivariance or an action on "
                f"them, got {widths[last]}",
                "symmetry",
            )

    def _on_level(
        self, network: NetworkSpec, level: int, sigma: Permutation, index: int
    ) -> Permutation | None:
        """Return how the permutation σ, the group's generator ``index`` if it is one, acts."""
        width, channels = network.widths[level], network.channels[level]
        if level in self.actions:
            image = self.actions[level][index]
        elif level == network.depth and self.kind == "invariant":
            image = tuple(range(width))
        elif width == network.inputs:
            image = sigma
        else:
            return None
        return _on_units(image, channels)

    def to_json(self) -> dict[str, Any]:
        """Return the ``symmetry`` part of every document."""
        document: dict[str, Any] = {
            "kind": self.kind,
            "group": self.group.name,
            "scope": self.scope,
            "compare": self.compare,
            "permutations": self.imposed_count,
        }
        if not self.group.letter:
            document["generators"] = [list(images) for images in self.group.generators]
        if self.actions:
            document["actions"] = {
                str(level): [list(image) for image in images]
                for level, images in sorted(self.actions.items())
            }
        return document


def _checked_actions(group: PermutationGroup, actions: object) -> dict[int, Images]:
    """Return the images of the group's generators on each level, if they define an action."""
    if not isinstance(actions, Mapping):
        raise UsageError(f"expected images for each level, got {type(actions).__name__}", "actions")
    found = {}
    for key, images in actions.items():
        level = integer(key, "actions")
        try:
            found[level] = checked_images(group, images)
        except UsageError as error:
            raise UsageError(f"level {level}: {error.message}", "actions") from None
        except InputError as error:
            place = f"level {level}" + (error.place and f", image {error.place}")
            raise UsageError(f"{place}: {error.message}", "actions") from None
    return found


def _on_units(image: Permutation, channels: int) -> Permutation:
    """Return the permutation of units when components carry channels along."""
    if channels == 1:
        return image
    return tuple(component * channels + at for component in image for at in range(channels))


# --- moves of letters and outputs ---------------------------------------------------------


@dataclass(frozen=True)
class TranspositionMoves(Sequence[Move]):
    """All transpositions of the components, each made when it is asked for.

    There are n(n-1)/2 of them, of n letters each: too many to keep for a large n, and with
    one cycle type, so that one of them answers what is asked about all.
    """

    components: int
    #: Of a component below and above.
    channels: tuple[int, int]
    #: Whether letter 0 is the homogenising unit.
    bias: bool
    #: Number of outputs that stay in place, for invariance; None where the outputs move.
    fixed_outputs: int | None

    def __len__(self) -> int:
        return comb(self.components, 2)

    def __getitem__(self, index: Any) -> Any:
        chosen = range(len(self))[index]
        return self._at(chosen) if isinstance(chosen, int) else tuple(map(self._at, chosen))

    def _at(self, number: int) -> Move:
        # In the order (0 1), (0 2), …, (1 2), …, seen from the end.
        behind = len(self) - 1 - number
        row = (isqrt(8 * behind + 1) - 1) // 2
        column = behind - comb(row + 1, 2)
        return self.move(self.components - 2 - row, self.components - 1 - column)

    def move(self, a: int, b: int) -> Move:
        """Return how the transposition of two components moves letters and outputs."""
        below, above = self.channels
        swapped = swap(self.components, a, b)
        letters = _with_unit(_on_units(swapped, below), self.bias)
        if self.fixed_outputs is not None:
            return letters, tuple(range(self.fixed_outputs))
        return letters, _on_units(swapped, above)

    def places(self, outputs: _Integers, letters: _Integers) -> tuple[_Integers, _Integers]:
        """Return component and channel of each unit that coefficients involve.

        Arrays of shape (coefficients, units), given outputs and letters of shapes (coefficients,)
        and (coefficients, degree); the component is -1 for units that stay in place.
        """
        below, above = self.channels
        components, channels = np.divmod(letters - self.bias, below)
        # The homogenising unit, letter 0 with a bias, comes out as component -1.
        if self.fixed_outputs is not None:
            return components, channels
        component, channel = np.divmod(outputs[:, None], above)
        return np.hstack([components, component]), np.hstack([channels, channel])


def imposed_moves(
    network: NetworkSpec, symmetry: Symmetry, below: int, above: int, *, generators: bool = False
) -> Sequence[Move]:
    """Return how each imposed permutation moves the letters of one level and another's units.

    With ``generators`` those of the group are taken instead: fewer, with the same orbits.
    """
    # Of all transpositions only the checks are made here.
    lazily = symmetry.permutations == "transpositions" and not generators
    levels = (below, above)
    moves = []
    for letters, outputs in symmetry.unit_actions(
        network, generators=generators or lazily, levels=levels
    ):
        if letters is None or outputs is None:
            raise UsageError(
                f"expected hidden width {network.inputs} (the group must act on every hidden layer "
                "in layer scope; or be asked of the whole network alone), got "
                f"{network.widths[below if letters is None else above]}",
                "widths",
            )
        moves.append((_with_unit(letters, network.bias), outputs))
    if not lazily:
        return tuple(moves)
    fixed = symmetry.kind == "invariant" and above == network.depth
    return TranspositionMoves(
        network.inputs,
        (network.channels[below], network.channels[above]),
        network.bias,
        network.units[above] if fixed else None,
    )


def _with_unit(units: Permutation, bias: bool) -> Permutation:
    """Return a permutation of units as one of letters: with a bias, letter 0 stays."""
    return (0, *(unit + 1 for unit in units)) if bias else units


def end_moves(network: NetworkSpec, symmetry: Symmetry) -> tuple[Move, ...]:
    """Return how each generator of the group moves the network's input and output units."""
    actions = symmetry.unit_actions(network, generators=True)
    # What fits the network acts on both ends.
    return tuple((action[0] or (), action[-1] or ()) for action in actions)
