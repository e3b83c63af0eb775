"""Colours: those of the layers, and plain text coloured without any other change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from polyconstraints.render.notation import Notation
from polyconstraints.spec.network import NetworkSpec

__all__ = ["Pattern", "layer_patterns", "layer_style", "painted"]

#: A rich style, and the text that is shown in it.
Pattern = tuple[re.Pattern[str], str]

#: Colours of the layers, from the first; readable on dark and on light ground.
_LAYER_STYLES = ("cyan", "magenta", "green", "yellow", "blue", "red")


def layer_style(layer: int) -> str:
    """Return the style of a layer's weights.

    Examples
    --------
    >>> layer_style(0), layer_style(6)
    ('cyan', 'cyan')
    """
    return _LAYER_STYLES[layer % len(_LAYER_STYLES)]


def layer_patterns(network: NetworkSpec, names: Notation) -> list[Pattern]:
    """Return, for each layer, what its weights look like in a notation, with their style.

    Examples
    --------
    >>> from polyconstraints.render.notation import notation
    >>> network = NetworkSpec(3, depth=2)
    >>> patterns = layer_patterns(network, notation(network, "unicode"))
    >>> [pattern.findall("2·W⁰₁,₂₁²·W¹₁,₁₁·x₁⁴") for pattern, _ in patterns]
    [['W⁰₁,₂₁²'], ['W¹₁,₁₁']]
    """
    result = []
    for layer in network.layers:
        example = names.weight(layer.index, (1, *(1,) * layer.degree))
        head, _, _ = example.partition("W")
        if head:  # the paper's: layer and output stand before the letter
            separated = "," if "," in head else ""
            pattern = rf"\b{layer.index}{separated}\d+W[\d,]+(?:\^\d+)?"
        elif "_" in example:
            pattern = rf"W{layer.index}_[\d_]+(?:\^\d+)?"
        else:
            raised = example[1 : 1 + len(str(layer.index))]
            pattern = rf"W{raised}[₀-₉,]+[⁰¹²³⁴-⁹]*"
        result.append((re.compile(pattern), layer_style(layer.index)))
    return result


def painted(pieces: Iterable[str], patterns: Iterable[Pattern]) -> Iterator[str]:
    r"""Yield text with matches, none of them spread over two pieces, in colours of terminals.

    Examples
    --------
    >>> list(painted(["a = b\n"], [(re.compile("b"), "cyan")]))
    ['a = \x1b[36mb\x1b[0m\n']
    """
    from rich.color import ColorSystem
    from rich.style import Style

    styles = [(pattern, Style.parse(style)) for pattern, style in patterns]
    for piece in pieces:
        text = piece
        for pattern, style in styles:
            # The style is bound here: the function is called within this round only.
            text = pattern.sub(
                lambda match, style=style: style.render(  # type: ignore[misc]
                    match[0], color_system=ColorSystem.STANDARD
                ),
                text,
            )
        yield text
