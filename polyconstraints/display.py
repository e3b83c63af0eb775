"""How results show themselves in notebooks: a hook that ``render`` fills.

Results know nothing of how they are drawn. A notebook asks one for HTML or LaTeX by calling a
method; what draws it is registered here for its type, by a module that the package names and
that is loaded when something is first shown.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch

__all__ = ["Displayed", "html", "latex", "on_first_use"]

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
    """Return a result as LaTeX; None for a type that no display is registered for."""
    return None


class Displayed:
    """A result that notebooks can show."""

    def _repr_html_(self) -> str | None:
        return _shown(html, self)

    def _repr_latex_(self) -> str | None:
        return _shown(latex, self)


def _shown(display: Callable[[object], str | None], result: object) -> str | None:
    while _pending:
        _pending.pop()()
    return display(result)
