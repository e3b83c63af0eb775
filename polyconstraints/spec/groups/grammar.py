r"""How groups are written: ``S3xS2``, ``S3wrS2``, ``pairs(S5)``, ``grid(4,4,D4)``.

::

    sum     = product { "+" product }           disjoint union
    product = wreath { "x" wreath }             pairs: rows and columns of a matrix
    wreath  = operand { "wr" operand }          left: inside a block; right: the blocks
    operand = factor | generators | "(" sum ")"
            | "pairs" "(" sum ")"               unordered pairs of different points
            | "ordered_pairs" "(" sum ")"       ordered pairs of different points
            | "subsets" "(" sum "," size ")"
            | "tuples" "(" sum "," size ")"     all tuples, repeats included
            | "edges" "(" sum "," JSON list of pairs ")"
            | "grid" "(" rows "," columns "," factor ")"
    factor  = ("S" | "A" | "C" | "D" | "trivial") size [ "#" occurrence ]
    generators = JSON list of permutations [ "#" occurrence ]

Factors of the same name are numbered from left to right, and are different groups unless an
occurrence says otherwise: ``S3xS3`` moves rows and columns independently, ``S3#1xS3#1`` moves
both at once. A factor without a size is completed by whoever reads the text. Blanks are
ignored. The text is matched, never evaluated: it becomes a tree of expressions, from which the
action is built.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from polyconstraints.errors import InputError, UsageError
from polyconstraints.spec.groups.actions import GroupAction
from polyconstraints.spec.groups.expressions import (
    Combined,
    Derived,
    Expression,
    Factor,
    Generators,
    Grid,
)
from polyconstraints.spec.groups.permutations import checked

__all__ = [
    "FUNCTIONS",
    "parse_action",
    "parse_expression",
]

#: Constructions that are written as functions, and their arguments.
FUNCTIONS: Mapping[str, str] = {
    "pairs": "pairs(GROUP)",
    "ordered_pairs": "ordered_pairs(GROUP)",
    "subsets": "subsets(GROUP,SIZE)",
    "tuples": "tuples(GROUP,SIZE)",
    "edges": "edges(GROUP,[[0,1],…])",
    "grid": "grid(ROWS,COLUMNS,C4)",
}

_MAX_LENGTH = 100_000
_MAX_NESTING = 50


#: Most factors and constructions in one text; each operator nests the expression deeper.
_MAX_OPERANDS = 100

_BLANK = re.compile(r"\s*")
_FACTOR = re.compile(r"(trivial|[SACD])([0-9]{1,7})?(?:#([0-9]{1,4}))?")
_WORD = re.compile(r"[a-z_]+")
_NUMBER = re.compile(r"[0-9]{1,9}")
_OCCURRENCE = re.compile(r"#([0-9]{1,4})")


def parse_expression(text: str) -> Expression:
    """Return the expression that a text is.

    Parameters
    ----------
    text : str
        As in the grammar at the top of this module.

    Raises
    ------
    UsageError
        If the text isn't in the grammar; the message says where.
    InputError
        If a list in it is not JSON, or not one of permutations.

    Examples
    --------
    >>> parse_expression("S3 x (S2 + C4)").spelled({})
    'S3x(S2+C4)'
    >>> parse_expression("pairs(S4")
    Traceback (most recent call last):
        ...
    polyconstraints.errors.UsageError: expected ')', got the end of 'pairs(S4'
    """
    if len(text) > _MAX_LENGTH:
        raise UsageError(f"expected at most {_MAX_LENGTH} characters, got {len(text)}")
    return _Parser(text).whole()


def parse_action(text: str, sizes: Mapping[str, int] | None = None) -> GroupAction:
    """Return the action that a text describes.

    Parameters
    ----------
    text : str
        As in the grammar at the top of this module.
    sizes : mapping from letter to int, optional
        The sizes of factors that are written without one.

    Raises
    ------
    UsageError, InputError
        As :func:`parse_expression`, and where there is no such action.

    Examples
    --------
    >>> parse_action("S3xS2").degree, parse_action("S3+S2").degree
    (6, 5)
    >>> parse_action("pairs(S4)wrC2").group().order()
    1152
    """
    try:
        return parse_expression(text).action(sizes or {})
    except UsageError as error:
        if shown(text) in str(error):
            raise
        raise UsageError(f"{error}, in {shown(text)}") from None


def shown(text: str) -> str:
    """Return a text as messages show it, cut to a bounded length."""
    return repr(text) if len(text) <= 60 else f"{text[:60]!r}…"


class _Parser:
    """A recursive-descent parser of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.operands = 0
        self.met: Counter[str] = Counter()

    def whole(self) -> Expression:
        expression = self.sum()
        if self.at < len(self.text):
            raise self._expected("'+', 'x', 'wr' or the end")
        return expression

    # -- the three operators ---------------------------------------------------------------

    def sum(self) -> Expression:
        expression = self.product()
        while self._operator("+"):
            expression = Combined("+", expression, self.product())
        return expression

    def product(self) -> Expression:
        expression = self.wreath()
        while self._operator("x"):
            expression = Combined("x", expression, self.wreath())
        return expression

    def wreath(self) -> Expression:
        expression = self.operand()
        while self._operator("wr"):
            expression = Combined("wr", expression, self.operand())
        return expression

    def _operator(self, symbol: str) -> bool:
        found = self._peek(symbol)
        self.at += len(symbol) if found else 0
        return found

    # -- operands --------------------------------------------------------------------------

    def operand(self) -> Expression:
        self.operands += 1
        if self.operands > _MAX_OPERANDS:
            raise UsageError(f"expected at most {_MAX_OPERANDS} factors, got more")
        if self._peek("("):
            return self._in_parentheses(self.sum)
        if self._peek("["):
            return self._generators()
        factor = self._take(_FACTOR)
        if factor:
            return self._factor(factor)
        word = self._take(_WORD)
        if word and word[0] in FUNCTIONS:
            function = word[0]
            return self._in_parentheses(
                self._grid if function == "grid" else lambda: self._derived(function)
            )
        if word:
            self.at = word.start()
        raise self._expected(
            f"a preset (S, A, C, D, trivial), one of {', '.join(FUNCTIONS)}, '(', a list of "
            "generators"
        )

    def _factor(self, match: re.Match[str]) -> Factor:
        letter, size, occurrence = match.groups()
        if size is not None and int(size) < 1:
            raise UsageError(f"expected a size of at least 1, got {match[0]} in {shown(self.text)}")
        name = f"{letter}{'' if size is None else int(size)}"
        return Factor(
            letter,
            None if size is None else int(size),
            self._occurrence(name, occurrence),
            occurrence is not None,
        )

    def _derived(self, function: str) -> Expression:
        of = self.sum()
        if function in ("pairs", "ordered_pairs"):
            return Derived(function, of)
        self._literal(",")
        if function == "edges":
            return Derived(function, of, graph=self._graph())
        return Derived(function, of, self._number())

    def _grid(self) -> Expression:
        rows = self._number()
        self._literal(",")
        columns = self._number()
        self._literal(",")
        factor = self._take(_FACTOR)
        if not factor:
            raise self._expected("one of C2, D2, C4, D4")
        symmetry = f"{factor[1]}{factor[2] or ''}"
        occurrence = self._occurrence(symmetry, factor[3])
        return Grid(rows, columns, symmetry, occurrence, factor[3] is not None)

    def _generators(self) -> Expression:
        document = self._json_list()
        generators = [checked(images, f"generators[{at}]") for at, images in enumerate(document)]
        if not generators:
            raise UsageError(f"expected at least one generator, got none in {shown(self.text)}")
        degree = max(len(generators[0]), 1)
        for at, generator in enumerate(generators):
            if len(generator) != degree:
                raise InputError(
                    f"expected a permutation of {degree} points, got one of {len(generator)}",
                    f"generators[{at}]",
                )
        given = self._take(_OCCURRENCE)
        name = json.dumps(generators, separators=(",", ":"))
        occurrence = self._occurrence(name, given[1] if given else None)
        return Generators(tuple(generators), occurrence, given is not None)

    def _graph(self) -> tuple[tuple[int, ...], ...]:
        document = self._json_list()
        for edge in document:
            if not isinstance(edge, list) or any(type(node) is not int for node in edge):
                raise UsageError(f"expected edges as lists of two nodes in {shown(self.text)}")
        return tuple(map(tuple, document))

    def _json_list(self) -> list[Any]:
        from polyconstraints.io.strict_json import parse_json

        if not self._peek("["):
            raise self._expected("a list")
        start = self.at
        nesting = 0
        for at in range(start, len(self.text)):
            nesting += {"[": 1, "]": -1}.get(self.text[at], 0)
            if not nesting:
                self.at = at + 1
                break
        else:
            self.at = len(self.text)
        document: list[Any] = parse_json(self.text[start : self.at])
        return document

    # -- pieces ----------------------------------------------------------------------------

    def _occurrence(self, factor: str, given: str | None) -> int:
        if given is not None:
            return int(given)
        self.met[factor] += 1
        return self.met[factor]

    def _in_parentheses(self, inside: Callable[[], Expression]) -> Expression:
        self.depth += 1
        if self.depth > _MAX_NESTING:
            raise self._expected(f"at most {_MAX_NESTING} levels of parentheses")
        self._literal("(")
        expression = inside()
        self._literal(")")
        self.depth -= 1
        return expression

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
        return UsageError(f"expected {what}, got {got} of {shown(self.text)}")
