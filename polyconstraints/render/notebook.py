r"""Results as Python shows, writes and draws them, registered with :mod:`~polyconstraints.display`.

What a notebook shows is cut where it is long, since it is only looked at; what is asked for as a
document is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

from polyconstraints import display
from polyconstraints.classes.any_network import AnyNetwork
from polyconstraints.derivation import Derivation
from polyconstraints.equalities.comparison import Equality
from polyconstraints.expansion import Expansion
from polyconstraints.jobs import written
from polyconstraints.render.derivation import WRITERS, DerivationText, weight_classes
from polyconstraints.render.expansion import ExpansionLatex
from polyconstraints.render.expansion_view import ExpansionView
from polyconstraints.render.figures.plot import drawing
from polyconstraints.render.figures.strata_graph import StrataGraph
from polyconstraints.render.notation import Style, linear_sum, notation
from polyconstraints.render.several import SizesTable, law_latex, law_text
from polyconstraints.render.strata import dimension_facts, strata_table, strata_text
from polyconstraints.render.tables import Table
from polyconstraints.render.verdicts import discovery_text, weight_check_text
from polyconstraints.render.words import (
    Fact,
    aligned,
    derivation_facts,
    fact_lines,
    network_in_words,
    number,
    symmetry_in_words,
)
from polyconstraints.training import Outcome
from polyconstraints.training.curve import outcome_text
from polyconstraints.tying import TyingMap, TyingRule
from polyconstraints.variety.neurovariety import Neurovariety
from polyconstraints.variety.strata.point import Stratum
from polyconstraints.variety.strata.variety import Strata
from polyconstraints.verification import Verification
from polyconstraints.verification.discovery import Discovery
from polyconstraints.verification.trained import WeightCheck

#: Equalities, classes, members of a class and terms that are shown at most.
_MOST_EQUALITIES = 16
_MOST_CLASSES = 16
_MOST_MEMBERS = 6
_MOST_TERMS = 60

#: Weights of the largest map whose picture is drawn at once.
_MOST_DRAWN = 100_000


@display.document.register
def _derivation_document(
    derivation: Derivation, *, kind: str = "latex", style: Style = "canonical"
) -> str:
    return "".join(written(WRITERS[kind](derivation, style, classes=True, equalities=True)))


@display.latex.register
def _derivation_latex(derivation: Derivation) -> str:
    r"""Return a derivation's first equalities as LaTeX.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> print(pc.derive(n=2, layer="linear")._repr_latex_())
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
    body = aligned(lines or [r"\text{no equalities}"], "aligned")
    return f"$${body}$$"


@display.latex.register
def _tying_latex(tying: TyingMap) -> str:
    r"""Return a tying map's first classes as LaTeX: each parameter with the weights that it is.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> print(pc.derive(n=2, layer="linear").tying_map()._repr_latex_())
    $$\begin{aligned}
    c^{0}_{0} &= W^{0}_{1,1} = W^{0}_{2,2} \\
    c^{0}_{1} &= W^{0}_{1,2} = W^{0}_{2,1}
    \end{aligned}$$
    """
    lines = _class_lines(tying, _MOST_CLASSES, _MOST_MEMBERS)
    total = sum(len(layer.present) for layer in tying.layers)
    if total > len(lines):
        lines.append(rf"&\;\;\text{{and {total - len(lines)} more classes}}")
    return f"$${aligned(lines, 'aligned')}$$"


def _class_lines(tying: TyingMap, most: int | None = None, members: int | None = None) -> list[str]:
    """Return a line for each class, or for so many of them, with at most so many members."""
    notes = notation(tying.network, "latex")
    lines = []
    for one in islice(weight_classes(tying.layers, notes), most):
        sides = one.members[:members]
        if len(one.members) > len(sides):
            sides.append(r"\cdots")
        dependent = tying.layers[one.layer].dependent.get(one.number)
        if dependent is not None:
            free = ((_symbol(one.layer, at), factor) for at, factor in dependent.items())
            sides.insert(0, linear_sum(free, " ", number=notes.number))
        lines.append(f"{_symbol(one.layer, one.number)} &= {' = '.join(sides)}")
    return lines


def _symbol(layer: int, number: int) -> str:
    return f"c^{{{layer}}}_{{{number}}}"


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


def _tying_facts(tying: TyingMap) -> list[Fact]:
    return [
        Fact("network", network_in_words(tying.network)),
        Fact("symmetry", symmetry_in_words(tying.symmetry)),
        Fact("weights", number(tying.network.weights), f"{number(tying.distinct)} distinct"),
        Fact("parameters", number(tying.dimension), " + ".join(map(str, tying.parameters))),
        Fact("functions", number(tying.function_dimension), "dimension of the functions"),
    ]


def _expansion_facts(expansion: Expansion) -> list[Fact]:
    return [
        Fact("network", network_in_words(expansion.network)),
        Fact("outputs", number(expansion.network.units[-1]), ""),
        Fact("monomials", number(expansion.monomial_count), "in the inputs"),
        Fact("terms", number(expansion.term_count()), "of an output"),
    ]


def _verification_facts(result: Verification) -> list[Fact]:
    found = result.to_json().items()
    return [Fact(k, str(v)) for k, v in found if k != "schema" and isinstance(v, str | int | float)]


def _facts_text(facts: Callable[[Any], list[Fact]], result: Any) -> str:
    return "\n".join(fact_lines(facts(result)))


def _facts_html(facts: Callable[[Any], list[Fact]], result: Any) -> str:
    found = facts(result)
    rows = [(name, f"{value} {remark or ''}".rstrip()) for name, value, remark in found]
    return Table((), rows).html()


def _tying_html(tying: TyingMap) -> str:
    small = tying.network.weights <= _MOST_DRAWN
    picture = drawing(tying)._repr_html_() if small else ""
    return _facts_html(_tying_facts, tying) + picture


def _law(network: AnyNetwork) -> str:
    return "".join(law_text(network)).rstrip()


def _graph(strata: Strata) -> StrataGraph:
    return StrataGraph.read(strata.to_json())


#: What is said of some results, as text and in notebooks.
_FACTS: Mapping[type, Callable[[Any], list[Fact]]] = {
    TyingMap: _tying_facts,
    Expansion: _expansion_facts,
    Verification: _verification_facts,
    Neurovariety: dimension_facts,
}

_SHOWN: Mapping[Any, Mapping[type, Callable[..., Any]]] = {
    display.text: {
        **{kind: partial(_facts_text, facts) for kind, facts in _FACTS.items()},
        Derivation: lambda found: "".join(written(DerivationText(found))).rstrip(),
        Stratum: lambda stratum: strata_table([stratum]).text(),
        Strata: strata_text,
        AnyNetwork: _law,
        TyingRule: lambda rule: _law(rule.network),
        WeightCheck: lambda found: weight_check_text(found, _MOST_EQUALITIES),
        Discovery: lambda found: discovery_text(found, _MOST_EQUALITIES),
        SizesTable: SizesTable.text,
        Outcome: outcome_text,
        Equality: str,
    },
    display.html: {
        **{kind: partial(_facts_html, facts) for kind, facts in _FACTS.items()},
        Derivation: partial(_facts_html, partial(derivation_facts, ascii=False)),
        TyingMap: _tying_html,
        Stratum: lambda stratum: strata_table([stratum]).html(),
        Strata: lambda strata: strata_table(strata).html() + _graph(strata)._repr_html_(),
        SizesTable: lambda table: table.text("html"),
    },
    display.document: {
        TyingMap: lambda tying: f"{aligned(_class_lines(tying), 'align*')}\n",
        Strata: lambda strata: strata_text(strata, "latex"),
        AnyNetwork: law_latex,
    },
    display.picture: {
        Derivation: lambda found, **options: drawing(found.tying_map(), **options),
        TyingMap: drawing,
        Strata: _graph,
    },
}
for hook, results in _SHOWN.items():
    for kind, show in results.items():
        hook.register(kind)(show)
