r"""Results as notebooks show them: HTML and LaTeX, registered with :mod:`~polyconstraints.display`.

What is long is cut, since it is only looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import islice
from zlib import crc32

import numpy as np

from polyconstraints import display
from polyconstraints.derivation import Derivation
from polyconstraints.render.figures.blocks import block_picture
from polyconstraints.render.figures.scene import Scene, scene_svg
from polyconstraints.render.figures.strata_graph import StrataGraph
from polyconstraints.render.notation import linear_sum, notation
from polyconstraints.render.words import network_in_words, symmetry_in_words
from polyconstraints.tying import TyingMap
from polyconstraints.variety.strata.variety import Stratum

__all__ = [
    "StrataView",
    "derivation_html",
    "derivation_latex",
    "strata_html",
    "tying_html",
    "tying_latex",
]

#: Equalities, classes and members of a class that are shown at most.
_MOST_EQUALITIES = 16
_MOST_CLASSES = 16
_MOST_MEMBERS = 6

#: Weights of the largest map whose picture is drawn at once.
_MOST_DRAWN = 100_000


def _table(rows: Sequence[Sequence[object]], heads: Sequence[str] = ()) -> str:
    def row(cells: Sequence[object], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    head = f"<thead>{row(heads, 'th')}</thead>" if heads else ""
    return f"<table>{head}<tbody>{''.join(row(cells, 'td') for cells in rows)}</tbody></table>"


@display.html.register
def derivation_html(derivation: Derivation) -> str:
    """Return a derivation's counts as a table.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(3))
    >>> "<td>distinct weights</td><td>4</td>" in derivation_html(
    ...     pc.derive(pc.NetworkSpec(3), symmetry)
    ... )
    True
    """
    counts = derivation.counts
    kinds = f"{counts.simple} simple, {counts.linear} linear, {counts.polynomial} polynomial"
    rows = [
        ("network", network_in_words(derivation.network)),
        ("symmetry", symmetry_in_words(derivation.symmetry)),
        ("equalities", f"{counts.distinct} distinct of {counts.total}: {kinds}"),
        ("rank", derivation.rank),
        ("distinct weights", derivation.distinct_weights),
        ("dimension", _known(derivation.dimension)),
        ("function dimension", _known(derivation.function_dimension)),
    ]
    return _table(rows)


def _known(value: int | None) -> object:
    return "unknown" if value is None else value


@display.latex.register
def derivation_latex(derivation: Derivation) -> str:
    r"""Return a derivation's first equalities as LaTeX.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(2))
    >>> print(derivation_latex(pc.derive(pc.NetworkSpec(2, layer="linear"), symmetry)))
    $$\begin{aligned}
    W^{0}_{1,1} &= W^{0}_{2,2} \\
    W^{0}_{1,2} &= W^{0}_{2,1}
    \end{aligned}$$
    """
    if derivation.solved:
        shown = list(islice(derivation.equalities(), _MOST_EQUALITIES))
        lines = [f"{one.left.to_latex()} &= {one.right.to_latex()}" for one in shown]
    else:
        # Both sides are long polynomials: their names say more at a glance.
        names = notation(derivation.network, "latex")
        lines = []
        for ends in islice(derivation.comparisons[0].pairs(), _MOST_EQUALITIES):
            sides = (
                rf"[{names.monomial(monomial) or '1'}]\, {names.output(output + 1)}"
                for output, monomial in map(derivation.pair, ends)
            )
            lines.append(" &= ".join(sides))
    more = derivation.counts.distinct - len(lines)
    if more:
        lines.append(rf"&\;\;\text{{and {more} more}}")
    return _aligned(lines or [r"\text{no equalities}"])


def _aligned(lines: Iterable[str]) -> str:
    body = " \\\\\n".join(lines)
    return f"$$\\begin{{aligned}}\n{body}\n\\end{{aligned}}$$"


@display.html.register
def tying_html(tying: TyingMap) -> str:
    """Return a tying map's counts and its picture."""
    rows = [
        ("network", network_in_words(tying.network)),
        ("symmetry", symmetry_in_words(tying.symmetry)),
        ("weights", f"{tying.network.weights}, {tying.distinct} of them distinct"),
        ("parameters", " + ".join(map(str, tying.parameters))),
        ("function dimension", _known(tying.function_dimension)),
    ]
    if tying.network.weights > _MOST_DRAWN:
        return _table(rows)
    # Patterns are found by their names, which other pictures of a notebook must not share.
    content = b"".join(layer.classes.tobytes() for layer in tying.layers)
    prefix = f"pc{crc32(content):x}"
    return _table(rows) + _picture(block_picture(tying).scene(), prefix)


def _picture(scene: Scene, prefix: str) -> str:
    svg = scene_svg(scene, prefix=prefix, standalone=False)
    return f'<div style="overflow-x:auto">{svg}</div>'


@display.latex.register
def tying_latex(tying: TyingMap) -> str:
    r"""Return a tying map's classes as LaTeX: each parameter with the weights that it is.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(2))
    >>> map = pc.derive(pc.NetworkSpec(2, layer="linear"), symmetry).tying_map()
    >>> print(tying_latex(map))
    $$\begin{aligned}
    c^{0}_{0} &= W^{0}_{1,1} = W^{0}_{2,2} \\
    c^{0}_{1} &= W^{0}_{1,2} = W^{0}_{2,1}
    \end{aligned}$$
    """
    notes = notation(tying.network, "latex")
    lines: list[str] = []
    total = 0
    for layer in tying.layers:
        index = layer.layer.index
        total += len(layer.present)
        for number in layer.present[: _MOST_CLASSES - len(lines)]:
            places = np.argwhere(layer.classes == number)
            first = layer.layer.first
            names = [
                notes.weight(index, (output + 1, *(at + first for at in units)))
                for output, *units in places[:_MOST_MEMBERS].tolist()
            ]
            if len(places) > _MOST_MEMBERS:
                names.append(r"\cdots")
            if number in layer.dependent:
                terms = layer.dependent[number].items()
                free = ((f"c^{{{index}}}_{{{at}}}", factor) for at, factor in terms)
                names.insert(0, linear_sum(free, " ", number=notes.number))
            lines.append(f"c^{{{index}}}_{{{number}}} &= {' = '.join(names)}")
    if total > len(lines):
        lines.append(rf"&\;\;\text{{and {total - len(lines)} more classes}}")
    return _aligned(lines)


@display.html.register
def stratum_html(stratum: Stratum) -> str:
    """Return a stratum as a table of one row."""
    return strata_html([stratum])


def strata_html(strata: Iterable[Stratum]) -> str:
    """Return strata as a table."""
    heads = ("stratum", "hidden", "weights", "tangent", "functions", "component")
    rows = [
        (
            one.number,
            " | ".join(map(str, one.hidden)),
            one.weight_dimension,
            one.tangent_dimension,
            _known(one.function_dimension),
            one.certainty or "not proved",
        )
        for one in strata
    ]
    return _table(rows, heads)


@dataclass(frozen=True, eq=False)
class StrataView:
    """Strata with the graph of which computes the functions of which others.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> from polyconstraints.variety.strata import strata
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(2), scope="network")
    >>> view = StrataView(strata(pc.NetworkSpec(2, depth=2), symmetry))
    >>> "<svg" in view._repr_html_()
    True
    """

    strata: Sequence[Stratum] = field(repr=False)

    def _repr_html_(self) -> str:
        document = {
            "schema": "polyconstraints/strata/2",
            "network": {},
            "symmetry": {},
            "weights": 0,
            "strata": [one.to_json() for one in self.strata],
        }
        return strata_html(self.strata) + _picture(StrataGraph.read(document).scene(), "pcs")
