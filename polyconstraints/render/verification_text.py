"""Verifications and discoveries as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from polyconstraints.render.words import plural
from polyconstraints.spec.groups import group_label
from polyconstraints.tying import TyingMap
from polyconstraints.verification.completeness import Completeness
from polyconstraints.verification.discovery import Discovery, FoundGroup
from polyconstraints.verification.result import Counterexample, Verification
from polyconstraints.verification.trained import WeightCheck

__all__ = ["discovery_text", "verification_text", "weight_check_text"]

_SHOWN = 20

_DECIDES = ", which decides for all larger numbers"


def _table(rows: Iterable[tuple[str, str]]) -> list[str]:
    """Return lines of names and values, the values below one another."""
    listed = list(rows)
    width = max(len(name) for name, _ in listed)
    return [f"{name:{width}}  {value}" for name, value in listed]


def verification_text(tying: TyingMap, result: Verification) -> str:
    """Return the result of verifying a map.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> from polyconstraints.verification import verify
    >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(3))
    >>> tying = pc.derive(pc.NetworkSpec(3), symmetry).tying_map()
    >>> print(verification_text(tying, verify(tying)))
    symmetric  yes
    symmetry   equivariant under S
    proof      every layer is equivariant, for 2 generators of the group and all parameters
    complete   yes: 4 parameters, as many as the symmetry leaves
    """
    symmetry = tying.symmetry
    rows = [
        ("symmetric", "yes" if result.symmetric else "no"),
        ("symmetry", f"{symmetry.kind} under {group_label(symmetry.group)}"),
    ]
    if result.prime is not None:
        rows.append(
            (
                "checked",
                (
                    f"{result.trials} random networks, {result.generators} generators, degree "
                    f"{result.degree}, modulo {result.prime}"
                ),
            )
        )
    if result.rule is not None:
        letters = ", ".join(map(str, result.rule.checked))
        larger = "" if result.rule.checked == result.rule.asked else _DECIDES
        rows.append(("rule", f"checked for {letters} letters{larger}"))
    rows.append(_certainty(result))
    if result.found_actions:
        rows.append(("found", _found(result.found_actions)))
    if result.obstacle is not None:
        why = "not as the map states" if result.proof == "layerwise" else "not each symmetric"
        rows.append(("layers", f"{why}: {result.obstacle}"))
    if result.completeness is not None:
        rows.append(("complete", _completeness(result.completeness)))
    lines = _table(rows)
    if result.counterexample is not None:
        lines += ["", *_counterexample(tying, result.counterexample)]
    return "\n".join(lines)


def _certainty(result: Verification) -> tuple[str, str]:
    """Return in plain words what was proved and how, or how likely an error is."""
    if result.proof == "layerwise":
        generators = plural(result.generators, "generator")
        return "proof", (
            f"every layer is equivariant, for {generators} of the group and all parameters"
        )
    if result.proof == "expansion":
        sides = "equal" if result.symmetric else "different"
        return "proof", f"the network, expanded as polynomials, and what it should be are {sides}"
    if result.proof == "counterexample":
        return "proof", "a counterexample"
    return "error", f"at most {result.error_bound:.1e}"


def _found(actions: Mapping[int, Sequence[Sequence[int]]]) -> str:
    """Return the levels on which permutations were found, with those for one generator."""
    parts = [f"level {level}: {_list(images[0])}" for level, images in actions.items()]
    return f"for the first generator the hidden units move as {'; '.join(parts)}"


def _completeness(found: Completeness) -> str:
    mine, true = found.dimension, found.true_dimension
    functions, all_functions = found.function_dimension, found.true_function_dimension
    if found.status == "complete":
        return f"yes: {mine} parameters, as many as the symmetry leaves"
    if found.status == "complete as functions":
        return (
            f"yes as functions, which have dimension {functions}: {mine} parameters, and the "
            f"symmetry leaves {true}"
        )
    if found.status == "ties more than needed":
        text = f"no, it ties more than needed: {mine} parameters, and the symmetry leaves {true}"
        if functions is not None:
            text += f"; dimension of the functions {functions} of {all_functions}"
        return text
    return "not known"


def _counterexample(tying: TyingMap, found: Counterexample) -> list[str]:
    kind = tying.symmetry.kind
    image = found.generator[found.output - 1] + 1 if kind == "equivariant" else found.output
    modulo = "" if found.prime is None else f" modulo {found.prime}"
    lines = [f"A network of this map without the symmetry{modulo}:"]
    rows = [("generator", _list(found.generator) + "   ((σx)_i = x_σ(i), from 0)")]
    for layer, part in zip(tying.layers, found.parameters, strict=True):
        values = ", ".join(
            f"{number}: {value}" for number, value in zip(layer.free, part, strict=True)
        )
        rows.append((layer.name, f"classes {values}" if values else "no parameters"))
    rows.append(("input", _list(found.input)))
    rows.append((f"F_{found.output}(σx)", str(found.moved)))
    side = f"F_{image}(x)" if not tying.symmetry.actions else "expected"
    rows.append((side, str(found.expected)))
    return lines + [f"  {line}" for line in _table(rows)]


def _list(values: Sequence[int]) -> str:
    return "[" + ", ".join(map(str, values)) + "]"


def weight_check_text(result: WeightCheck) -> str:
    """Return the result of checking trained weights."""
    error = "overflows" if result.function_error is None else f"{result.function_error:.2e}"
    rows = [
        ("symmetric", "yes" if result.symmetric else "no"),
        ("tolerance", f"{result.tolerance:.1e}"),
        ("function", f"{error} relative difference of F(σx) and σF(x), {result.points} inputs"),
        ("weights", f"{result.weight_error:.2e} relative deviation from the classes"),
        ("distance", f"{result.distance:.6g} to the nearest tied network"),
        ("deviating", str(result.deviating)),
    ]
    if result.proof is not None:
        rows.append(("proof", "with these weights, as exact numbers, every layer is equivariant"))
    if result.found_actions:
        rows.append(("found", _found(result.found_actions)))
    lines = _table(rows)
    if result.symmetric and result.deviating and not result.found_actions:
        lines += [
            "",
            "The function is symmetric, though the weights are not those of the map: hidden",
            "units may be in another order, or the network symmetric without its layers being so.",
        ]
    if result.deviations:
        shown = result.deviations[:_SHOWN]
        width = max(len(deviation.weight) for deviation in shown)
        lines += ["", f"{'weight':{width}}  {'value':>13}  {'tied':>13}  {'difference':>13}"]
        lines += [
            f"{deviation.weight:{width}}  {deviation.value:13.6g}  {deviation.tied:13.6g}  "
            f"{deviation.difference:13.6g}"
            for deviation in shown
        ]
        if result.deviating > len(shown):
            lines.append(f"and {result.deviating - len(shown)} more")
    return "\n".join(lines)


def discovery_text(result: Discovery) -> str:
    """Return what was discovered about weights."""
    network = result.network
    widths = ", ".join(map(str, network.widths))
    bias = "bias" if network.bias else "no bias"
    lines = [f"network  {network.layer}, widths {widths}, {bias}, tolerance {result.tolerance:.1e}"]
    for group in result.groups:
        lines += ["", *_group(group)]
    return "\n".join(lines)


def _group(group: FoundGroup) -> list[str]:
    lines = [f"{group.kind} under {group.name} (order {group.order})"]
    if not group.complete:
        lines[0] += ", at least: not all permutations were tried"
    for found in (*group.transpositions, *group.others)[:_SHOWN]:
        how = "layer by layer" if found.layerwise else "as a function only"
        lines.append(f"  {_list(found.permutation)}  error {found.error:.1e}, {how}")
    more = len(group.transpositions) + len(group.others) - _SHOWN
    if more > 0:
        lines.append(f"  and {more} more")
    return lines
