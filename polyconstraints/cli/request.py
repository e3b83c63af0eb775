"""What the options that commands share say: parsed once, read as attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, cast

import click

from polyconstraints.errors import UsageError

if TYPE_CHECKING:
    from polyconstraints.classes.any_network import AnyNetwork
    from polyconstraints.derivation import Derivation
    from polyconstraints.spec.groups import GroupChoice
    from polyconstraints.spec.network import NetworkSpec
    from polyconstraints.spec.size import Product
    from polyconstraints.spec.symmetry import Symmetry
    from polyconstraints.tying import TyingMap

    Problem = tuple[NetworkSpec, Symmetry]

__all__ = ["Request"]


@dataclass(frozen=True)
class Request:
    """A command line: the network and its symmetry, where the result goes, and what it may take.

    Attributes
    ----------
    inputs : int, "any", tuple of int or None
        What ``-n`` says: ``"any"`` or several integers if the command accepts them; None if
        it needn't be given and wasn't.
    depth, layer, activation, indices, bias, symmetry, scope, compare
        As given, or their defaults.
    widths : tuple of int or None
        Hidden widths; None stands for n each. That there are d−1 of them isn't checked yet.
    channels : tuple of int
        One number, or as many as were given: that these are d+1 isn't checked yet.
    permutations : str or None
        None stands for what fits the group: all transpositions for S, generators otherwise.
    group : str
        As typed: a name, a list of generators, or ``@FILE``.
    actions : tuple of (int, str)
        Levels on which the group acts in a way of its own, and how, as typed.
    output_format : str
        The format asked for, or that of the output file's ending.
    output_file : str or None
        None stands for standard output; so does ``-``, which is turned into None.
    quiet : bool
    memory_limit : int or None
        Bytes; None stands for half of what is free.
    ascii : bool
        No Unicode in text for people.
    jobs, resume, dask, dry_run
        How a long result is to be written.
    given : frozenset of str
        The parameters that were typed.
    """

    inputs: int | Literal["any"] | tuple[int, ...] | None = None
    depth: int = 1
    layer: str = "quadratic"
    activation: str | None = None
    indices: Literal["ordered", "redundant"] = "ordered"
    bias: bool = False
    widths: tuple[int, ...] | None = None
    channels: tuple[int, ...] = (1,)
    symmetry: Literal["equivariant", "invariant"] = "equivariant"
    scope: Literal["layer", "network"] = "layer"
    compare: Literal["function", "paper", "tensor"] = "function"
    permutations: Literal["transpositions", "adjacent", "generators"] | None = None
    group: str = "S"
    actions: tuple[tuple[int, str], ...] = ()
    output_format: str = "text"
    output_file: str | None = None
    quiet: bool = False
    memory_limit: int | None = None
    ascii: bool = False
    jobs: int | Literal["all"] = 1
    resume: bool = False
    dask: str | None = None
    dry_run: bool = False
    given: frozenset[str] = frozenset()

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Request:
        """Return the request that a command's keywords hold; others among them are ignored."""
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in options.items() if name in names})

    # -- the network -----------------------------------------------------------------------

    def problem(self, inputs: int | None = None) -> Problem:
        """Return the network and the symmetry that the options describe.

        Parameters
        ----------
        inputs : int, optional
            The number of inputs, where ``-n`` stands for several.

        Raises
        ------
        UsageError, InputError
            If the options contradict one another, or the group can't be read.

        Examples
        --------
        >>> network, symmetry = Request(3, group="C", symmetry="invariant").problem()
        >>> network.widths, symmetry.kind, symmetry.permutations
        ((3, 1), 'invariant', 'generators')
        """
        from polyconstraints.spec.network import NetworkSpec, check_depth
        from polyconstraints.spec.symmetry import Symmetry

        number = self.inputs if inputs is None else inputs
        if not isinstance(number, int):
            raise UsageError(f"expected a number of inputs, got {number}", "inputs")
        check_depth(self.depth)
        choice = self._group_choice(number)
        network = NetworkSpec(
            number,
            self.depth,
            self.layer,
            self.indices,
            self.bias,
            choice.hidden_widths(number, self.depth, self.widths),
            outputs=1 if self.symmetry == "invariant" else choice.widths.get(self.depth),
            channels=self.channels[0] if len(self.channels) == 1 else self.channels,
            activation=self.activation,
        )
        symmetry = Symmetry(
            choice.group,
            self.symmetry,
            self.scope,
            self.compare,
            self.permutations or "auto",
            choice.actions,
        )
        return network, symmetry

    def _group_choice(self, inputs: int) -> GroupChoice:
        """Return the group and how it acts on levels."""
        from polyconstraints.cli.group_file import read_group_option

        levels: dict[int, str] = {}
        for level, text in self.actions:
            if level > self.depth:
                raise UsageError(f"expected a level from 1 to {self.depth}, got {level}", "actions")
            if level in levels:
                raise UsageError(f"expected each level once, got {level} twice", "actions")
            levels[level] = text
        return read_group_option(self.group, inputs, levels)

    def problem_with_room(self, product: Product, inputs: int | None = None) -> Problem:
        """Return the network and the symmetry, if what is to be made of them will fit.

        Raises
        ------
        TooLargeError
            If it won't.
        """
        from polyconstraints.spec.size import require_room

        network, symmetry = self.problem(inputs)
        require_room(network, symmetry, product, self.memory_limit)
        return network, symmetry

    def derive(self, product: Product = "derivation", inputs: int | None = None) -> Derivation:
        """Return the derivation of the network, if what is to be made of it will fit."""
        from polyconstraints.derivation import derive

        return derive(*self.problem_with_room(product, inputs), self.memory_limit)

    def tying_map(self, source: str | None = None, product: Product = "map") -> TyingMap:
        """Return the map in a file, or else that of the network, if what is made of it will fit."""
        if self.described_beside(source):
            return self.derive(product).tying_map()
        from polyconstraints.tying import TyingMap

        return TyingMap.load(str(source))

    def described_beside(self, source: str | None) -> bool:
        """Return whether the options describe the network, and not a file given instead.

        Raises
        ------
        UsageError
            If there is neither a file nor ``-n``, or both a file and an option that describes
            a network: the file says what the network is.
        """
        if source is None:
            if self.inputs is None:
                raise UsageError(
                    "expected a number of inputs or a file, got neither", "-n/--inputs"
                )
            return True
        for name in DESCRIBING:
            if name in self.given:
                raise UsageError("expected no description of a network beside a file", _typed(name))
        return False

    def any_network(self) -> AnyNetwork:
        """Return the network that the options describe, for every number of inputs.

        Raises
        ------
        UsageError
            If an option says something of one number of inputs, or there is no rule.
        """
        from polyconstraints.classes.any_network import AnyNetwork

        if self.widths is not None:
            raise UsageError("expected no widths for a rule: hidden levels have width n", "widths")
        if self.scope == "network" and self.depth > 1:
            raise UsageError("expected layer for a rule, got network", "scope")
        if self.group.strip().startswith("@"):
            raise UsageError("expected the name of a group for a rule, got a file", "group")
        if self.permutations is not None:
            raise UsageError("expected none for a rule, which holds for all of S_n", "permutations")
        return AnyNetwork(
            "".join(self.group.split()),
            self.depth,
            self.layer,
            self.indices,
            self.bias,
            self.channels[0] if len(self.channels) == 1 else self.channels,
            self.symmetry,
            cast('Literal["function", "tensor"]', self.compare),
            actions=dict(self.actions),
            activation=self.activation,
        )


#: The attributes that describe a network and its symmetry.
DESCRIBING = tuple(field.name for field in fields(Request))[:14]


def _typed(name: str) -> str:
    """Return an option as it is typed."""
    for parameter in click.get_current_context().command.params:
        if parameter.name == name:
            return "/".join(parameter.opts)
    return name
