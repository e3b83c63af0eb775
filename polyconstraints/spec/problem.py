"""A network and its symmetry by named values: one meaning for the command line and for Python.

``polyconstraints derive -n 3 --symmetry invariant`` and ``pc.derive(n=3, symmetry="invariant")``
both fill in a :class:`Description`, with its defaults, and are refused by it alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

from polyconstraints.errors import UsageError
from polyconstraints.spec import Compare, Kind, Permutations, Scope, integer
from polyconstraints.spec.activation import Activation
from polyconstraints.spec.network import IndexKind, LayerKind, NetworkSpec, check_depth

if TYPE_CHECKING:
    from polyconstraints.spec.groups import GroupChoice, GroupLike, Images
    from polyconstraints.spec.symmetry import Symmetry

    Problem = tuple[NetworkSpec, Symmetry]


class Words(TypedDict, total=False):
    """The keywords of Python's functions: those of :class:`Description`, and ``n`` for inputs."""

    n: int | Sequence[int]
    inputs: int | Sequence[int]
    depth: int
    layer: LayerKind | int | Sequence[LayerKind | int]
    activation: Activation | str | None
    indices: IndexKind
    bias: bool
    widths: Sequence[int] | None
    channels: int | Sequence[int]
    scope: Scope
    compare: Compare
    permutations: Permutations | None
    group: GroupLike
    actions: Mapping[int, Any]


@dataclass(frozen=True)
class Description:
    """A network and its symmetry as the command line's options and Python's keywords name them.

    Attributes
    ----------
    inputs : int, "any", sequence of int or None
        The number n of inputs; ``"any"`` or several where a command takes those. None stands for
        the number of points that the group acts on, if the group says it.
    depth, layer, activation, indices, bias
        As for :class:`~polyconstraints.spec.network.NetworkSpec`.
    widths : sequence of int or None
        Hidden widths; None stands for n each, or what an action has there.
    channels : int or sequence of int
        One number, or one for each level.
    symmetry : {"equivariant", "invariant"}
        An invariant network has one output.
    scope, compare
        As for :class:`~polyconstraints.spec.symmetry.Symmetry`.
    permutations : str or None
        None stands for what fits the group: all transpositions for S, generators otherwise.
    group : str, sequence or PermutationGroup
        In the language of groups, as generators, or a group, ours or SymPy's.
    actions : mapping from int to str or list
        Levels on which the group acts in a way of its own, and how.
    """

    inputs: int | Literal["any"] | Sequence[int] | None = None
    depth: int = 1
    layer: LayerKind | int | Sequence[LayerKind | int] = "quadratic"
    activation: Activation | str | None = None
    indices: IndexKind = "ordered"
    bias: bool = False
    widths: Sequence[int] | None = None
    channels: int | Sequence[int] = 1
    symmetry: Kind = "equivariant"
    scope: Scope = "layer"
    compare: Compare = "function"
    permutations: Permutations | None = None
    group: GroupLike = "S"
    actions: Mapping[int, Any] = field(default_factory=dict)

    def problem(self, inputs: int | None = None) -> Problem:
        """Return the network and the symmetry, or those for one of several numbers of inputs.

        Raises
        ------
        UsageError, InputError
            If the values contradict one another, or the group can't be read.

        Examples
        --------
        >>> network, symmetry = Description(group="C3", symmetry="invariant").problem()
        >>> network.widths, symmetry.kind, symmetry.permutations
        ((3, 1), 'invariant', 'generators')
        """
        return self._completed(self._number() if inputs is None else inputs)

    def _completed(
        self, inputs: int, network: NetworkSpec | None = None, symmetry: Symmetry | None = None
    ) -> Problem:
        """Return the problem, of which a part may be there already."""
        from polyconstraints.spec.groups import GroupChoice
        from polyconstraints.spec.symmetry import Symmetry

        if symmetry is None:
            choice = self.choice(inputs)
        else:
            # Those of a symmetry have been checked.
            choice = GroupChoice(symmetry.group, cast("Mapping[int, Images]", symmetry.actions))
        if network is None:
            network = NetworkSpec(
                inputs,
                self.depth,
                self.layer,
                self.indices,
                self.bias,
                self.widths,
                channels=self.channels,
                activation=self.activation,
            )
        outputs = {self.depth: 1} if self.symmetry == "invariant" else {}
        network = network.fitted({**choice.widths, **outputs})
        return network, symmetry or Symmetry(
            choice.group,
            self.symmetry,
            self.scope,
            self.compare,
            self.permutations or "auto",
            choice.actions,
        )

    def _number(self) -> int:
        """Return the number of inputs, that of the group's points unless it is given."""
        check_depth(integer(self.depth, "depth"))
        number = self.points() if self.inputs is None else self.inputs
        if number is None:
            raise UsageError(f"expected a number, got none for the group {self.group}", "inputs")
        if isinstance(number, Sequence):
            raise UsageError(f"expected one number, got {number}", "inputs")
        return integer(number, "inputs")

    def points(self) -> int | None:
        """Return the number of points that the group acts on, if it says so."""
        from polyconstraints.spec.groups import group_points

        return group_points(self._given()[0])

    def choice(self, inputs: int) -> GroupChoice:
        """Return the group and how it acts on levels."""
        from polyconstraints.spec.groups import read_group

        group, actions, *origin = self._given()
        return read_group(group, inputs, {**actions, **self.checked_actions()}, *origin)

    def _given(self) -> tuple[GroupLike, Mapping[int, Any], str, str]:
        """Return the group, and what a file says besides: actions, its name, and which it is."""
        return self.group, {}, "", ""

    def checked_actions(self) -> Mapping[int, Any]:
        """Return the actions, if there are such levels."""
        given: object = self.actions
        if not isinstance(given, Mapping):
            raise UsageError(f"expected an action for each level, got {given!r:.40}", "actions")
        for level in self.actions:
            if integer(level, "actions") > self.depth:
                raise UsageError(f"expected a level from 1 to {self.depth}, got {level}", "actions")
        return self.actions


_NAMES = tuple(one.name for one in fields(Description))
_OF_SYMMETRY = frozenset(_NAMES[_NAMES.index("symmetry") :])


def described(symmetry: object, words: Mapping[str, Any]) -> Description:
    """Return the description that a function's arguments give.

    Raises
    ------
    UsageError
        If a keyword is none of them, or two say the same.
    """
    values = dict(words)
    if "n" in values:
        values["inputs"] = _once("inputs", values.pop("n"), values)
    unknown = [name for name in values if name not in _NAMES]
    if unknown:
        raise UsageError(f"expected one of {', '.join(('n', *_NAMES))}, got {unknown[0]}")
    if isinstance(symmetry, str) and symmetry in ("equivariant", "invariant"):
        values["symmetry"] = symmetry
    elif symmetry is not None:
        values["group"] = _once("group", symmetry, values)
    return Description(**values)


def _once(name: str, value: object, values: Mapping[str, Any]) -> object:
    if name in values:
        raise UsageError(f"expected it once, got {values[name]!r} and {value!r}", name)
    return value


def problem(
    network: NetworkSpec | None = None,
    symmetry: Symmetry | GroupLike | None = None,
    words: Mapping[str, Any] | None = None,
) -> Problem:
    """Return the network and the symmetry that the arguments of a function describe.

    Parameters
    ----------
    network : NetworkSpec, optional
        Unless keywords describe it. Where it was not told the widths of its levels, they are what
        the symmetry makes of them: an invariant network has one output.
    symmetry : Symmetry, str, sequence or PermutationGroup, optional
        A symmetry, a kind, ``"invariant"``, or a group; S_n, equivariantly, unless given.
    words : mapping, optional
        The keywords, see :class:`Words`.

    Raises
    ------
    UsageError, InputError
        If the values contradict one another, or the group can't be read.

    Examples
    --------
    >>> network, symmetry = problem(NetworkSpec(3), "invariant")
    >>> network.widths, symmetry.group.name
    ((3, 1), 'S')
    >>> problem(words={"group": "pairs(S4)", "depth": 2})[0].widths
    (6, 6, 6)
    >>> problem(3)
    Traceback (most recent call last):
        ...
    polyconstraints.errors.UsageError: network: expected a network, got 3; a number of inputs is \
given as n=3
    """
    from polyconstraints.spec.symmetry import Symmetry

    words = words or {}
    first: object = network
    if first is not None and not isinstance(first, NetworkSpec):
        hint = f"; a number of inputs is given as n={first}" if type(first) is int else ""
        raise UsageError(f"expected a network, got {first!r:.40}{hint}", "network")
    whole = symmetry if isinstance(symmetry, Symmetry) else None
    for given, name, kind in (
        (network, "a network", {*_NAMES, "n"} - _OF_SYMMETRY),
        (whole, "a symmetry", _OF_SYMMETRY),
    ):
        if given is not None and not kind.isdisjoint(words):
            twice = next(word for word in words if word in kind)
            raise UsageError(f"expected no other description beside {name}", twice)
    if network is not None:
        words = {**words, "inputs": network.inputs, "depth": network.depth}
    description = described(symmetry if whole is None else whole.group, words)
    if whole is not None:
        description = replace(description, symmetry=whole.kind)
    return description._completed(description._number(), network, whole)
