"""What the paper prints beside what is computed here, item by item, with a verdict.

"The paper" is YKY, "Permutation-invariant neural networks" (2019). What it prints lies as
data in ``data/``; :mod:`~polyconstraints.reproduction.printed` reads it, and the other
modules compare it with what the package computes. No verdict is written down: each follows
from the comparison.
"""

from polyconstraints.reproduction.compare import document, reproduce
from polyconstraints.reproduction.items import Item, Verdict

__all__ = ["Item", "Verdict", "document", "reproduce"]
