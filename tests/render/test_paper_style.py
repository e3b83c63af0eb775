"""The paper's style, against the paper's own two listings."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from polyconstraints.expansion import expand
from polyconstraints.jobs import written
from polyconstraints.render.expansion import ExpansionText
from polyconstraints.render.expansion_view import ExpansionView
from polyconstraints.spec.network import NetworkSpec
from tests import paper
from tests.test_paper import SLIPS


def printed(output: int, *, grouped: bool) -> str:
    view = ExpansionView(expand(NetworkSpec(3, depth=2, bias=True)), [output], order="paper")
    return "".join(written(ExpansionText(view, "paper", grouped=grouped)))


def groups_of(text: str) -> dict[paper.Exponents, paper.Terms]:
    """Read the grouped style as `paper.grouped` reads the listing."""
    groups: dict[paper.Exponents, paper.Terms] = {}
    for match in re.finditer(r"\{([^{}]*)\}([^{}]*)", text.partition("=")[2]):
        _, exponents, _ = paper._term(match[2].replace("+", " "))
        assert exponents not in groups
        terms = groups[exponents] = Counter()
        for product in match[1].split("+"):
            weights, inside, coefficient = paper._term(product)
            assert inside == (0, 0, 0)
            terms[weights] += coefficient
    return groups


def terms_of(text: str) -> list[tuple[paper.Exponents, tuple[paper.NetworkWeight, ...], int]]:
    """Read the ungrouped style as `paper.ungrouped` reads the listing, keeping the order."""
    products = [paper._term(product) for product in text.partition("=")[2].split("+")]
    return [(exponents, weights, coefficient) for weights, exponents, coefficient in products]


def test_grouped_listing() -> None:
    listing = paper.grouped()
    text = printed(listing.output, grouped=True)
    groups = groups_of(text)
    assert text.startswith(f"Z{listing.output} = {{ 12W00 + 01W00 12W10 + 01W00^2 12W11 + ")
    assert len(groups) == 35
    for exponents in listing.complete:
        assert groups[exponents] == listing.groups[exponents]
    # The listing's groups are ours from the first on, in this order; the last one is cut off.
    assert [*groups][: len(listing.groups)] == [*listing.groups]
    cut = listing.groups[paper.CUT_GROUP]
    assert cut <= groups[paper.CUT_GROUP]


def test_grouped_listing_as_it_is_printed() -> None:
    # Up to spaces, line ends, and the doubled terms that the paper doesn't collect.
    text = " ".join(printed(2, grouped=True).split())
    start = " ".join(paper._text("listing_grouped.txt").split())
    constant = start[: start.index("} + {") + 1]
    assert text.startswith(constant)
    assert "} X01 X02^3 + { 01W31 12W10 + " in text
    assert "+ {2 01W21 01W22 12W11 + 01W21 02W22 12W21 + " in text
    assert "+ {2 01W21 01W22 12W11 + 01W21 02W22 12W21 + " in start


def test_ungrouped_listing() -> None:
    listing = paper.ungrouped(corrected=True)
    terms = terms_of(printed(listing.output, grouped=False))
    by_group: dict[paper.Exponents, paper.Terms] = {}
    for exponents, weights, coefficient in terms:
        by_group.setdefault(exponents, Counter())[weights] += coefficient
    for exponents, shown in listing.groups.items():
        surplus, missing = SLIPS.get(exponents, (Counter(), Counter()))
        assert shown - by_group[exponents] == surplus
        if exponents in listing.complete:
            assert by_group[exponents] - shown == missing
    order = [exponents for exponents in by_group if exponents in listing.groups]
    assert order == [*listing.groups]


def test_terms_come_in_the_order_of_the_listing() -> None:
    listing = paper.grouped()
    text = printed(listing.output, grouped=True)
    for exponents, terms in groups_of(text).items():
        if exponents in listing.complete:
            # Equal products stand where the paper has the first of them.
            assert [*terms] == [*listing.groups[exponents]]


@pytest.mark.parametrize("grouped", [True, False])
def test_units_beyond_nine_stay_apart(grouped: bool) -> None:
    network = NetworkSpec(11, layer="linear", depth=2, widths=[1], outputs=1)
    view = ExpansionView(expand(network), order="paper")
    text = "".join(written(ExpansionText(view, "paper", grouped=grouped)))
    names = re.findall(r"\d[\d,]*W[\d,]+", text)
    assert len(set(names)) == 12
    assert {"0,1W11", "0,1W1", "1,1W1"} <= set(names)
    assert ("X0,11" if grouped else "X11") in text.split()
