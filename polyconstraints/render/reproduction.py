"""The comparison with the paper as text and as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from textwrap import wrap

from polyconstraints.reproduction import Item, Verdict

__all__ = ["reproduction_markdown", "reproduction_text"]

_WIDTH = 88
_INDENT = "           "


def reproduction_text(items: Iterable[Item]) -> Iterator[str]:
    r"""Yield the items as lines of text, and how many have which verdict.

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
        verdicts[item.answer.verdict] += 1
        yield f"{item.place}: {item.title}"
        verdict = item.answer.verdict.value
        if item.answer.reason:
            verdict += f": {item.answer.reason}"
        for name, text in (
            ("paper", item.paper),
            ("ours", item.answer.ours),
            ("verdict", verdict),
        ):
            first, *rest = wrap(text, _WIDTH)
            yield f"  {name:<9}{first}"
            yield from (_INDENT + line for line in rest)
        yield ""
    counts = ", ".join(f"{verdicts[verdict]} {verdict.value}" for verdict in Verdict)
    total = verdicts.total()
    yield f"{total} item{'' if total == 1 else 's'}: {counts} in the paper"


def reproduction_markdown(items: Iterable[Item]) -> Iterator[str]:
    """Yield the items as the lines of a Markdown table."""
    yield "| where | what | the paper | ours | verdict |"
    yield "|---|---|---|---|---|"
    for item in items:
        verdict = f"**{item.answer.verdict.value}**"
        if item.answer.reason:
            verdict += f": {item.answer.reason}"
        cells = (item.place, item.title, item.paper, item.answer.ours, verdict)
        yield f"| {' | '.join(cell.replace('|', '∣') for cell in cells)} |"
