r"""Results as Python shows, writes and draws them, registered with :mod:`~polyconstraints.display`.

What a notebook shows is cut where it is long, since it is only looked at; what is asked for as a
document is whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import islice
from typing import Any

import numpy as np

from polyconstraints import display
from polyconstraints.classes.any_network import AnyNetwork
from polyconstraints.derivation import Derivation
from polyconstraints.equalities.comparison import Equality
from polyconstraints.expansion import Expansion
from polyconstraints.jobs import written
from polyconstraints.render.derivation import WRITERS, DerivationText
from polyconstraints.render.dimension import dimension_text
from polyconstraints.render.expansion import ExpansionLatex
from polyconstraints.render.expansion_view import ExpansionView
from polyconstraints.render.figures.plot import drawing
from polyconstraints.render.figures.strata_graph import StrataGraph
from polyconstraints.render.notation import Style, linear_sum, notation
from polyconstraints.render.several import SizesTable, law_latex
from polyconstraints.render.strata import strata_table, strata_text
from polyconstraints.render.tables import aligned, law_text
from polyconstraints.render.verdicts import discovery_text, weight_check_text
from polyconstraints.render.words import network_in_words, symmetry_in_words
from polyconstraints.training import Outcome
from polyconstraints.training.curve import outcome_text
from polyconstraints.tying import TyingMap, TyingRule
from polyconstraints.variety.neurovariety import Neurovariety
from polyconstraints.variety.strata.variety import Strata, Stratum
from polyconstraints.verification import Verification
from polyconstraints.verification.discovery import Discovery
from polyconstraints.verification.trained import WeightCheck

__all__ = [
    "derivation_html",
    "derivation_latex",
    "tying_html",
    "tying_latex",
]

#: Equalities, classes, members of a class and terms that are shown at most.
_MOST_EQUALITIES = 16
_MOST_CLASSES = 16
_MOST_MEMBERS = 6
_MOST_TERMS = 60

#: Weights of the largest map whose picture is drawn at once.
_MOST_DRAWN = 100_000


def _table(rows: Iterable[Sequence[object]], heads: Sequence[str] = ()) -> str:
    def row(cells: Sequence[object], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    head = f"<thead>{row(heads, 'th')}</thead>" if heads else ""
    return f"<table>{head}<tbody>{''.join(row(cells, 'td') for cells in rows)}</tbody></table>"


def _aligned(lines: Iterable[str]) -> str:
    body = " \\\\\n".join(lines)
    return f"$$\\begin{{aligned}}\n{body}\n\\end{{aligned}}$$"


def _known(value: int | None) -> object:
    return "unknown" if value is None else value


# -- derivations ---------------------------------------------------------------------------


@display.html.register
def derivation_html(derivation: Derivation) -> str:
    """Return a derivation's counts as a table.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> "<td>distinct weights</td><td>4</td>" in derivation_html(pc.derive(n=3))
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


@display.text.register
def _derivation_text(derivation: Derivation) -> str:
    return "".join(written(DerivationText(derivation))).rstrip()


@display.document.register
def _derivation_document(
    derivation: Derivation, *, kind: str = "latex", style: Style = "canonical"
) -> str:
    return "".join(written(WRITERS[kind](derivation, style, classes=True, equalities=True)))


@display.latex.register
def derivation_latex(derivation: Derivation) -> str:
    r"""Return a derivation's first equalities as LaTeX.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> print(derivation_latex(pc.derive(n=2, layer="linear")))
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
                rf"[{names.monomial(monomial) or '1'}]\, {names.output(output)}"
                for output, monomial in map(derivation.pair, ends)
            )
            lines.append(" &= ".join(sides))
    more = derivation.counts.distinct - len(lines)
    if more:
        lines.append(rf"&\;\;\text{{and {more} more}}")
    return _aligned(lines or [r"\text{no equalities}"])


@display.picture.register
def _derivation_picture(derivation: Derivation, **options: Any) -> Any:
    return drawing(derivation.tying_map(), **options)


# -- tying maps ----------------------------------------------------------------------------


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
    return _table(rows) + str(drawing(tying)._repr_html_())


@display.text.register
def _tying_text(tying: TyingMap) -> str:
    parameters = " + ".join(map(str, tying.parameters))
    return (
        f"network     {network_in_words(tying.network)}\n"
        f"symmetry    {symmetry_in_words(tying.symmetry)}\n"
        f"parameters  {parameters}"
    )


@display.latex.register
def tying_latex(tying: TyingMap) -> str:
    r"""Return a tying map's first classes as LaTeX: each parameter with the weights that it is.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> print(tying_latex(pc.derive(n=2, layer="linear").tying_map()))
    $$\begin{aligned}
    c^{0}_{0} &= W^{0}_{1,1} = W^{0}_{2,2} \\
    c^{0}_{1} &= W^{0}_{1,2} = W^{0}_{2,1}
    \end{aligned}$$
    """
    lines = _class_lines(tying, _MOST_CLASSES, _MOST_MEMBERS)
    total = sum(len(layer.present) for layer in tying.layers)
    if total > len(lines):
        lines.append(rf"&\;\;\text{{and {total - len(lines)} more classes}}")
    return _aligned(lines)


@display.document.register
def _tying_document(tying: TyingMap) -> str:
    lines = _class_lines(tying, None, None)
    body = " \\\\\n".join(lines)
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}\n"


def _class_lines(tying: TyingMap, most: int | None, members: int | None) -> list[str]:
    """Return a line for each class, or for so many of them, with at most so many members."""
    notes = notation(tying.network, "latex")
    lines: list[str] = []
    for layer in tying.layers:
        index = layer.layer.index
        for number in layer.present[: None if most is None else most - len(lines)]:
            places = np.argwhere(layer.classes == number)
            first = layer.layer.first
            names = [
                notes.weight(index, (output + 1, *(at + first for at in units)))
                for output, *units in places[:members].tolist()
            ]
            if len(places) > len(names):
                names.append(r"\cdots")
            if number in layer.dependent:
                terms = layer.dependent[number].items()
                free = ((f"c^{{{index}}}_{{{at}}}", factor) for at, factor in terms)
                names.insert(0, linear_sum(free, " ", number=notes.number))
            lines.append(f"c^{{{index}}}_{{{number}}} &= {' = '.join(names)}")
    return lines


display.picture.register(TyingMap)(drawing)


# -- expansions ----------------------------------------------------------------------------


@display.html.register
def _expansion_html(expansion: Expansion) -> str:
    network = expansion.network
    return _table(
        [
            ("network", network_in_words(network)),
            ("outputs", network.units[-1]),
            ("monomials in the inputs", expansion.monomial_count),
            ("terms of an output", expansion.term_count()),
        ]
    )


@display.latex.register
def _expansion_latex(expansion: Expansion) -> str | None:
    """Return the first output as LaTeX, if it is short."""
    if expansion.term_count() > _MOST_TERMS:
        return None
    return f"$\\displaystyle y_{{1}} = {expansion.polynomial(1).to_latex()}$"


@display.document.register
def _expansion_document(
    expansion: Expansion, *, style: Style = "canonical", outputs: Sequence[int] | None = None
) -> str:
    """Return what ``expand --format latex`` writes; outputs count from 1."""
    order = "paper" if style == "paper" else "graded"
    return "".join(written(ExpansionLatex(ExpansionView(expansion, outputs, order=order), style)))


# -- strata, laws and tables ---------------------------------------------------------------


@display.html.register
def _stratum_html(stratum: Stratum) -> str:
    return _strata_table([stratum])


def _strata_table(strata: Iterable[Stratum]) -> str:
    heads = ("stratum", "hidden", "weights", "tangent", "functions", "component")
    rows = (
        (
            one.number,
            " | ".join(map(str, one.hidden)),
            one.weight_dimension,
            one.tangent_dimension,
            _known(one.function_dimension),
            one.certainty or "not proved",
        )
        for one in strata
    )
    return _table(rows, heads)


@display.text.register
def _stratum_text(stratum: Stratum) -> str:
    return strata_table([stratum]).text()


@display.html.register
def _strata_html(strata: Strata) -> str:
    return _strata_table(strata) + str(_strata_picture(strata)._repr_html_())


@display.text.register
def _strata_text(strata: Strata) -> str:
    return strata_text(strata.variety, strata, strata.complete)


@display.document.register
def _strata_document(strata: Strata) -> str:
    return strata_text(strata.variety, strata, strata.complete, "latex")


@display.picture.register
def _strata_picture(strata: Strata) -> StrataGraph:
    return StrataGraph.read(strata.to_json())


@display.text.register
def _law_text(network: AnyNetwork) -> str:
    return "".join(law_text(network)).rstrip()


display.document.register(AnyNetwork)(law_latex)


@display.text.register
def _rule_text(rule: TyingRule) -> str:
    return _law_text(rule.network)


@display.text.register
def _verification_text(result: Verification) -> str:
    facts = result.to_json().items()
    said = (str, int, float)
    return "\n".join(
        aligned((k, str(v)) for k, v in facts if k != "schema" and isinstance(v, said))
    )


@display.text.register
def _weight_check_text(result: WeightCheck) -> str:
    return weight_check_text(result, _MOST_EQUALITIES)


@display.text.register
def _discovery_text(result: Discovery) -> str:
    return discovery_text(result, _MOST_EQUALITIES)


@display.text.register
def _dimension_text(found: Neurovariety) -> str:
    return dimension_text([found])


display.text.register(Outcome)(outcome_text)
display.text.register(Equality)(str)


@display.text.register
def _sizes_text(table: SizesTable) -> str:
    return table.text()
