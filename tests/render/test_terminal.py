"""What a terminal shows, at a fixed width."""

from __future__ import annotations

import re
import sys

import pytest

import polyconstraints as pc
from polyconstraints.cli.output import write_text
from polyconstraints.expansion import expand
from polyconstraints.jobs import written
from polyconstraints.render.derivation import DerivationText, DerivationWriter
from polyconstraints.render.expansion import ExpansionText, ExpansionWriter
from polyconstraints.render.expansion_view import ExpansionView
from polyconstraints.render.notation import Style
from polyconstraints.render.several import SizesTable, TableRow
from polyconstraints.spec.network import NetworkSpec
from tests.terminals import Terminal

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(autouse=True)
def no_pager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PAGER", "1")


def shown(
    writer: ExpansionWriter | DerivationWriter,
    width: int = 80,
    *,
    color: bool = False,
    fold: int = 0,
    ascii: bool = False,
) -> str:
    buffer = Terminal()
    on_screen = writer.on_screen(fold, ascii)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        patch.setenv("NO_COLOR", "" if color else "1")
        patch.setattr(sys, "stdout", buffer)
        write_text(written(on_screen), words=True, patterns=on_screen.patterns)
    return buffer.getvalue()


def expansion(
    network: NetworkSpec,
    width: int = 80,
    *,
    style: Style = "canonical",
    grouped: bool = True,
    **how: object,
) -> str:
    view = ExpansionView(expand(network), [1])
    return shown(ExpansionText(view, style, grouped=grouped), width, **how)  # type: ignore[arg-type]


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
    return shown(DerivationText(result, classes=classes, equalities=equalities), 100, **how)  # type: ignore[arg-type]


def squeezed(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def test_derivation() -> None:
    lines = squeezed(derivation(NetworkSpec(2, indices="redundant"), classes=True, equalities=True))
    assert "equalities 6 3 distinct: 2 simple, 1 linear, 0 polynomial" in lines
    assert "weights 8 → 6 distinct (75 %)" in lines
    assert "class of W⁰₁,₁₁ (2): W⁰₁,₁₁, W⁰₂,₂₂" in lines
    assert "W⁰₂,₂₁ = W⁰₁,₁₂ + W⁰₁,₂₁ - W⁰₂,₁₂" in lines
    assert lines[-3:] == [
        "W⁰₁,₁₁ = W⁰₂,₂₂",
        "W⁰₁,₂₁ + W⁰₁,₁₂ = W⁰₂,₂₁ + W⁰₂,₁₂",
        "W⁰₁,₂₂ = W⁰₂,₁₁",
    ]


def test_names_of_facts_are_bold_and_weights_in_colour() -> None:
    text = derivation(NetworkSpec(2, indices="redundant"), classes=True, color=True)
    assert "\x1b[1mequalities\x1b[0m" in text
    assert "(2): \x1b[36mW⁰₁,₁₁\x1b[0m, \x1b[36mW⁰₂,₂₂\x1b[0m\n" in text


def test_derivation_in_ascii() -> None:
    text = derivation(NetworkSpec(3, depth=2), classes=True, equalities=True, ascii=True, fold=2)
    assert text.isascii()
    assert "... 1 more" in text
    assert "W0_1_1_1 = W0_2_2_2" in text


def test_members_are_folded() -> None:
    lines = squeezed(derivation(NetworkSpec(4), classes=True, fold=3))
    assert "class of W⁰₁,₁₁ (4): W⁰₁,₁₁, W⁰₂,₂₂, W⁰₃,₃₃, … 1 more" in lines
    assert not any("more" in line for line in squeezed(derivation(NetworkSpec(4), classes=True)))


def test_table() -> None:
    result = pc.derive(NetworkSpec(3), pc.Symmetry(pc.PermutationGroup.symmetric(3)))
    lines = squeezed(SizesTable((TableRow.of(result),)).explained())
    assert lines[0] == (
        "1 quadratic layer with ordered indices, equivariant under S_n, each layer on its own"
    )
    assert lines[1:3] == [
        "n weights distinct distinct/weights dimension function dimension",
        "3 18 4 22.2 % 4 4",
    ]


def test_table_of_network_scope_says_where_to_look() -> None:
    symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(2), scope="network")
    result = pc.derive(NetworkSpec(2, depth=2), symmetry)
    assert "see `polyconstraints strata`" in SizesTable((TableRow.of(result),)).explained()
