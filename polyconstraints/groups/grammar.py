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
both at once. Blanks are ignored. The text is matched, never evaluated.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from polyconstraints.errors import InputError, UsageError
from polyconstraints.groups.actions import GroupAction
from polyconstraints.groups.permutations import checked

__all__ = ["FUNCTIONS", "bare_letters", "parse_action"]

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

_BLANK = re.compile(r"\s*")
_FACTOR = re.compile(r"(trivial|[SACD])(\d{1,7})?(?:#(\d{1,4}))?(?!\w*\()")
_WORD = re.compile(r"[a-z_]+")
_NUMBER = re.compile(r"\d{1,9}")
_OCCURRENCE = re.compile(r"#(\d{1,4})")
_OPERATOR = {"sum": re.compile(r"\+"), "product": re.compile("x"), "wreath": re.compile("wr")}


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
    UsageError
        If the text isn't in the grammar, or describes something that there isn't; the
        message says where.
    InputError
        If a list in it is not JSON, or not one of permutations.

    Examples
    --------
    >>> parse_action("S3xS2").degree, parse_action("S3+S2").degree
    (6, 5)
    >>> parse_action("pairs(S4)wrC2").group().order()
    1152
    >>> parse_action("pairs(S4")
    Traceback (most recent call last):
        ...
    polyconstraints.errors.UsageError: expected ')', got the end of 'pairs(S4'
    """
    if len(text) > _MAX_LENGTH:
        raise UsageError(f"expected at most {_MAX_LENGTH} characters, got {len(text)}")
    return _Parser(text, sizes or {}).whole()


def bare_letters(text: str) -> list[str]:
    """Return the letters of the factors that are written without a size, in order.

    Examples
    --------
    >>> bare_letters("SxS3+pairs(C)")
    ['S', 'C']
    """
    outside_lists = re.sub(r"\[[^\]]*\]", " ", re.sub(r"[a-z_]+\(", "(", text))
    return [match[1] for match in _FACTOR.finditer(outside_lists) if match[2] is None]


class _Parser:
    """A recursive-descent parser of one text."""

    def __init__(self, text: str, sizes: Mapping[str, int]) -> None:
        self.text = text
        self.sizes = sizes
        self.at = 0
        self.depth = 0
        self.met: Counter[str] = Counter()

    def whole(self) -> GroupAction:
        action = self.sum()
        self._skip()
        if self.at < len(self.text):
            raise self._expected("'+', 'x', 'wr' or the end")
        return action

    # -- the three operators ---------------------------------------------------------------

    def sum(self) -> GroupAction:
        action = self.product()
        while self._take(_OPERATOR["sum"]):
            action = self._guarded(action.__add__, self.product())
        return action

    def product(self) -> GroupAction:
        action = self.wreath()
        while self._take(_OPERATOR["product"]):
            action = self._guarded(action.__mul__, self.wreath())
        return action

    def wreath(self) -> GroupAction:
        action = self.operand()
        while self._take(_OPERATOR["wreath"]):
            action = self._guarded(action.wreath, self.operand())
        return action

    # -- operands --------------------------------------------------------------------------

    def operand(self) -> GroupAction:
        self._skip()
        if self._peek("("):
            return self._parenthesised()
        if self._peek("["):
            return self._generators()
        factor = self._take(_FACTOR)
        if factor:
            letter, size, occurrence = factor.groups()
            count = self._size(letter, size)
            return self._guarded(
                GroupAction.preset, letter, count, self._occurrence(f"{letter}{count}", occurrence)
            )
        word = self._take(_WORD)
        if word and word[0] in FUNCTIONS:
            return self._function(word[0])
        if word:
            self.at = word.start()
        raise self._expected(
            f"a preset (S, A, C, D, trivial), one of {', '.join(FUNCTIONS)}, '(', a list of "
            "generators or @FILE"
        )

    def _parenthesised(self) -> GroupAction:
        self._open()
        action = self.sum()
        self._close()
        return action

    def _function(self, name: str) -> GroupAction:
        self._open()
        action = self._grid() if name == "grid" else self._derived(name, self.sum())
        self._close()
        return action

    def _derived(self, name: str, action: GroupAction) -> GroupAction:
        if name == "pairs":
            return self._guarded(action.subsets, 2)
        if name == "ordered_pairs":
            return self._guarded(action.arrangements, 2)
        self._literal(",")
        if name == "edges":
            return self._guarded(action.edges, self._edge_list())
        size = self._number()
        return self._guarded(action.subsets if name == "subsets" else action.tuples, size)

    def _grid(self) -> GroupAction:
        rows = self._number()
        self._literal(",")
        columns = self._number()
        self._literal(",")
        factor = self._take(_FACTOR)
        if not factor:
            raise self._expected("one of C2, D2, C4, D4")
        symmetry = f"{factor[1]}{factor[2] or ''}"
        return self._guarded(
            GroupAction.grid, rows, columns, symmetry, self._occurrence(symmetry, factor[3])
        )

    def _generators(self) -> GroupAction:
        document, name = self._json_list()
        generators = [checked(images, f"generators[{at}]") for at, images in enumerate(document)]
        if not generators:
            raise UsageError(f"expected at least one generator, got none in {self._shown()}")
        degree = len(generators[0])
        for at, generator in enumerate(generators):
            if len(generator) != degree or not degree:
                raise InputError(
                    f"expected a permutation of {max(degree, 1)} points, got one of "
                    f"{len(generator)}",
                    f"generators[{at}]",
                )
        given = self._take(_OCCURRENCE)
        occurrence = self._occurrence(name, given[1] if given else None)
        return GroupAction.generated(name, generators, degree, occurrence)

    def _edge_list(self) -> list[list[int]]:
        document, _ = self._json_list()
        for edge in document:
            if not isinstance(edge, list) or any(type(node) is not int for node in edge):
                raise UsageError(f"expected edges as lists of two nodes in {self._shown()}")
        return document

    def _json_list(self) -> tuple[list[Any], str]:
        """Read a JSON list; return it and its shortest spelling."""
        from polyconstraints.strict_json import parse_json

        self._skip()
        start = self.at
        if not self._peek("["):
            raise self._expected("a list")
        nesting = 0
        for at in range(start, len(self.text)):
            nesting += {"[": 1, "]": -1}.get(self.text[at], 0)
            if not nesting:
                self.at = at + 1
                break
        else:
            self.at = len(self.text)
        document = parse_json(self.text[start : self.at])
        return document, json.dumps(document, separators=(",", ":"))

    # -- pieces ----------------------------------------------------------------------------

    def _size(self, letter: str, size: str | None) -> int:
        if size is None:
            if letter not in self.sizes:
                raise self._expected(f"a size of the group {letter}, as in {letter}3")
            return self.sizes[letter]
        if int(size) < 1:
            raise UsageError(f"expected a size of at least 1, got {letter}0 in {self._shown()}")
        return int(size)

    def _occurrence(self, factor: str, given: str | None) -> int:
        if given is not None:
            return int(given)
        self.met[factor] += 1
        return self.met[factor]

    def _number(self) -> int:
        match = self._take(_NUMBER)
        if not match or int(match[0]) < 1:
            raise self._expected("an integer of at least 1")
        return int(match[0])

    def _open(self) -> None:
        self.depth += 1
        if self.depth > _MAX_NESTING:
            raise self._expected(f"at most {_MAX_NESTING} levels of parentheses")
        self._literal("(")

    def _close(self) -> None:
        self._literal(")")
        self.depth -= 1

    def _literal(self, symbol: str) -> None:
        self._skip()
        if not self._peek(symbol):
            raise self._expected(repr(symbol))
        self.at += 1

    def _peek(self, symbol: str) -> bool:
        return self.text.startswith(symbol, self.at)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        self._skip()
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match

    def _skip(self) -> None:
        match = _BLANK.match(self.text, self.at)
        if match:
            self.at = match.end()

    def _guarded(self, construct: Any, *arguments: Any) -> GroupAction:
        """Build an action; say where the text is if there is no such action."""
        try:
            action: GroupAction = construct(*arguments)
        except UsageError as error:
            raise UsageError(f"{error} in {self._shown()}") from None
        return action

    def _shown(self) -> str:
        return repr(self.text) if len(self.text) <= 60 else f"{self.text[:60]!r}…"

    def _expected(self, what: str) -> UsageError:
        rest = self.text[self.at : self.at + 20]
        got = f"{rest!r} at character {self.at + 1}" if rest else "the end"
        return UsageError(f"expected {what}, got {got} of {self._shown()}")
