"""A hook of the site's builder: formulas between dollars become MathML.

Browsers show MathML by themselves, so that pages need no script from elsewhere.
"""

from __future__ import annotations

import re
from typing import Any

from latex2mathml.converter import convert

#: Code, which is left as it is, or a formula: displayed between two dollars, else inline.
_PARTS = re.compile(
    r"(?P<code>^(?P<fence>```+).*?^(?P=fence)[ ]*$|`[^`\n]+`)"
    r"|\$\$(?P<display>.+?)\$\$"
    r"|\$(?P<inline>[^$\s](?:[^$\n]*[^$\s])?)\$",
    re.M | re.S,
)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Return a page with its formulas as MathML."""
    return _PARTS.sub(_converted, markdown)


def _converted(match: re.Match[str]) -> str:
    if match["code"]:
        return match["code"]
    if match["display"]:
        return f"<div>{convert(match['display'].strip(), display='block')}</div>"
    # Within a span, since a line that starts with a formula is still part of its paragraph.
    return f"<span>{convert(match['inline'])}</span>"
