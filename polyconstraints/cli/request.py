"""What the options that commands share say: parsed once, read as attributes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from polyconstraints.errors import InputError, UsageError
from polyconstraints.spec.problem import Description

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from polyconstraints.cli.console import Advance
    from polyconstraints.derivation import Derivation
    from polyconstraints.render.notation import Pattern
    from polyconstraints.spec.problem import Problem
    from polyconstraints.spec.size import Product
    from polyconstraints.tying import TyingMap


_T = TypeVar("_T")

#: Entries of a list that somebody who watches is shown.
_WATCHED = 20


@dataclass(frozen=True)
class Request(Description):
    """A command line: the network and its symmetry, where the result goes, and what it may take.

    The group may be ``@FILE``: a list of generators in JSON, or an object with ``group`` (a text)
    or ``generators``, and ``name`` and ``actions`` if need be.
    """

    #: Which of the strata of network scope, from 1, and whether what a gauge fixing of it sets to
    #: zero is to be zero.
    stratum: int | None = None
    gauge_fixed: bool = False
    #: The format asked for, or that of the file's ending; no file stands for standard output.
    output_format: str = "text"
    output_file: str | None = None
    quiet: bool = False
    #: Bytes; half of what is free unless given.
    memory_limit: int | None = None
    #: No Unicode in text for people.
    ascii: bool = False
    #: How a long result is to be written.
    jobs: int | Literal["all"] = 1
    resume: bool = False
    dask: str | None = None
    dry_run: bool = False
    #: The parameters that were typed.
    given: frozenset[str] = frozenset()

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Request:
        """Return the request that a command's keywords hold; others among them are ignored."""
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in options.items() if name in names})

    # -- the network -----------------------------------------------------------------------

    def _given(self) -> tuple[Any, Mapping[int, Any], str, str]:
        """Return the group and its actions, or those in a file, which what is typed precedes."""
        text = str(self.group).strip()
        if not text.startswith("@"):
            return text, {}, "", ""
        if text == "@":
            raise UsageError("expected the name of a file after @, got nothing", "group")
        return (*_group_file(text[1:]), text[1:])

    def problem_with_room(self, product: Product, inputs: int | None = None) -> Problem:
        """Return the network and the symmetry, if what is to be made of them will fit."""
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
        if not self.described_beside(source):
            from polyconstraints.tying import TyingMap

            return TyingMap.load(str(source))
        if self.stratum is None:
            if self.gauge_fixed:
                raise UsageError("expected --stratum with it, got none", "gauge_fixed")
            return self.derive(product).tying_map()
        if self.scope != "network":
            raise UsageError("expected --scope network with it, got layer", "stratum")
        from polyconstraints.variety.strata.gauge import numbered_stratum_map

        return numbered_stratum_map(*self.problem(), self.stratum, self.gauge_fixed)

    @property
    def has_network(self) -> bool:
        """Whether a number of inputs is given, or the group says it."""
        return self.inputs is not None or self.points() is not None

    def described_beside(self, source: str | None) -> bool:
        """Return whether the options describe the network, and not a file given instead."""
        if source is None:
            if not self.has_network:
                raise UsageError(
                    "expected a number of inputs or a file, got neither", "-n/--inputs"
                )
            return True
        for name in (*DESCRIBING, *CHOOSING):
            if name in self.given:
                raise UsageError("expected no description of a network beside a file", _typed(name))
        return False

    # -- the result ------------------------------------------------------------------------

    def progress(self, what: str, total: float | None = None) -> AbstractContextManager[Advance]:
        """Show progress on standard error, if somebody watches and it takes its time."""
        from polyconstraints.cli.console import progress

        return progress(what, total, quiet=self.quiet)

    def counted(self, what: str, items: Iterable[_T]) -> Iterator[_T]:
        """Yield items, and show how many are done."""
        with self.progress(what, len(items) if isinstance(items, Sized) else None) as advance:
            for item in items:
                yield item
                advance()

    def warn(self, message: str) -> None:
        """Print one line of warning to standard error, unless it is to be quiet."""
        if not self.quiet:
            click.echo(f"polyconstraints: warning: {' '.join(message.split())}", err=True)

    @property
    def most(self) -> int | None:
        """How many entries of a list a text shows: all, unless somebody watches."""
        from polyconstraints.cli.console import audience

        return _WATCHED if audience(self.output_file) == "terminal" else None

    def write(
        self, document: Any, text: str | Iterable[str], patterns: Sequence[Pattern] = ()
    ) -> None:
        """Write a result: its document where JSON is asked for, its text otherwise.

        The document may be given as what makes it, a text as its lines.
        """
        from polyconstraints.cli.output import write_text
        from polyconstraints.io.strict_json import iter_json

        if self.output_format == "json":
            pieces = iter_json(document() if callable(document) else document)
            write_text(pieces, self.output_file)
            return
        lines = [text, "" if text.endswith("\n") else "\n"] if isinstance(text, str) else text
        words = self.output_format == "text"
        write_text(lines, self.output_file, words=words, patterns=patterns if words else ())


#: The attributes that describe a network and its symmetry.
DESCRIBING = tuple(field.name for field in fields(Description))

#: Those that choose a map of it.
CHOOSING = ("stratum", "gauge_fixed")


def _typed(name: str) -> str:
    """Return an option as it is typed."""
    for parameter in click.get_current_context().command.params:
        if parameter.name == name:
            return "/".join(parameter.opts)
    return name


def _group_file(source: str) -> tuple[str | list[Any], dict[int, str | list[Any]], str]:
    """Return what a group file holds: the group, the actions on levels, and its name."""
    from polyconstraints.io.files import load_json
    from polyconstraints.spec.groups import PRESETS

    document = load_json(source)
    if isinstance(document, list):
        return document, {}, ""
    if not isinstance(document, dict):
        raise InputError(
            f"expected a list of generators or an object, got {type(document).__name__}",
            source=source,
        )

    def refused(what: str, value: object, place: str) -> InputError:
        got = "nothing" if value is None else type(value).__name__
        return InputError(f"expected {what}, got {got}", place, source)

    described: Any = document.get("generators", document.get("group"))
    if "generators" in document and not isinstance(described, list):
        raise refused("a list of generators", described, "generators")
    if "generators" not in document and not isinstance(described, str):
        raise refused("the name of a group", described, "group")
    name = document.get("name", "")
    if not isinstance(name, str) or name in PRESETS:
        raise InputError("expected a name that is no preset's", "name", source)
    actions = document.get("actions", {})
    if not isinstance(actions, dict):
        raise refused("an object", actions, "actions")
    for level, value in actions.items():
        if not level.isdecimal() or len(level) > 6:
            raise InputError("expected levels from 1 as keys", f"actions.{level}", source)
        if not isinstance(value, str | list):
            raise refused("a text or a list", value, f"actions.{level}")
    return described, {int(level): value for level, value in actions.items()}, name
