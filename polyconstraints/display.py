"""How results show themselves and are written: hooks that ``render`` fills.

Results know nothing of how they are drawn. A notebook asks one for HTML, LaTeX or text by calling
a method, and a user for a whole LaTeX document or a picture; what makes it is registered here for
its type, by a module that the package names and that is loaded when it is first needed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from html import escape
from typing import Any

_pending: list[Callable[[], object]] = []


def on_first_use(load: Callable[[], object]) -> None:
    """Have a function called, once, before anything is shown: it registers the displays."""
    _pending.append(load)


@singledispatch
def html(result: object) -> str | None:
    """Return a result as HTML; None for a type that no display is registered for."""
    return None


@singledispatch
def latex(result: object) -> str | None:
    """Return a result as LaTeX, cut where it is long; None for a type that has none."""
    return None


@singledispatch
def text(result: object) -> str | None:
    """Return a result as plain text; None for a type that is shown as Python shows it."""
    return None


@singledispatch
def document(result: object, **options: Any) -> str:
    """Return a result as LaTeX, whole."""
    raise NotImplementedError(type(result).__name__)


@singledispatch
def picture(result: object, **options: Any) -> Any:
    """Return a picture of a result."""
    raise NotImplementedError(type(result).__name__)


class Displayed:
    """A result that notebooks can show."""

    def __init_subclass__(cls) -> None:
        # IPython prefers the __repr__ of a class to what the class has inherited.
        if "_repr_pretty_" not in vars(cls):
            cls._repr_pretty_ = cls._repr_pretty_  # type: ignore[method-assign]

    def _repr_html_(self) -> str | None:
        found, plain = html(loaded(self)), text(self)
        return f"<pre>{escape(plain)}</pre>" if found is None and plain is not None else found

    def _repr_latex_(self) -> str | None:
        return latex(loaded(self))

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(text(loaded(self)) or repr(self))


class Written(Displayed):
    """A result that LaTeX is made of, too."""

    def to_latex(self, **options: Any) -> str:
        """Return the result as LaTeX, whole, as its command writes it with ``--format latex``."""
        return document(loaded(self), **options)


class Drawn(Written):
    """A result that pictures are made of, too."""

    def plot(self, **options: Any) -> Any:
        """Return a picture, which notebooks show; its ``save`` writes SVG, PNG, PDF or TikZ."""
        return picture(loaded(self), **options)


def loaded(result: object) -> object:
    """Return a result, once the displays of all types are registered."""
    while _pending:
        _pending.pop()()
    return result
