"""Mathematics as MathML, which browsers show by themselves."""

from __future__ import annotations

from html import escape

from polyconstraints.spec.network import NetworkSpec

__all__ = ["layer_formula", "symmetry_formula"]


def _tag(name: str, *inside: str) -> str:
    return f"<{name}>{''.join(inside)}</{name}>"


def _identifier(text: str) -> str:
    return _tag("mi", escape(text))


def _operator(text: str) -> str:
    return _tag("mo", escape(text))


def _bracketed(*inside: str) -> str:
    """Return something in parentheses, which take no room of their own around them."""
    opening, closing = (
        f'<mo form="{form}" stretchy="false">{sign}</mo>'
        for form, sign in (("prefix", "("), ("postfix", ")"))
    )
    return _tag("mrow", opening, *inside, closing)


def _math(alternative: str, *inside: str) -> str:
    """Return a displayed formula that is read out as `alternative`."""
    label = escape(alternative)
    return f'<math display="block" aria-label="{label}">{_tag("mrow", *inside)}</math>'


def _unit(letter: str, index: str, *, raised: str = "") -> str:
    if raised:
        return _tag("msubsup", _identifier(letter), _identifier(index), raised)
    return _tag("msub", _identifier(letter), _identifier(index))


def layer_formula(network: NetworkSpec) -> str:
    """Return the formula of every layer of a network.

    Examples
    --------
    >>> formula = layer_formula(NetworkSpec(3))
    >>> "i ≥ j" in formula, formula.startswith("<math")
    (True, True)
    """
    first = "0" if network.bias else "1"
    bound = _bracketed(_identifier("l"))
    left = [
        _tag(
            "msubsup",
            _identifier("o"),
            _identifier("k"),
            _tag("mrow", _identifier("l"), _operator("+"), _tag("mn", "1")),
        ),
        _operator("="),
    ]
    lower = _tag("mn", first)
    layer = network.layers[0]
    index = layer.axes[1:]
    between = "≥" if layer.ordered else ","
    factors = "".join(_unit("o", name, raised=_identifier("l")) for name in index)
    under = [_identifier(index[0])]
    for name in index[1:]:
        under += [_operator(between), _identifier(name)]
    under += [_operator("≥"), lower]
    level = {1: "level l", 2: "both of level l"}.get(layer.degree, "all of level l")
    words = (
        f"o k, level l plus 1, is the sum over {f' {between} '.join(index)} ≥ {first} of "
        f"W l k {' '.join(index)} times {' '.join(f'o {name}' for name in index)}, {level}"
    )
    letters = [_identifier("k"), *(_operator(",") + _identifier(name) for name in index)]
    weight = _tag("msubsup", _identifier("W"), _tag("mrow", *letters), bound)
    return _math(
        words, *left, _tag("munder", _operator("∑"), _tag("mrow", *under)), weight, factors
    )


def symmetry_formula(kind: str, group: str) -> str:
    """Return what a symmetry says about the network's function.

    Examples
    --------
    >>> "σ" in symmetry_formula("equivariant", "S_3")
    True
    """
    sigma, x = _identifier("σ"), _identifier("x")
    name, _, degree = group.partition("_")
    shown = (
        _tag("msub", _identifier(name), _tag("mn", escape(degree)))
        if degree.isdecimal()
        else (_tag("mtext", escape(group)))
    )
    image = _tag("mrow", _identifier("F"), _bracketed(x))
    right = _tag("mrow", sigma, image) if kind == "equivariant" else image
    words = f"F of sigma x is {'sigma ' if kind == 'equivariant' else ''}F of x for all sigma in "
    return _math(
        words + group,
        _tag("mrow", _identifier("F"), _bracketed(sigma, x)),
        _operator("="),
        right,
        _tag("mtext", "\N{NO-BREAK SPACE}for all\N{NO-BREAK SPACE}"),
        sigma,
        _operator("∈"),
        shown,
    )
