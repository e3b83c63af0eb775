"""Strata as text, Markdown, CSV and as a JSON document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from polyconstraints.render.tables import Table
from polyconstraints.render.words import network_in_words, number, plural, symmetry_in_words
from polyconstraints.variety.strata.exact import Answer
from polyconstraints.variety.strata.gauge import GaugeFixing
from polyconstraints.variety.strata.variety import Stratum, Variety

__all__ = [
    "COLUMNS",
    "answer_lines",
    "gauge_lines",
    "step_lines",
    "strata_document",
    "strata_rows",
    "strata_text",
]

SCHEMA = "polyconstraints/strata/1"

COLUMNS = (
    "stratum",
    "hidden",
    "weights",
    "tangent",
    "functions",
    "distinct",
    "gauge",
    "component",
)


def strata_rows(strata: Sequence[Stratum]) -> list[tuple[str, ...]]:
    """Return one row for each stratum; see :data:`COLUMNS`.

    A stratum is a component, proved, or that is *not proved*; strata with the same closure
    refer to the first one.
    """
    first: dict[Any, int] = {}
    rows: list[tuple[str, ...]] = []
    for stratum in strata:
        same = first.setdefault(stratum.attained, stratum.number)
        verdict = "yes" if stratum.component else "not proved"
        rows.append(
            (
                str(stratum.number),
                " | ".join(str(level) for level in stratum.hidden) or "-",
                number(stratum.weight_dimension),
                number(stratum.tangent_dimension),
                number(stratum.function_dimension),
                number(stratum.parameters),
                number(stratum.gauge),
                verdict if same == stratum.number else f"same as {same}",
            )
        )
    return rows


def strata_text(
    variety: Variety, strata: Sequence[Stratum], choices: int, kind: str = "text"
) -> str:
    """Return the table of strata.

    Parameters
    ----------
    variety : Variety
    strata : sequence of Stratum
    choices : int
        How many choices of hidden representations there are.
    kind : {"text", "markdown", "csv"}

    Examples
    --------
    >>> import polyconstraints as pc
    >>> from polyconstraints.variety.strata import Variety
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(2), scope="network")
    >>> variety = Variety(pc.NetworkSpec(2, depth=2), symmetry)
    >>> print(strata_text(variety, list(variety.strata()), 3))
    network   2 quadratic layers with ordered indices, widths 2 -> 2 -> 2, 12 weights
    symmetry  equivariant under S_2 (order 2), the network as a whole; 1 transposition imposed
    strata    3 of 3 choices of hidden representations
    <BLANKLINE>
    stratum       hidden  weights  tangent  functions  distinct  gauge   component
          1  [2] + [1,1]        8        8          4         6      2         yes
          2        2·[2]        7        7          3         7      4         yes
          3      2·[1,1]        7        9          1         5      4  not proved
    <BLANKLINE>
    largest: stratum 1 of dimension 8, a lower bound for the dimension of the variety
    """
    table = Table(COLUMNS, strata_rows(strata))
    if kind != "text":
        return table.written(kind)
    lines = [
        f"network   {network_in_words(variety.network, ascii=True)}",
        f"symmetry  {symmetry_in_words(variety.symmetry)}",
        f"strata    {number(len(strata))} of {plural(choices, 'choice')} of hidden representations",
        "",
        table.text(),
    ]
    if strata:
        largest = max(strata, key=lambda stratum: stratum.weight_dimension)
        size = f"stratum {largest.number} of dimension {largest.weight_dimension}"
        lines += ["", f"largest: {size}, a lower bound for the dimension of the variety"]
    return "\n".join(lines)


def gauge_lines(number_of: int, gauge: GaugeFixing) -> Iterator[str]:
    """Yield a gauge fixing in words.

    Parameters
    ----------
    number_of : int
        The number of the stratum.
    gauge : GaugeFixing
    """
    cannot = gauge.parameters - gauge.function_dimension
    yield (
        f"gauge of stratum {number_of}: {cannot} of {plural(gauge.parameters, 'distinct weight')} "
        "cannot be learnt apart"
    )
    for one in gauge.fixed:
        yield f"  fix {one.weight} = {one.value}"
    if gauge.remaining:
        yield f"  {gauge.remaining} left that no value 0 or 1 fixes"


def answer_lines(answer: Answer) -> Iterator[str]:
    """Yield what is known of the whole variety in words."""
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


def step_lines(answer: Answer) -> Iterator[str]:
    """Yield how the equations were reduced: every branch with its steps and its result."""
    for step in answer.reduction.linear.steps:
        yield str(step)
    for at, block in enumerate(answer.reduction.blocks, start=1):
        yield f"block {at}: {', '.join(block.variables)}"
        for number_of, branch in enumerate(block.branches, start=1):
            size = "open" if branch.dimension is None else f"dimension {branch.dimension}"
            yield f"  branch {number_of}: {size}, free {', '.join(branch.free) or 'nothing'}"
            for step in branch.steps:
                yield f"    {step}"
            for equation in branch.equations:
                yield f"    left: {equation} = 0"


def strata_document(
    variety: Variety,
    strata: Iterator[Stratum] | Sequence[Stratum],
    choices: int,
    gauges: dict[int, GaugeFixing] | None = None,
    answer: Answer | None = None,
) -> dict[str, Any]:
    """Return the document of schema ``strata``, the strata as an iterator.

    Parameters
    ----------
    variety : Variety
    strata : iterator or sequence of Stratum
    choices : int
        How many choices of hidden representations there are.
    gauges : dict, optional
        Gauge fixings by the number of the stratum.
    answer : Answer, optional
        What is known of the whole variety.
    """
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "network": variety.network.to_json(),
        "symmetry": variety.symmetry.to_json(),
        "weights": variety.network.weights,
        "choices": choices,
        "strata": (_entry(stratum, gauges) for stratum in strata),
    }
    if answer is not None:
        document.update(answer.to_json())
    return document


def _entry(stratum: Stratum, gauges: dict[int, GaugeFixing] | None) -> dict[str, Any]:
    entry = stratum.to_json()
    if gauges is not None and stratum.number in gauges:
        gauge = gauges[stratum.number]
        entry["gauge_fixing"] = {
            "fixed": [one.to_json() for one in gauge.fixed],
            "remaining": gauge.remaining,
        }
    return entry
