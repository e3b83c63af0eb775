r"""How groups are written: ``S3xS2``, ``S3wrS2``, ``pairs(S5)``, ``grid(4,4,D4)``.

::

    sum     = product { "+" product }           disjoint union
    product = wreath { "x" wreath }             pairs: rows and columns of a matrix
    wreath  = operand { "wr" operand }          left: inside a block; right: the blocks
    operand = factor | generators | cycles | "(" sum ")"
            | "pairs" "(" sum ")"               unordered pairs of different points
            | "ordered_pairs" "(" sum ")"       ordered pairs of different points
            | "subsets" "(" sum "," size ")"
            | "tuples" "(" sum "," size ")"     all tuples, repeats included
            | "edges" "(" sum "," JSON list of pairs ")"
            | "grid" "(" rows "," columns "," factor ")"
    factor  = ("S" | "A" | "C" | "D" | "trivial") size [ "#" occurrence ]
    generators = JSON list of permutations [ "#" occurrence ]
    cycles  = cycle { [ "," ] cycle }           points from 1; a comma ends a generator
    cycle   = "(" point { [ "," ] point } ")"

Factors of the same name are numbered from left to right, and are different groups unless an
occurrence says otherwise: ``S3xS3`` moves rows and columns independently, ``S3#1xS3#1`` moves
both at once. A factor without a size is completed by whoever reads the text. Blanks are
ignored. The text is matched, never evaluated: it becomes a tree of constructions
(:mod:`~polyconstraints.spec.groups.tree`), which gives the action.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import reduce
from typing import Any

from polyconstraints.errors import UsageError
from polyconstraints.io.strict_json import parse_json
from polyconstraints.spec import shown
from polyconstraints.spec.groups.constructions import Edges, Product, Selection, Sum, Wreath
from polyconstraints.spec.groups.group import require_images
from polyconstraints.spec.groups.permutations import Permutation, checked_alike
from polyconstraints.spec.groups.tree import Construction, Generators, Grid, Preset

#: Constructions that are written as functions.
FUNCTIONS = ("pairs", "ordered_pairs", "subsets", "tuples", "edges", "grid")

_MAX_LENGTH = 100_000
_MAX_NESTING = 50

#: Most factors and constructions in one text; each operator nests the expression deeper.
_MAX_OPERANDS = 100

_OPERATORS = (Sum, Product, Wreath)

_DECODER = json.JSONDecoder()

_BLANK = re.compile(r"\s*")
_FACTOR = re.compile(r"(trivial|[SACD])([0-9]{1,7})?(?:#([0-9]{1,4}))?")
_WORD = re.compile(r"[a-z_]+")
_NUMBER = re.compile(r"[0-9]{1,9}")
_OCCURRENCE = re.compile(r"#([0-9]{1,4})")
_CYCLE = re.compile(r"\(\s*([0-9]{1,7}(?:[\s,]+[0-9]{1,7})*)\s*\)")
_ANOTHER = re.compile(r",(?=\s*\(\s*[0-9])")


def parse_expression(text: str) -> Construction:
    """Return the construction that a text in the grammar at the top of this module is."""
    if len(text) > _MAX_LENGTH:
        raise UsageError(f"expected at most {_MAX_LENGTH} characters, got {len(text)}")
    return _Parser(text).whole()


def shown_group(text: str) -> str:
    """Return the text of a group as messages show it."""
    return shown(text, 60)


class _Parser:
    """A recursive-descent parser of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.operands = 0

    def whole(self) -> Construction:
        expression = self.sum()
        if self.at < len(self.text):
            raise self._expected("'+', 'x', 'wr' or the end")
        return expression

    # -- the three operators ---------------------------------------------------------------

    def sum(self, level: int = 0) -> Construction:
        """Read operands and the operators that bind at least as tightly as those of a level."""
        if level == len(_OPERATORS):
            return self.operand()
        kind = _OPERATORS[level]
        parts = [self.sum(level + 1)]
        while self._operator(kind.sign):
            parts.append(self.sum(level + 1))
        if kind is Wreath:
            return reduce(lambda inner, outer: Wreath((inner, outer)), parts)
        # What is in parentheses at the start is part of the same sum or product.
        first = parts[0].parts if len(parts) > 1 and isinstance(parts[0], kind) else parts[:1]
        return kind((*first, *parts[1:])) if len(parts) > 1 else parts[0]

    def _operator(self, symbol: str) -> bool:
        found = self._peek(symbol)
        self.at += len(symbol) if found else 0
        return found

    # -- operands --------------------------------------------------------------------------

    def operand(self) -> Construction:
        self.operands += 1
        if self.operands > _MAX_OPERANDS:
            raise UsageError(f"expected at most {_MAX_OPERANDS} factors, got more")
        if self._peek("("):
            return self._cycles() or self._in_parentheses(self.sum)
        if self._peek("["):
            return self._generators()
        factor = self._take(_FACTOR)
        if factor:
            letter, size, occurrence = factor.groups()
            if size is not None and int(size) < 1:
                raise UsageError(
                    f"expected a size of at least 1, got {factor[0]} in {shown_group(self.text)}"
                )
            return Preset(letter, _whole(size), occurrence=_whole(occurrence))
        word = self._take(_WORD)
        if word and word[0] in FUNCTIONS:
            function = word[0]
            return self._in_parentheses(
                self._grid if function == "grid" else lambda: self._derived(function)
            )
        if word:
            self.at = word.start()
        raise self._expected(
            f"a preset (S, A, C, D, trivial), one of {', '.join(FUNCTIONS)}, '(' or a list of "
            "generators (`polyconstraints groups` lists what there is)"
        )

    def _derived(self, function: str) -> Construction:
        of = self.sum()
        length = 2
        if "pairs" not in function:
            self._literal(",")
            if function == "edges":
                return Edges((of,), self._graph())
            length = self._number()
        ordered = function in ("ordered_pairs", "tuples")
        return Selection((of,), length, function != "tuples", ordered, function)

    def _grid(self) -> Construction:
        rows = self._number()
        self._literal(",")
        columns = self._number()
        self._literal(",")
        factor = self._take(_FACTOR)
        if not factor:
            raise self._expected("one of C2, D2, C4, D4")
        symmetry = f"{factor[1]}{factor[2] or ''}"
        return Grid(rows, columns, symmetry, occurrence=_whole(factor[3]))

    def _cycles(self) -> Construction | None:
        """Return the group of permutations that are written as cycles, if that is what follows."""
        generators: list[list[list[int]]] = [[]]
        start = self.at
        while cycle := self._take(_CYCLE):
            generators[-1].append([int(point) for point in re.split(r"[\s,]+", cycle[1])])
            if self._take(_ANOTHER):
                generators.append([])
        if not generators[0]:
            return None
        degree = max(point for cycles in generators for cycle in cycles for point in cycle)
        require_images(degree, len(generators))
        where = shown_group(self.text[start : self.at])
        images = tuple(_product(cycles, max(degree, 1), where) for cycles in generators)
        return Generators(images, open=True)

    def _generators(self) -> Construction:
        document = self._json_list()
        if not document:
            raise UsageError(
                f"expected at least one generator, got none in {shown_group(self.text)}"
            )
        generators = checked_alike(document, "generators", 1 if document[0] == [] else None)
        given = self._take(_OCCURRENCE)
        return Generators(generators, occurrence=_whole(given and given[1]))

    def _graph(self) -> tuple[tuple[int, ...], ...]:
        document = self._json_list()
        for edge in document:
            if not isinstance(edge, list) or any(type(node) is not int for node in edge):
                raise UsageError(
                    f"expected edges as lists of two nodes in {shown_group(self.text)}"
                )
        return tuple(map(tuple, document))

    def _json_list(self) -> list[Any]:
        if not self._peek("["):
            raise self._expected("a list")
        start = self.at
        try:
            _, self.at = _DECODER.raw_decode(self.text, start)
        except (ValueError, RecursionError):
            # What is wrong is said below.
            self.at = len(self.text)
        document: list[Any] = parse_json(self.text[start : self.at])
        return document

    # -- pieces ----------------------------------------------------------------------------

    def _in_parentheses(self, inside: Callable[[], Construction]) -> Construction:
        self.depth += 1
        if self.depth > _MAX_NESTING:
            raise self._expected(f"at most {_MAX_NESTING} levels of parentheses")
        self._literal("(")
        found = inside()
        self._literal(")")
        self.depth -= 1
        return found

    def _number(self) -> int:
        match = self._take(_NUMBER)
        if not match or int(match[0]) < 1:
            raise self._expected("an integer of at least 1")
        return int(match[0])

    def _literal(self, symbol: str) -> None:
        if not self._operator(symbol):
            raise self._expected(repr(symbol))

    def _peek(self, symbol: str) -> bool:
        self._take(_BLANK)
        return self.text.startswith(symbol, self.at)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        if pattern is not _BLANK:
            self._take(_BLANK)
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match

    def _expected(self, what: str) -> UsageError:
        rest = self.text[self.at : self.at + 20]
        got = f"{rest!r} at character {self.at + 1}" if rest else "the end"
        return UsageError(f"expected {what}, got {got} of {shown_group(self.text)}")


def _product(cycles: list[list[int]], degree: int, where: str) -> Permutation:
    """Return the permutation that disjoint cycles of the points 1 … degree are."""
    images = list(range(degree))
    seen: set[int] = set()
    for cycle in cycles:
        for point, image in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
            if point < 1 or point in seen:
                raise UsageError(
                    f"expected disjoint cycles of points from 1, got {point} "
                    f"{'twice ' if point else ''}in {where}"
                )
            seen.add(point)
            images[point - 1] = image - 1
    return tuple(images)


def _whole(digits: str | None) -> int | None:
    return None if digits is None else int(digits)
