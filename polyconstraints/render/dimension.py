"""Dimensions of neurovarieties as text, tables and a JSON document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from polyconstraints.render.tables import Table
from polyconstraints.render.words import number
from polyconstraints.variety.fibre import Fibre
from polyconstraints.variety.neurovariety import Neurovariety
from polyconstraints.variety.strata.variety import Stratum, Variety

__all__ = ["dimension_document", "dimension_text", "signed_document", "signed_text"]

SCHEMA = "polyconstraints/dimension/2"

_HEADER = (
    "widths",
    "activation",
    "parameters",
    "dimension",
    "expected",
    "ambient",
    "defect",
    "filling",
    "status",
    "threshold",
)


def dimension_document(found: Sequence[Neurovariety]) -> dict[str, Any]:
    """Return the document of schema ``dimension``: of one architecture, or of several."""
    entries = [one.to_json() for one in found]
    body = entries[0] if len(entries) == 1 else {"architectures": entries}
    return {"schema": SCHEMA, **body}


def dimension_text(found: Sequence[Neurovariety], kind: str = "text") -> str:
    """Return one architecture in words, or several as a table."""
    if kind == "text" and len(found) == 1:
        return "\n".join(_facts(found[0]))
    return Table(_HEADER, [_row(one) for one in found]).written(kind)


def _row(one: Neurovariety) -> tuple[str, ...]:
    entry = one.to_json()
    entry["widths"] = " ".join(map(str, one.widths))
    entry["filling"] = "yes" if one.filling else "no"
    entry["threshold"] = "-" if one.threshold is None else one.threshold
    return tuple(str(entry[name]) for name in _HEADER)


def _facts(one: Neurovariety) -> list[str]:
    widths = " → ".join(map(str, one.widths))
    how = (
        "proved: the rank meets its upper bound"
        if one.status == "proved"
        else "almost surely: a rank at random points, modulo two primes"
    )
    counted = one.parameters - one.gauge
    lines = [
        f"architecture  linear layers {widths}, activation {one.activation} on hidden units",
        f"parameters    {one.parameters}, of which {one.gauge} only scale hidden units",
        f"dimension     {one.dimension}  {how}",
        f"expected      {one.expected}  the smaller one of {counted} and the ambient {one.ambient}",
        f"defect        {one.defect}",
        f"filling       {'yes: almost every function of these degrees' if one.filling else 'no'}",
    ]
    if one.threshold is not None:
        lines.append(
            f"threshold     {one.threshold}  with z^r the dimension is "
            f"{one.parameters - sum(one.widths[1:-1])} for every r > {one.threshold}"
        )
    if one.fibre is not None:
        lines.append(f"fibre         {_fibre_in_words(one.fibre)}")
    return lines


def _fibre_in_words(fibre: Fibre) -> str:
    if fibre.dimension:
        return f"of dimension {fibre.dimension} beside the scalings: not identifiable"
    known = f"{fibre.symmetries} of them permutations of hidden units"
    verdict = "identifiable" if fibre.identifiable else "not identifiable"
    return f"{fibre.degree} parameters give one function, {known}: {verdict} (by {fibre.system})"


_STRATA_HEADER = ("hidden", "parameters", "weights", "tangent", "functions", "gauge", "component")


def signed_document(variety: Variety, strata: Sequence[Stratum]) -> dict[str, Any]:
    """Return the document of schema ``dimension`` for the strata of symmetric networks."""
    return {
        "schema": SCHEMA,
        "widths": list(variety.network.widths),
        "activation": str(variety.network.activation),
        "group": variety.symmetry.group.name,
        "strata": [_entry(stratum) for stratum in strata],
    }


def _entry(stratum: Stratum) -> dict[str, Any]:
    functions = stratum.function_dimension
    return {
        "hidden": [
            "+".join(name for name, times in level.names.items() for _ in range(times)) or "0"
            for level in stratum.hidden
        ],
        "parameters": stratum.parameters,
        "weight_dimension": stratum.weight_dimension,
        "tangent_dimension": stratum.tangent_dimension,
        "function_dimension": functions,
        "gauge": None if functions is None else stratum.weight_dimension - functions,
        "component": stratum.component,
        "certainty": stratum.certainty,
        "error_bound": stratum.dimensions.error_bound,
    }


def signed_text(strata: Sequence[Stratum], kind: str = "text") -> str:
    """Return the strata of symmetric networks as a table."""
    rows = []
    for stratum in strata:
        entry = _entry(stratum)
        sizes = ("parameters", "weight_dimension", "tangent_dimension")
        rows.append(
            (
                " | ".join(entry["hidden"]) or "-",
                *(str(entry[name]) for name in sizes),
                *(number(entry[name]) for name in ("function_dimension", "gauge")),
                stratum.certainty or "not proved",
            )
        )
    return Table(_STRATA_HEADER, rows).written(kind)
