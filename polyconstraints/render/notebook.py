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
from polyconstraints.algebra import PolynomialRing
from polyconstraints.classes.layer import Combination
from polyconstraints.derivation import Derivation
from polyconstraints.render.figures.blocks import block_picture
from polyconstraints.render.figures.strata_graph import StrataGraph
from polyconstraints.render.figures.svg import scene_svg
from polyconstraints.render.notation import notation
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
    unknown = "unknown"
    rows: list[tuple[str, object]] = [
        ("network", network_in_words(derivation.network)),
        ("symmetry", symmetry_in_words(derivation.symmetry)),
        ("equalities", f"{counts.distinct} distinct of {counts.total}: {kinds}"),
        ("rank", derivation.rank),
        ("distinct weights", derivation.distinct_weights),
        ("dimension", _or(derivation.dimension, unknown)),
        ("function dimension", _or(derivation.function_dimension, unknown)),
    ]
    return _table(rows)


def _or(value: int | None, otherwise: str) -> object:
    return otherwise if value is None else value


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
        pairs = islice(derivation.comparisons[0].pairs(), _MOST_EQUALITIES)
        lines = [
            " &= ".join(_coefficient_latex(*derivation.pair(end)) for end in ends) for ends in pairs
        ]
    more = derivation.counts.distinct - len(lines)
    if more:
        lines.append(rf"&\;\;\text{{and {more} more}}")
    body = " \\\\\n".join(lines) or r"\text{no equalities}"
    return f"$$\\begin{{aligned}}\n{body}\n\\end{{aligned}}$$"


def _coefficient_latex(output: int, monomial: tuple[int, ...]) -> str:
    factors = [
        f"x_{{{unit}}}" + (f"^{{{exponent}}}" if exponent > 1 else "")
        for unit, exponent in enumerate(monomial, start=1)
        if exponent
    ]
    return rf"[{' '.join(factors) or '1'}]\, y_{{{output + 1}}}"


@display.html.register
def tying_html(tying: TyingMap) -> str:
    """Return a tying map's counts and its picture."""
    functions = _or(tying.function_dimension, "unknown")
    rows: list[tuple[str, object]] = [
        ("network", network_in_words(tying.network)),
        ("symmetry", symmetry_in_words(tying.symmetry)),
        ("weights", f"{tying.network.weights}, {tying.distinct} of them distinct"),
        ("parameters", " + ".join(map(str, tying.parameters))),
        ("function dimension", functions),
    ]
    if tying.network.weights > _MOST_DRAWN:
        return _table(rows)
    # Patterns are found by their names, which other pictures of a notebook must not share.
    content = b"".join(layer.classes.tobytes() for layer in tying.layers)
    prefix = f"pc{crc32(content):x}"
    picture = scene_svg(block_picture(tying).scene(), prefix=prefix, standalone=False)
    return f'{_table(rows)}<div style="overflow-x:auto">{picture}</div>'


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
    weight = notation(tying.network, "latex").weight
    lines: list[str] = []
    total = 0
    for layer in tying.layers:
        index = layer.layer.index
        total += len(layer.present)
        for number in layer.present[: _MOST_CLASSES - len(lines)]:
            places = np.argwhere(layer.classes == number)
            first = layer.layer.first
            names = [
                weight(index, (output + 1, *(at + first for at in units)))
                for output, *units in places[:_MOST_MEMBERS].tolist()
            ]
            if len(places) > _MOST_MEMBERS:
                names.append(r"\cdots")
            if number in layer.dependent:
                names.insert(0, _combination_latex(index, layer.dependent[number]))
            lines.append(f"c^{{{index}}}_{{{number}}} &= {' = '.join(names)}")
    if total > len(lines):
        lines.append(rf"&\;\;\text{{and {total - len(lines)} more classes}}")
    body = " \\\\\n".join(lines)
    return f"$$\\begin{{aligned}}\n{body}\n\\end{{aligned}}$$"


def _combination_latex(index: int, terms: Combination) -> str:
    ring = PolynomialRing([f"c{number}" for number in terms])
    total = ring.zero
    for number, factor in terms.items():
        total = total + ring.gen(f"c{number}") * factor
    names = {f"c{number}": f"c^{{{index}}}_{{{number}}}" for number in terms}
    return total.to_latex(names=names.__getitem__)


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
            _or(one.function_dimension, "unknown"),
            "yes" if one.component else "not proved",
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
            "schema": "polyconstraints/strata/1",
            "network": {},
            "symmetry": {},
            "weights": 0,
            "strata": [one.to_json() for one in self.strata],
        }
        picture = scene_svg(StrataGraph.read(document).scene(), prefix="pcs", standalone=False)
        return f'{strata_html(self.strata)}<div style="overflow-x:auto">{picture}</div>'
