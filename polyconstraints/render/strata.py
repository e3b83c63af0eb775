"""Strata, and dimensions of neurovarieties, as text, tables, GraphML and JSON documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from polyconstraints.render.tables import Cell, Table
from polyconstraints.render.words import (
    Fact,
    fact_lines,
    network_in_words,
    number,
    paragraphs,
    plural,
    symmetry_in_words,
)
from polyconstraints.schemas.writing import written
from polyconstraints.variety.strata.graph import strata_graph
from polyconstraints.variety.strata.point import Stratum
from polyconstraints.variety.strata.variety import Strata, Variety

if TYPE_CHECKING:
    from polyconstraints.variety.certificate import Certificate
    from polyconstraints.variety.layerwise import Layerwise
    from polyconstraints.variety.neurovariety import Fibre, Neurovariety
    from polyconstraints.variety.search import Search
    from polyconstraints.variety.strata.exact import Answer
    from polyconstraints.variety.strata.gauge import GaugeFixing


def _cell(levels: Iterable[object] | None) -> str:
    """Return what hidden levels carry, for a table."""
    return " | ".join(map(str, levels or ())) or "-"


def _signed(stratum: Stratum) -> list[str]:
    """Return the actions of each hidden level, those that also change signs marked by a minus."""
    return [
        "+".join(name for name, times in level.names.items() for _ in range(times)) or "0"
        for level in stratum.hidden
    ]


def _signed_gauge(stratum: Stratum) -> int | None:
    functions = stratum.function_dimension
    return None if functions is None else stratum.weight_dimension - functions


_Columns = Mapping[str, Callable[[Any], Cell]]

_DIMENSIONS: _Columns = {
    "weights": attrgetter("weight_dimension"),
    "tangent": attrgetter("tangent_dimension"),
    "functions": attrgetter("function_dimension"),
}
_VERDICT: _Columns = {"component": lambda one: one.certainty or "not proved"}

#: What tables say of a stratum, of one of a network with an activation, and of what a search found.
_STRATUM: _Columns = {
    "stratum": attrgetter("number"),
    "hidden": lambda one: _cell(one.hidden),
    **_DIMENSIONS,
    "distinct": attrgetter("parameters"),
    "gauge": attrgetter("gauge"),
    **_VERDICT,
}
_SIGNED: _Columns = {
    "hidden": lambda one: _cell(_signed(one)),
    "parameters": attrgetter("parameters"),
    **_DIMENSIONS,
    "gauge": _signed_gauge,
    **_VERDICT,
}
_FAMILY: _Columns = {
    "points": attrgetter("points"),
    "hidden": lambda family: _cell(family.kind.hidden),
    "computed": lambda family: _cell(family.kind.computed),
    "leading": lambda family: ", ".join(map(str, family.kind.leading)) or "-",
    "family": attrgetter("certificate.family_dimension"),
    "tangent": attrgetter("certificate.tangent_dimension"),
    "functions": attrgetter("certificate.function_dimension"),
    "verdict": lambda family: (
        family.verdict
        if family.stratum is None
        else " | ".join(map(str, family.stratum.hidden)) or "listed"
    ),
}

_LEGEND = (
    "hidden     how the hidden units move when the inputs do; free ones are bound by nothing",
    "weights    dimension of all such weights; tangent: of the variety's tangent space there",
    "functions  dimension of what they compute; gauge: distinct weights that don't show in it",
    "component  whether they are a piece of the variety that is in no larger one",
)


def strata_text(
    found: Strata,
    kind: str = "text",
    gauges: Mapping[int, GaugeFixing] | None = None,
    answer: Answer | None = None,
    steps: bool = False,
) -> str:
    """Return the table of strata; as text also what else is known.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> print(strata_text(pc.strata(n=2, depth=2, limit=3)))
    network   2 quadratic layers with ordered indices, widths 2 -> 2 -> 2, 12 weights
    symmetry  equivariant under S_2 (order 2), the network as a whole; 1 transposition imposed
    strata    3 of more, each closure once
    <BLANKLINE>
    stratum       hidden  weights  tangent  functions  distinct  gauge   component
          1  [2] + [1,1]        8        8          4         6      2      proved
          2        2·[2]        7        7          3         7      4      proved
          3          [2]        8        9          2         3      1  not proved
    <BLANKLINE>
    largest: stratum 1 of dimension 8, a lower bound for the dimension of the variety
    <BLANKLINE>
    hidden     how the hidden units move when the inputs do; free ones are bound by nothing
    weights    dimension of all such weights; tangent: of the variety's tangent space there
    functions  dimension of what they compute; gauge: distinct weights that don't show in it
    component  whether they are a piece of the variety that is in no larger one
    """
    table = strata_table(found)
    if kind != "text":
        return table.written(kind)
    listed = f"{number(len(found))}{'' if found.complete else ' of more'}, each closure once"
    parts: list[Iterable[str]] = [_head(found.variety, Fact("strata", listed)), [table.text()]]
    if found:
        largest = max(found, key=lambda stratum: stratum.weight_dimension)
        size = f"stratum {largest.number} of dimension {largest.weight_dimension}"
        bound = f"largest: {size}, a lower bound for the dimension of the variety"
        parts += [[bound], _LEGEND]
    parts += [_gauge_lines(*gauge) for gauge in (gauges or {}).items()]
    if answer is not None:
        parts += [_answer_lines(answer), _step_lines(answer) if steps else ()]
    return paragraphs(*parts)


def _head(variety: Variety, *facts: Fact) -> list[str]:
    """Return lines on what is asked, and more facts."""
    network = Fact("network", network_in_words(variety.network, ascii=True))
    symmetry = Fact("symmetry", symmetry_in_words(variety.symmetry))
    return fact_lines([network, symmetry, *facts])


def strata_table(strata: Sequence[Stratum]) -> Table:
    """Return strata as a table."""
    return Table.of(strata, _STRATUM)


def _gauge_lines(stratum: int, gauge: GaugeFixing) -> Iterator[str]:
    cannot = gauge.parameters - gauge.function_dimension
    yield (
        f"gauge of stratum {stratum}: {cannot} of {plural(gauge.parameters, 'distinct weight')} "
        "cannot be learnt apart"
    )
    for one in gauge.fixed:
        yield f"  fix {one.weight} = {one.value}"
    if gauge.remaining:
        yield f"  {gauge.remaining} left that no value 0 or 1 fixes"


def _answer_lines(answer: Answer) -> Iterator[str]:
    reduction = answer.reduction
    branches = sum(len(block.branches) for block in reduction.blocks)
    yield (
        f"reduction: {plural(len(reduction.blocks), 'block')} in {branches} branches, "
        f"{len(reduction.open_branches)} of them open"
    )
    if answer.dimension is not None:
        yield f"dimension of the variety: {answer.dimension}, proved"
    if answer.basis is not None:
        yield (
            f"Gröbner basis by SymPy: dimension {answer.basis.dimension}, "
            f"degree {answer.basis.degree}"
        )
    matching = answer.matching
    if matching is not None:
        system = matching.decomposition.system
        verdict = "passed" if matching.check.passed else "FAILED"
        yield (
            f"{system.name} {system.version} over GF({matching.decomposition.prime}): "
            f"{plural(len(matching.matches), 'component')}; check by substitution {verdict}"
        )
        for match in matching.matches:
            what = f"stratum {match.stratum.number}" if match.stratum is not None else match.remark
            component = match.component
            yield f"  dimension {component.dimension}, degree {component.degree}: {what}"
    if answer.open_question:
        yield f"open: {answer.open_question}"


def _step_lines(answer: Answer) -> Iterator[str]:
    """Yield how the equations were reduced: every branch with its steps and its result."""
    for step in answer.reduction.linear.steps:
        yield str(step)
    for at, block in enumerate(answer.reduction.blocks, start=1):
        yield f"block {at}: {', '.join(block.variables)}"
        for which, branch in enumerate(block.branches, start=1):
            size = "open" if branch.dimension is None else f"dimension {branch.dimension}"
            yield f"  branch {which}: {size}, free {', '.join(branch.free) or 'nothing'}"
            for step in branch.steps:
                yield f"    {step}"
            for equation in branch.equations:
                yield f"    left: {equation} = 0"


def search_text(found: Search, kind: str = "text") -> str:
    """Return the families that a search found as a table; as text also what is new."""
    table = Table.of(found.families, _FAMILY)
    if kind != "text":
        return table.written(kind)
    missed = found.solutions - found.points
    verdicts = [family.verdict for family in found.families for _ in range(family.points)]
    counted = ", ".join(f"{number(verdicts.count(v))} {v}" for v in ("listed", "new", "neither"))
    facts = (
        Fact("search", f"{plural(found.points, 'point')}: {counted}"),
        Fact("starts", f"{number(found.starts)}; {missed} solutions have no rational point nearby"),
    )
    new = [family.certificate for family in found.families if family.verdict == "new"]
    return paragraphs(_head(found.variety, *facts), [table.text()], _proofs(found.variety, new))


def layerwise_text(found: Layerwise) -> str:
    """Return whether equivariant layers compute a function, and for which hidden action."""
    answer = {True: "yes", False: "no", None: "not known"}[found.answer]
    lines = [f"layerwise  {answer}"]
    outcomes = {
        "weights": "with these weights",
        "solvable": "with complex weights",
        "impossible": "none, since the equations generate the whole ring over the rationals",
        "not known": "not known within the time",
    }
    for tried in found.actions:
        hidden = " | ".join(map(str, tried.hidden)) or "-"
        lines.append(f"hidden     {hidden}: {outcomes[tried.outcome]}")
        for at, array in enumerate(tried.weights or ()):
            lines += [f"  layer{at}  {', '.join(map(str, row))}" for row in array]
    systems = sorted({tried.system for tried in found.actions if tried.system})
    return "\n".join([*lines, *(f"bases      {system}" for system in systems)])


def certificates_text(variety: Variety, certificates: Sequence[Certificate]) -> str:
    """Return what points prove that were checked."""
    checked = f"{plural(len(certificates), 'point')}: every figure is right"
    return paragraphs(_head(variety, Fact("checked", checked)), _proofs(variety, certificates))


def _proofs(variety: Variety, certificates: Iterable[Certificate]) -> Iterator[str]:
    """Yield what points prove, each with its hidden functions."""
    from polyconstraints.variety.certificate import hidden_functions

    for one in certificates:
        if one.component:
            what = f"proved: a component of dimension {one.tangent_dimension}"
        else:
            what = f"not proved: dimension {one.family_dimension} to {one.tangent_dimension}"
        yield f"{what}, functions {one.function_dimension}"
        for level in hidden_functions(variety.network, one.weights):
            yield f"  hidden  {', '.join(level)}"


def strata_graphml(strata: Iterable[Stratum]) -> str:
    """Return the graph of strata as GraphML, which has no value for what isn't known."""
    import networkx as nx

    graph = strata_graph(strata)
    for node, attributes in graph.nodes.items():
        known = {key: value for key, value in attributes.items() if value is not None}
        graph.nodes[node].clear()
        graph.nodes[node].update(known)
    return "\n".join(nx.generate_graphml(graph))


def strata_document(
    found: Strata,
    gauges: Mapping[int, GaugeFixing] | None = None,
    answer: Answer | None = None,
) -> dict[str, Any]:
    """Return the document of schema ``strata``."""

    def entry(stratum: Stratum) -> dict[str, Any]:
        gauge = (gauges or {}).get(stratum.number)
        return {**stratum.to_json(), **({"gauge_fixing": gauge.to_json()} if gauge else {})}

    return {
        **found.to_json(),
        "strata": list(map(entry, found)),
        **(answer.to_json() if answer else {}),
    }


_ARCHITECTURE = (
    "widths activation parameters dimension expected ambient defect filling status threshold"
)


def dimension_document(found: Sequence[Neurovariety]) -> dict[str, Any]:
    """Return the document of schema ``dimension``: of one architecture, or of several."""
    entries = [one.to_json() for one in found]
    several = None if len(entries) == 1 else entries
    own = entries[0] if several is None else {}
    return {**own, **written("variety.Dimension", architectures=several)}


def dimension_text(found: Sequence[Neurovariety], kind: str = "text") -> str:
    """Return one architecture in words, or several as a table."""
    if kind == "text" and len(found) == 1:
        return "\n".join(fact_lines(dimension_facts(found[0])))
    return Table(_ARCHITECTURE.split(), [_row(one) for one in found]).written(kind)


def _row(one: Neurovariety) -> tuple[str, ...]:
    entry = one.to_json()
    entry["widths"] = " ".join(map(str, one.widths))
    entry["filling"] = "yes" if one.filling else "no"
    entry["threshold"] = "-" if one.threshold is None else one.threshold
    return tuple(str(entry[name]) for name in _ARCHITECTURE.split())


def dimension_facts(one: Neurovariety) -> list[Fact]:
    """Return what is known of one architecture."""
    widths = " → ".join(map(str, one.widths))
    how = (
        "proved: the rank meets its upper bound"
        if one.status == "proved"
        else "almost surely: a rank at random points, modulo two primes"
    )
    counted = one.parameters - one.gauge
    activation = f"activation {one.activation} on hidden units"
    smaller = f"the smaller one of {counted} and the ambient {one.ambient}"
    facts = [
        Fact("architecture", f"linear layers {widths}, {activation}"),
        Fact("parameters", f"{one.parameters}, of which {one.gauge} only scale hidden units"),
        Fact("dimension", f"{one.dimension}  {how}"),
        Fact("expected", f"{one.expected}  {smaller}"),
        Fact("defect", str(one.defect)),
        Fact("filling", "yes: almost every function of these degrees" if one.filling else "no"),
    ]
    if one.threshold is not None:
        largest = one.parameters - sum(one.widths[1:-1])
        always = f"with z^r the dimension is {largest} for every r > {one.threshold}"
        facts.append(Fact("threshold", f"{one.threshold}  {always}"))
    if one.fibre is not None:
        facts.append(Fact("fibre", _fibre_in_words(one.fibre)))
    return facts


def _fibre_in_words(fibre: Fibre) -> str:
    if fibre.dimension:
        return f"of dimension {fibre.dimension} beside the scalings: not identifiable"
    known = f"{fibre.symmetries} of them permutations of hidden units"
    verdict = "identifiable" if fibre.identifiable else "not identifiable"
    return f"{fibre.degree} parameters give one function, {known}: {verdict} (by {fibre.system})"


def signed_document(variety: Variety, strata: Sequence[Stratum]) -> dict[str, Any]:
    """Return the document of schema ``dimension`` for the strata of symmetric networks."""
    name = "variety.SignedStratumEntry"
    entries = [written(name, one, hidden=_signed(one), gauge=_signed_gauge(one)) for one in strata]
    group = variety.symmetry.group.name
    return written("variety.Dimension", variety.network, group=group, strata=entries)


def signed_text(strata: Sequence[Stratum], kind: str = "text") -> str:
    """Return the strata of symmetric networks as a table."""
    return Table.of(strata, _SIGNED).written(kind)
