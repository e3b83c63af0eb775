"""A hook of the site's builder: formulas between dollars become letters, raised and lowered.

Nothing more than HTML and a font for text is needed to read them; of LaTeX they may use indices,
powers and the symbols below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import Any

#: Code, which is left as it is, or a formula: displayed between two dollars, else inline.
_PARTS = re.compile(
    r"(?P<code>^(?P<fence>```+).*?^(?P=fence)[ ]*$|`[^`\n]+`)"
    r"|\$\$(?P<display>.+?)\$\$"
    r"|\$(?P<inline>[^$\s](?:[^$\n]*[^$\s])?)\$",
    re.M | re.S,
)

_TOKEN = re.compile(r"\\[a-z]+|\\,|.", re.S)

_SYMBOLS = {
    r"\delta": "δ",
    r"\mu": "μ",
    r"\partial": "∂",
    r"\sigma": "σ",
    r"\sum": "Σ",
    r"\equiv": "≡",
    r"\ge": "≥",
    r"\quad": " \u2003",
    r"\,": " ",
    "-": "−",
    "'": "′",
}

_SHIFTS = {"_": "sub", "^": "sup"}


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return a page with its formulas as HTML."""
    return _PARTS.sub(_converted, markdown)


def _converted(match: re.Match[str]) -> str:
    if match["code"]:
        return match["code"]
    if match["display"]:
        return f'<div style="text-align: center">{formula(match["display"].strip())}</div>'
    return formula(match["inline"])


def formula(text: str) -> str:
    """Return a formula as HTML."""
    return _group(iter(_TOKEN.findall(text)))


def _group(tokens: Iterator[str]) -> str:
    return "".join(_part(token, tokens) for token in iter(lambda: next(tokens, "}"), "}"))


def _part(token: str, tokens: Iterator[str]) -> str:
    if token == "{":
        return _group(tokens)
    if tag := _SHIFTS.get(token):
        return f"<{tag}>{_part(next(tokens), tokens)}</{tag}>"
    if token.isalpha():
        return f"<i>{token}</i>"
    return _SYMBOLS[token] if token.startswith("\\") else escape(_SYMBOLS.get(token, token))
