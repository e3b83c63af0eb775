"""Networks and symmetries in words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from polyconstraints.classes.any_network import AnyNetwork
from polyconstraints.spec.groups import PRESETS, group_label
from polyconstraints.spec.network import NetworkSpec, layer_kind
from polyconstraints.spec.symmetry import Symmetry

__all__ = [
    "group_in_words",
    "layers_in_words",
    "network_in_words",
    "plural",
    "symmetry_in_words",
    "to_ascii",
]

#: How characters beyond ASCII are spelled in it.
_ASCII = {"·": ".", "→": "->", "←": "<-", "≠": "!=", "−": "-", "≥": ">=", "…": "...", "×": "x"}

#: Longest name of a group that is shown: one given by generators is named by them.
_LONGEST_NAME = 60

#: Order of the largest group whose elements are counted for it.
_LARGEST_COUNT = 1000

#: Points of the largest preset group whose order is shown.
_LARGEST_DEGREE = 12


def plural(count: int, noun: str) -> str:
    """Return a count with its noun, thousands set apart by spaces.

    Examples
    --------
    >>> plural(1, "term"), plural(666775, "term")
    ('1 term', '666 775 terms')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}".replace(",", " ")


def layers_in_words(network: NetworkSpec | AnyNetwork) -> str:
    """Return how many layers a network has, and of which kind.

    Examples
    --------
    >>> layers_in_words(NetworkSpec(3, depth=2, bias=True))
    '2 quadratic layers with ordered indices and bias'
    """
    kinds = dict.fromkeys(map(layer_kind, network.degrees))
    words = plural(network.depth, f"{next(iter(kinds))} layer")
    if len(kinds) > 1:
        words = f"{network.depth} layers ({', '.join(map(layer_kind, network.degrees))})"
    elif next(iter(kinds)).isdigit():
        words = f"{plural(network.depth, 'layer')} of degree {next(iter(kinds))}"
    facts = [f"{network.indices} indices"] if max(network.degrees) > 1 else []
    facts += ["bias"] if network.bias else []
    facts += [f"activation {network.activation}"] if network.activation is not None else []
    return words + (f" with {_listed(facts)}" if facts else "")


def _listed(words: Sequence[str]) -> str:
    """Return words with commas and an 'and' between them."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def network_in_words(network: NetworkSpec, *, ascii: bool = False) -> str:
    """Return one line about a network.

    Examples
    --------
    >>> network_in_words(NetworkSpec(3, depth=2, bias=True))
    '2 quadratic layers with ordered indices and bias, widths 3 → 3 → 3, 60 weights'
    >>> network_in_words(NetworkSpec(3, layer="linear", outputs=1, channels=[2, 1]))
    '1 linear layer, widths 3 → 1, channels 2 → 1, 6 weights'
    """
    arrow = " -> " if ascii else " → "
    words = f"{layers_in_words(network)}, widths {arrow.join(map(str, network.widths))}"
    if set(network.channels) != {1}:
        words += f", channels {arrow.join(map(str, network.channels))}"
    return f"{words}, {plural(network.weights, 'weight')}"


def group_in_words(symmetry: Symmetry) -> str:
    """Return the group's name, and its order where that costs nothing.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> group_in_words(Symmetry(pc.PermutationGroup.symmetric(4)))
    'S_4 (order 24)'
    >>> from polyconstraints.spec.groups import parse_group
    >>> group_in_words(Symmetry(parse_group("S3xS2", 6)))
    'S3xS2 (order 12)'
    """
    group = symmetry.group
    if not any(map(group.is_preset, PRESETS)):
        name = group_label(group)
        if len(name) > _LONGEST_NAME:
            name = "a group given by generators"
        order = sum(1 for _ in group.elements(_LARGEST_COUNT))
        return f"{name} (order {order})" if order <= _LARGEST_COUNT else name
    name = group.name if group.name == "trivial" else f"{group.name}_{group.degree}"
    # Larger orders say less than the name does.
    return f"{name} (order {group.order()})" if group.degree <= _LARGEST_DEGREE else name


def symmetry_in_words(symmetry: Symmetry) -> str:
    """Return one sentence about a symmetry.

    Examples
    --------
    >>> import polyconstraints as pc
    >>> print(symmetry_in_words(Symmetry(pc.PermutationGroup.symmetric(3))))
    equivariant under S_3 (order 6), each layer on its own; 3 transpositions imposed
    """
    scope = "each layer on its own" if symmetry.scope == "layer" else "the network as a whole"
    kind = {
        "transpositions": "transposition",
        "adjacent": "adjacent transposition",
        "generators": "generator",
    }[symmetry.permutations]
    return (
        f"{symmetry.kind} under {group_in_words(symmetry)}, {scope}; "
        f"{plural(symmetry.imposed_count, kind)} imposed{_actions_in_words(symmetry)}"
    )


def _actions_in_words(symmetry: Symmetry) -> str:
    levels = sorted(symmetry.actions)
    if not levels:
        return ""
    names = ", ".join(map(str, levels))
    return f"; another action on level{'s' if len(levels) > 1 else ''} {names}"


def to_ascii(line: str) -> str:
    """Return a line with its Unicode characters spelled in ASCII.

    Examples
    --------
    >>> to_ascii("c2: k ≠ i = j"), to_ascii("y1 ← c0·x1x1 + …")
    ('c2: k != i = j', 'y1 <- c0*x1x1 + ...')
    """
    # A dot between names is a product, one among spaces an empty cell.
    spelled = re.sub(r"(?<=\w)·(?=\w)", "*", line)
    for character, plain in _ASCII.items():
        spelled = spelled.replace(character, plain)
    # What may be left are spaces that set thousands apart.
    return spelled.encode("ascii", "replace").decode("ascii").replace("?", " ")
