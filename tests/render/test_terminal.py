"""What a terminal shows, printed into a buffer of fixed width."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pytest
from rich.console import Console

import polyconstraints as pc
from polyconstraints.expansion import expand
from polyconstraints.render.derivation import DerivationText, print_derivation
from polyconstraints.render.expansion import ExpansionText, print_expansion
from polyconstraints.render.expansion_view import ExpansionView
from polyconstraints.render.notation import Style
from polyconstraints.render.tables import TableRow, print_table
from polyconstraints.spec.network import NetworkSpec

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def shown(draw: Callable[[Console], None], width: int = 80, *, color: bool = False) -> str:
    buffer = io.StringIO()
    console = Console(
        file=buffer,
        width=width,
        force_terminal=True,
        color_system="standard" if color else None,
        no_color=not color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    draw(console)
    return buffer.getvalue() if color else ESCAPE.sub("", buffer.getvalue())


def expansion(
    network: NetworkSpec,
    width: int = 80,
    *,
    color: bool = False,
    style: Style = "canonical",
    grouped: bool = True,
    **how: object,
) -> str:
    writer = ExpansionText(ExpansionView(expand(network), [1]), style, grouped=grouped)
    return shown(lambda console: print_expansion(writer, console, **how), width, color=color)  # type: ignore[arg-type]


SMALL = NetworkSpec(2, depth=2, layer="linear", bias=True)


def test_groups_are_aligned_under_their_monomials() -> None:
    assert expansion(SMALL, 100) == (
        "2 linear layers with bias, widths 2 → 2 → 2, 12 weights\n"
        "Weights: W⁰₁,₂ leads to unit 1 from unit 2, unit 0 being the constant 1; "
        "layer 0, layer 1.\n"
        "\n"
        "y₁  7 terms in 3 monomials\n"
        "   1  W¹₁,₀ + W⁰₁,₀·W¹₁,₁ + W⁰₂,₀·W¹₁,₂\n"
        "  x₁  W⁰₁,₁·W¹₁,₁ + W⁰₂,₁·W¹₁,₂\n"
        "  x₂  W⁰₁,₂·W¹₁,₁ + W⁰₂,₂·W¹₁,₂\n"
    )


def test_ascii() -> None:
    text = expansion(SMALL, ascii=True)
    assert text.isascii()
    assert "  x1  W0_1_1*W1_1_1 + W0_2_1*W1_1_2\n" in text


def test_lines_break_between_terms_and_keep_their_margin() -> None:
    network = NetworkSpec(2, depth=2, bias=True)
    for width in (40, 60, 100):
        text = expansion(network, width).split("\n\n")[1]
        lines = text.splitlines()[1:]
        assert max(map(len, lines)) <= width
        assert len(lines) > 15
        margin = lines[0].index("W")
        for line in lines:
            assert line[:margin].strip() == "" or line[margin - 2 : margin] == "  "
            assert line[margin] != " "
            # A continued line starts with the sign of its first term.
            if line[:margin].strip() == "":
                assert line[margin : margin + 2] in ("+ ", "- ")


def test_folding_counts_what_is_folded() -> None:
    network = NetworkSpec(3, depth=2, bias=True)
    text = expansion(network, 200, fold=3)
    shown_terms = hidden = 0
    for line in text.split("\n\n")[1].splitlines()[1:]:
        folded = re.search(r" \+ … (\d+) more terms?$", line)
        hidden += int(folded[1]) if folded else 0
        shown_terms += line.count(" + ") + 1 - bool(folded)
    assert hidden > 100
    assert shown_terms + hidden == 496
    assert "more" not in expansion(network, 200, fold=0)


def test_nothing_is_folded_for_the_sake_of_one_term() -> None:
    # Three terms in the first group: folding one would save no space.
    assert "more" not in expansion(SMALL, fold=2)
    assert "+ … 2 more terms" in expansion(SMALL, fold=1)


def test_colours_are_those_of_the_layers() -> None:
    text = expansion(SMALL, 100, color=True)
    assert "\x1b[36mW⁰₁,₀\x1b[0m·\x1b[35mW¹₁,₁\x1b[0m" in text
    assert "\x1b[36mlayer 0\x1b[0m, \x1b[35mlayer 1\x1b[0m." in text
    assert ESCAPE.sub("", text) == expansion(SMALL, 100)


@pytest.mark.parametrize("how", [{"style": "paper"}, {"ascii": True}, {"grouped": False}, {}])
def test_every_weight_is_coloured(how: dict[str, object]) -> None:
    for network in (NetworkSpec(2, depth=2, bias=True), NetworkSpec(11, indices="redundant")):
        text = expansion(network, 10_000, color=True, **how).split("\n\n")[1]
        plain = re.sub(r"\x1b\[3[56]m[^\x1b]*\x1b\[0m", "", text)
        assert "W" not in plain
        assert "W" in text


def test_ungrouped_terms_carry_their_monomials() -> None:
    text = expansion(SMALL, grouped=False).split("\n\n")[1]
    assert (
        " ".join(text.splitlines()[1:]).split(" + ")
        == [
            "  W¹₁,₀",
            "W⁰₁,₀·W¹₁,₁",
            "W⁰₂,₀·W¹₁,₂   ",
            "W⁰₁,₁·W¹₁,₁·x₁",
            "W⁰₂,₁·W¹₁,₂·x₁   ",
            "W⁰₁,₂·W¹₁,₁·x₂",
            "W⁰₂,₂·W¹₁,₂·x₂",
        ]
        or "+ W⁰₂,₁·W¹₁,₂·x₁" in text
    )


# --- Derivations --------------------------------------------------------------------------


def derivation(
    network: NetworkSpec, *, classes: bool = False, equalities: bool = False, **how: object
) -> str:
    result = pc.derive(network, pc.Symmetry(pc.PermutationGroup.symmetric(network.inputs)))
    writer = DerivationText(result, classes=classes, equalities=equalities)
    return shown(lambda console: print_derivation(writer, console, **how), 100)  # type: ignore[arg-type]


def squeezed(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def test_derivation() -> None:
    lines = squeezed(derivation(NetworkSpec(2, indices="redundant"), classes=True, equalities=True))
    assert "equalities 6 3 distinct: 2 simple, 1 linear, 0 polynomial" in lines
    assert "weights 8 → 6 distinct (75 %)" in lines
    assert "0 W⁰₁,₁₁ 2 W⁰₁,₁₁ W⁰₂,₂₂" in lines
    assert "W⁰₂,₂₁ = W⁰₁,₁₂ + W⁰₁,₂₁ - W⁰₂,₁₂" in lines
    assert lines[-3:] == [
        "W⁰₁,₁₁ = W⁰₂,₂₂",
        "W⁰₁,₂₁ + W⁰₁,₁₂ = W⁰₂,₂₁ + W⁰₂,₁₂",
        "W⁰₁,₂₂ = W⁰₂,₁₁",
    ]


def test_derivation_in_ascii() -> None:
    text = derivation(NetworkSpec(3, depth=2), classes=True, equalities=True, ascii=True, fold=2)
    assert text.isascii()
    assert "... 1 more" in text
    assert "W0_1_1_1 = W0_2_2_2" in text


def test_members_are_folded() -> None:
    lines = squeezed(derivation(NetworkSpec(4), classes=True, fold=3))
    assert "0 W⁰₁,₁₁ 4 W⁰₁,₁₁ W⁰₂,₂₂ W⁰₃,₃₃ … 1 more" in lines
    assert not any("more" in line for line in squeezed(derivation(NetworkSpec(4), classes=True)))


def test_table() -> None:
    result = pc.derive(NetworkSpec(3), pc.Symmetry(pc.PermutationGroup.symmetric(3)))
    rows = [TableRow.of(result)]
    lines = squeezed(shown(lambda console: print_table(rows, console), 100))
    assert lines[0] == (
        "1 quadratic layer with ordered indices, equivariant under S_n, each layer on its own"
    )
    assert lines[1:3] == [
        "distinct/ function",
        "n weights distinct weights dimension dimension",
    ]
    assert "3 18 4 22.2 % 4 4" in lines


def test_table_of_network_scope_says_where_to_look() -> None:
    symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(2), scope="network")
    result = pc.derive(NetworkSpec(2, depth=2), symmetry)
    text = shown(lambda console: print_table([TableRow.of(result)], console))
    assert "see `polyconstraints strata`" in text
