"""What the text of a group says, as a tree: factors, operators and functions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import comb
from typing import Literal

from polyconstraints.errors import UsageError
from polyconstraints.spec.groups.actions import GroupAction
from polyconstraints.spec.groups.permutations import Permutation

__all__ = ["Combined", "Derived", "Expression", "Factor", "Generators", "Grid"]

Operator = Literal["+", "x", "wr"]

#: Numbers of points are counted up to here, far beyond what is built.
_CAP_BITS = 64
_CAP = 1 << _CAP_BITS


@dataclass(frozen=True)
class Expression:
    """What a text says, before anything is built."""

    def action(self, sizes: Mapping[str, int]) -> GroupAction:
        """Return the action; ``sizes`` completes the factors without a size."""
        raise NotImplementedError

    def points(self, sizes: Mapping[str, int]) -> int:
        """Return how many points the action has, without building it; 0 without a size."""
        raise NotImplementedError

    def factors(self) -> Iterator[Factor]:
        """Yield the factors from left to right."""
        yield from ()

    def spelled(self, sizes: Mapping[str, int]) -> str:
        """Return the text in its shortest form."""
        raise NotImplementedError

    def replaced(self, replace: Callable[[Factor], Factor]) -> Expression:
        """Return the expression with every factor replaced by another one."""
        return self


@dataclass(frozen=True)
class Factor(Expression):
    """A preset: its letter, its size where one is written, and which one of its kind it is."""

    letter: str
    size: int | None
    occurrence: int
    numbered: bool

    def action(self, sizes: Mapping[str, int]) -> GroupAction:
        """Return the preset acting on its own points."""
        size = sizes.get(self.letter) if self.size is None else self.size
        if size is None:
            raise UsageError(
                f"expected a size of the group {self.letter}, as in {self.letter}3, got none"
            )
        return GroupAction.preset(self.letter, size, self.occurrence)

    def points(self, sizes: Mapping[str, int]) -> int:
        """Return the size."""
        return sizes.get(self.letter, 0) if self.size is None else self.size

    def factors(self) -> Iterator[Factor]:
        """Yield this factor."""
        yield self

    def spelled(self, sizes: Mapping[str, int]) -> str:
        """Return letter, size and occurrence."""
        size = sizes.get(self.letter) if self.size is None else self.size
        number = f"#{self.occurrence}" if self.numbered else ""
        return f"{self.letter}{'' if size is None else size}{number}"

    def replaced(self, replace: Callable[[Factor], Factor]) -> Factor:
        """Return what this factor is replaced by."""
        return replace(self)


@dataclass(frozen=True)
class Generators(Expression):
    """A list of generators."""

    images: tuple[Permutation, ...]
    occurrence: int
    numbered: bool

    def action(self, sizes: Mapping[str, int]) -> GroupAction:
        """Return the group of the generators acting on its own points."""
        name = self.spelled({}).partition("#")[0]
        return GroupAction.generated(name, self.images, len(self.images[0]), self.occurrence)

    def points(self, sizes: Mapping[str, int]) -> int:
        """Return the length of the generators."""
        return len(self.images[0])

    def spelled(self, sizes: Mapping[str, int]) -> str:
        """Return the list as JSON."""
        number = f"#{self.occurrence}" if self.numbered else ""
        return json.dumps(self.images, separators=(",", ":")) + number


@dataclass(frozen=True)
class Combined(Expression):
    """Two expressions with an operator between them."""

    operator: Operator
    left: Expression
    right: Expression

    def action(self, sizes: Mapping[str, int]) -> GroupAction:
        """Return the disjoint union, the product or the wreath product."""
        left, right = self.left.action(sizes), self.right.action(sizes)
        if self.operator == "wr":
            return left.wreath(right)
        return left + right if self.operator == "+" else left * right

    def points(self, sizes: Mapping[str, int]) -> int:
        """Return the sum or the product of the numbers of both sides."""
        left, right = self.left.points(sizes), self.right.points(sizes)
        return _capped(left + right if self.operator == "+" else left * right)

    def factors(self) -> Iterator[Factor]:
        """Yield the factors of the left side, then those of the right."""
        yield from self.left.factors()
        yield from self.right.factors()

    def spelled(self, sizes: Mapping[str, int]) -> str:
        """Return both sides, in parentheses where the operator binds them more tightly."""
        left, right = self.left.spelled(sizes), self.right.spelled(sizes)
        binding = "+", "x", "wr"
        own = binding.index(self.operator)
        if isinstance(self.left, Combined) and binding.index(self.left.operator) < own:
            left = f"({left})"
        if isinstance(self.right, Combined) and binding.index(self.right.operator) <= own:
            right = f"({right})"
        return f"{left}{self.operator}{right}"

    def replaced(self, replace: Callable[[Factor], Factor]) -> Combined:
        """Return the same operator between other sides."""
        left, right = self.left.replaced(replace), self.right.replaced(replace)
        return Combined(self.operator, left, right)


@dataclass(frozen=True)
class Derived(Expression):
    """Points that are made of other points: ``pairs(S4)``, ``tuples(S3,2)``."""

    function: str
    of: Expression
    size: int = 2
    graph: tuple[tuple[int, ...], ...] = ()

    def action(self, sizes: Mapping[str, int]) -> GroupAction:
        """Return the action on pairs, subsets, tuples or edges."""
        action = self.of.action(sizes)
        if self.function == "edges":
            return action.edges(self.graph)
        if self.function == "ordered_pairs":
            return action.arrangements(2)
        return action.tuples(self.size) if self.function == "tuples" else action.subsets(self.size)

    def points(self, sizes: Mapping[str, int]) -> int:
        """Return the number of pairs, subsets, tuples or edges."""
        of = self.of.points(sizes)
        if self.function == "edges":
            return len(self.graph)
        if self.function == "ordered_pairs":
            return _capped(of * (of - 1))
        if self.function == "tuples":
            return _capped(of ** min(self.size, _CAP_BITS) if of > 1 else of)
        # C(n, k) grows with min(k, n - k), and is beyond the cap from 64 of them on.
        size = min(self.size, of - self.size)
        return _CAP if size > _CAP_BITS else _capped(comb(of, size)) if size >= 0 else 0

    def factors(self) -> Iterator[Factor]:
        """Yield the factors of the argument."""
        yield from self.of.factors()

    def spelled(self, sizes: Mapping[str, int]) -> str:
        """Return the function and its arguments."""
        arguments = [self.of.spelled(sizes)]
        if self.function == "edges":
            arguments.append(json.dumps(self.graph, separators=(",", ":")))
        elif "pairs" not in self.function:
            arguments.append(str(self.size))
        return f"{self.function}({','.join(arguments)})"

    def replaced(self, replace: Callable[[Factor], Factor]) -> Derived:
        """Return the same function of other points."""
        return Derived(self.function, self.of.replaced(replace), self.size, self.graph)


@dataclass(frozen=True)
class Grid(Expression):
    """The cells of a grid under rotations and reflections."""

    rows: int
    columns: int
    symmetry: str
    occurrence: int
    numbered: bool

    def action(self, sizes: Mapping[str, int]) -> GroupAction:
        """Return the action on the cells."""
        return GroupAction.grid(self.rows, self.columns, self.symmetry, self.occurrence)

    def points(self, sizes: Mapping[str, int]) -> int:
        """Return the number of cells."""
        return self.rows * self.columns

    def spelled(self, sizes: Mapping[str, int]) -> str:
        """Return the function and its arguments."""
        number = f"#{self.occurrence}" if self.numbered else ""
        return f"grid({self.rows},{self.columns},{self.symmetry}{number})"


def _capped(points: int) -> int:
    return min(points, _CAP)
