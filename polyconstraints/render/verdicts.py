"""Verifications, discoveries and the comparison with the paper as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import wrap

from polyconstraints.render.tables import Table
from polyconstraints.render.words import Fact, fact_lines, plural
from polyconstraints.reproduction import Item, Verdict
from polyconstraints.spec.groups import group_label
from polyconstraints.tying import TyingMap
from polyconstraints.verification.discovery import Discovery, FoundGroup
from polyconstraints.verification.result import Completeness, Counterexample, Verification
from polyconstraints.verification.trained import WeightCheck

#: Columns of the comparison with the paper where nobody watches, and of the names in it.
WIDTH = 99
_NAMES = 11


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


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
        Fact("symmetric", _yes(result.symmetric)),
        Fact("symmetry", f"{symmetry.kind} under {group_label(symmetry.group)}"),
    ]
    if result.prime is not None:
        checked = f"{result.trials} random networks, {result.generators} generators"
        rows.append(Fact("checked", f"{checked}, degree {result.degree}, modulo {result.prime}"))
    if result.rule is not None:
        letters = ", ".join(map(str, result.rule.checked))
        all_asked = result.rule.checked == result.rule.asked
        larger = "" if all_asked else ", which decides for all larger numbers"
        rows.append(Fact("rule", f"checked for {letters} letters{larger}"))
    rows.append(_certainty(result))
    if result.found_actions:
        rows.append(_found(result.found_actions))
    if result.obstacle is not None:
        why = "not as the map states" if result.proof == "layerwise" else "not each symmetric"
        rows.append(Fact("layers", f"{why}: {result.obstacle}"))
    if result.completeness is not None:
        rows.append(Fact("complete", _completeness(result.completeness)))
    lines = fact_lines(rows)
    if result.counterexample is not None:
        lines += ["", *_counterexample(tying, result.counterexample)]
    return "\n".join(lines)


def _certainty(result: Verification) -> Fact:
    """Return in plain words what was proved and how, or how likely an error is."""
    if result.proof is None:
        return Fact("error", f"at most {result.error_bound:.1e}")
    generators = plural(result.generators, "generator")
    sides = "equal" if result.symmetric else "different"
    proofs = {
        "layerwise": f"every layer is equivariant, for {generators} of the group and all "
        "parameters",
        "expansion": f"the network, expanded as polynomials, and what it should be are {sides}",
        "counterexample": "a counterexample",
    }
    return Fact("proof", proofs[result.proof])


def _found(actions: Mapping[int, Sequence[Sequence[int]]]) -> Fact:
    """Return the levels on which permutations were found, with those for one generator."""
    parts = [f"level {level}: {list(images[0])}" for level, images in actions.items()]
    return Fact("found", f"for the first generator the hidden units move as {'; '.join(parts)}")


def _completeness(found: Completeness) -> str:
    mine, functions = found.dimension, found.function_dimension
    leaves = f"the symmetry leaves {found.true_dimension}"
    if found.status == "complete":
        return f"yes: {mine} parameters, as many as the symmetry leaves"
    if found.status == "complete as functions":
        return (
            f"yes as functions, which have dimension {functions}: {mine} parameters, and {leaves}"
        )
    if found.status == "not known":
        return found.status
    lost = f"; dimension of the functions {functions} of {found.true_function_dimension}"
    return f"no, it ties more than needed: {mine} parameters, and {leaves}" + (
        "" if functions is None else lost
    )


def _counterexample(tying: TyingMap, found: Counterexample) -> Iterator[str]:
    symmetry = tying.symmetry
    moved = symmetry.kind == "equivariant"
    image = found.generator[found.output - 1] + 1 if moved else found.output
    modulo = "" if found.prime is None else f" modulo {found.prime}"
    yield f"A network of this map without the symmetry{modulo}:"
    rows = [Fact("generator", f"{list(found.generator)}   ((σx)_i = x_σ(i), from 0)")]
    for layer, part in zip(tying.layers, found.parameters, strict=True):
        values = ", ".join(map("{}: {}".format, layer.free, part))
        rows.append(Fact(layer.name, f"classes {values}" if values else "no parameters"))
    rows.append(Fact("input", str(list(found.input))))
    rows.append(Fact(f"F_{found.output}(σx)", str(found.moved)))
    rows.append(Fact("expected" if symmetry.actions else f"F_{image}(x)", str(found.expected)))
    for line in fact_lines(rows):
        yield f"  {line}"


def weight_check_text(result: WeightCheck, most: int | None = None) -> str:
    """Return the result of checking trained weights, with at most so many that deviate."""
    error = "overflows" if result.function_error is None else f"{result.function_error:.2e}"
    rows = [
        Fact("symmetric", _yes(result.symmetric)),
        Fact("tolerance", f"{result.tolerance:.1e}"),
        Fact("function", f"{error} relative difference of F(σx) and σF(x), {result.points} inputs"),
        Fact("weights", f"{result.weight_error:.2e} relative deviation from the classes"),
        Fact("distance", f"{result.distance:.6g} to the nearest tied network"),
        Fact("deviating", str(result.deviating)),
    ]
    if result.proof is not None:
        rows.append(
            Fact("proof", "with these weights, as exact numbers, every layer is equivariant")
        )
    if result.found_actions:
        rows.append(_found(result.found_actions))
    lines = fact_lines(rows)
    if result.symmetric and result.deviating and not result.found_actions:
        lines += [
            "",
            "The function is symmetric, though the weights are not those of the map: hidden",
            "units may be in another order, or the network symmetric without its layers being so.",
        ]
    if result.deviations:
        numbers = ("value", "tied", "difference")
        shown = [
            (one.weight, *(f"{getattr(one, name):13.6g}" for name in numbers))
            for one in result.deviations[:most]
        ]
        lines += ["", Table(("weight", *numbers), shown, left=(0,)).text()]
        lines += _rest(result.deviating - len(shown))
    return "\n".join(lines)


def _rest(more: int) -> list[str]:
    return [f"and {more} more"] if more > 0 else []


def discovery_text(result: Discovery, most: int | None = None) -> str:
    """Return what was discovered about weights, with at most so many generators of a group."""
    network = result.network
    widths = ", ".join(map(str, network.widths))
    lines = [
        f"network    {network.layer}, widths {widths}, {'bias' if network.bias else 'no bias'}",
        f"tolerance  {result.tolerance:.1e} of a layer's largest coefficient",
        "",
        "Layer by layer:",
        *_groups(result.groups, most),
    ]
    if network.depth == 1:
        return "\n".join(lines)
    if result.functions is None:
        last = ["As a function there may be more: it is too large to be multiplied out."]
    elif [group.order for group in result.functions] == [group.order for group in result.groups]:
        last = ["As a function: the same, and no others."]
    else:
        last = ["As a function:", *_groups(result.functions, most)]
    return "\n".join([*lines, "", *last])


def _groups(groups: Sequence[FoundGroup], most: int | None) -> list[str]:
    lines = []
    for group in groups:
        lines.append(f"{group.kind} under {group.name} (order {group.order})")
        moves = list(zip(group.group.generators, group.hidden, strict=True))
        for images, hidden in moves[:most]:
            others = [f"level {at} as {list(to)}" for at, to in hidden.items() if to != images]
            lines.append(f"  generator {', '.join([str(list(images)), *others])}")
        lines += [f"  {line}" for line in _rest(len(moves) - len(moves[:most]))]
    known = groups[0]
    same = f"change no coefficient by more than {known.error:.1e}"
    if not known.error:
        same = f"leave every coefficient as it is{', exactly' if known.proved else ''}"
    if not known.complete:
        rest = ", but others may be within the tolerance: coefficients lie closer"
    elif known.gap is None:
        rest = ""
    else:
        rest = f"; any other changes one by {known.gap:.1e} or more"
    return [*lines, f"These {same}{rest}."]


def reproduction_text(items: Iterable[Item], width: int = WIDTH) -> Iterator[str]:
    r"""Yield the comparison with the paper as lines of text, and how many have which verdict.

    Examples
    --------
    >>> from polyconstraints.reproduction import reproduce
    >>> print("\n".join(reproduction_text(reproduce(["terms"]))))
    section 2.6: terms of one layer
      paper    n²(n+1)/2
      ours     1, 6, 18, 40, 75, 126 for n = 1 … 6
      verdict  same
    <BLANKLINE>
    1 item: 1 same, 0 corrected, 0 incomplete in the paper
    """
    verdicts: Counter[Verdict] = Counter()
    for item in items:
        verdicts[item.verdict] += 1
        yield f"{item.place}: {item.title}"
        verdict = ": ".join(filter(None, (item.verdict.value, item.reason)))
        for name, text in (("paper", item.paper), ("ours", item.ours), ("verdict", verdict)):
            first, *rest = wrap(text, max(width - _NAMES, 1))
            yield f"  {name:<9}{first}"
            yield from (" " * _NAMES + line for line in rest)
        yield ""
    counts = ", ".join(f"{verdicts[verdict]} {verdict.value}" for verdict in Verdict)
    yield f"{plural(verdicts.total(), 'item')}: {counts} in the paper"


def reproduction_markdown(items: Iterable[Item]) -> Iterator[str]:
    """Yield the comparison with the paper as the lines of a Markdown table."""
    yield "| where | what | the paper | ours | verdict |"
    yield "|---|---|---|---|---|"
    for item in items:
        verdict = ": ".join(filter(None, (f"**{item.verdict.value}**", item.reason)))
        cells = (item.place, item.title, item.paper, item.ours, verdict)
        yield f"| {' | '.join(cell.replace('|', '∣') for cell in cells)} |"
