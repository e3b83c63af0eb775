"""Choice of the multiplication kernel by predicted cost.

Small products never import NumPy. Larger ones are converted to arrays, and the kernel with
the smallest predicted time is taken; the constants of the prediction were measured with
``benchmarks/polynomial_product.py`` and need to be right only to within a factor of two.
"""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING, Literal

from polyconstraints.algebra import sparse
from polyconstraints.algebra.packing import Terms

if TYPE_CHECKING:
    from polyconstraints.algebra.dense import Box
    from polyconstraints.algebra.operands import Operands

__all__ = ["SMALL_WORK", "Kernel", "multiply"]

Kernel = Literal["dictionary", "sort", "scatter", "transform"]

# Below this many products of terms the conversion to arrays costs more than it saves.
SMALL_WORK = 4000
# Fewer rows leave nothing to add up; more bits per field or coefficient than these are
# faster, or only possible, with Python integers.
_MIN_ROWS = 4
_MAX_WIDTH = 64
_MAX_HEIGHT = 1 << 16
# Cells of a dense product, eight bytes each for every level of the coefficients.
_MAX_CELLS = 1 << 25

# Nanoseconds per product of terms, per distinct monomial, per cell of a box, or per cell
# and pass of a transform.
_DICTIONARY, _DICTIONARY_NEW = 115.0, 110.0
_SORT, _SORT_LEVEL, _SORT_NEW, _SORT_NEW_LONG = 25.0, 8.0, 190.0, 330.0
_SCATTER = 3.5
_TRANSFORM = 0.9
_CELL = 4.0


def multiply(a: Terms, b: Terms, count: int, width: int, kernel: Kernel | None = None) -> Terms:
    """Return the product of packed terms.

    Parameters
    ----------
    a, b : dict
        Packed terms, neither empty.
    count, width : int
        Number and width of the fields, wide enough for the product.
    kernel : {"dictionary", "sort", "scatter", "transform"}, optional
        The kernel to use whatever the size; by default, the one that should be fastest.

    Raises
    ------
    ValueError
        If the kernel asked for cannot do this product.

    Notes
    -----
    The time is proportional to ``len(a) * len(b)``, or to ``N log N`` for dense operands
    whose product's exponents lie in a box of `N` points.
    """
    if kernel == "dictionary" or (kernel is None and not _worth_arrays(a, b, width)):
        return sparse.square(a) if a is b else sparse.multiply(a, b)
    result = _multiply_arrays(a, b, count, width, kernel)
    if result is None:
        if kernel is not None:
            raise ValueError(f"the {kernel} kernel cannot do this product exactly")
        return sparse.multiply(a, b)
    return result


def _worth_arrays(a: Terms, b: Terms, width: int) -> bool:
    return len(a) * len(b) >= SMALL_WORK and width <= _MAX_WIDTH and len(a) >= _MIN_ROWS <= len(b)


def _multiply_arrays(
    a: Terms, b: Terms, count: int, width: int, kernel: Kernel | None
) -> Terms | None:
    from polyconstraints.algebra import dense, sorting
    from polyconstraints.algebra.limbs import plan_split
    from polyconstraints.algebra.operands import Operands

    # Rows of the outer sums are the longer, contiguous direction.
    operands = Operands(a, b, count, width) if len(a) <= len(b) else Operands(b, a, count, width)
    if kernel is None and max(operands.heights) > _MAX_HEIGHT:
        return None
    box = dense.Box(operands)
    if kernel is None:
        kernel = cheapest_kernel(operands, box)
    if kernel == "dictionary":
        return sparse.multiply(a, b)
    if kernel == "transform":
        plan = dense.plan_transform(operands, box.length)
        return None if plan is None else dense.multiply_by_transform(box, plan)
    plan = plan_split(*operands.heights, operands.shorter)
    if plan is None:
        return None
    if kernel == "scatter":
        return dense.multiply_by_scatter(box, plan)
    return sorting.multiply(operands, plan)


def cheapest_kernel(operands: Operands, box: Box) -> Kernel:
    """Return the kernel with the smallest predicted time."""
    from polyconstraints.algebra import dense, sorting
    from polyconstraints.algebra.limbs import plan_split

    work = len(operands.keys[0]) * len(operands.keys[1])
    terms = min(work * sorting.distinct_fraction(operands), box.length)
    # Python multiplies long integers in time that grows with both lengths.
    limbs = (operands.heights[0] // 30 + 1) * (operands.heights[1] // 30 + 1)
    costs: dict[Kernel, float] = {
        "dictionary": work * (_DICTIONARY + limbs) + terms * _DICTIONARY_NEW
    }
    plan = plan_split(*operands.heights, operands.shorter)
    if plan is not None:
        one_word = operands.words[0].shape[1] == 1
        costs["sort"] = work * (_SORT + _SORT_LEVEL * (plan.levels + plan.pairs))
        costs["sort"] += terms * (_SORT_NEW if one_word else _SORT_NEW_LONG)
    if box.length * (plan.levels if plan else 1) <= _MAX_CELLS:
        if plan is not None:
            cells = box.length * plan.levels * _CELL
            costs["scatter"] = work * _SCATTER * (1 + plan.pairs) + cells + terms * _SORT_NEW
        fine = dense.plan_transform(operands, box.length)
        if fine is not None and box.length * 2 * fine.levels <= 4 * _MAX_CELLS:
            transforms = fine.first + fine.second + fine.levels
            per_cell = _TRANSFORM * log2(box.length + 2) * transforms + fine.pairs
            cells = box.length * (per_cell + _CELL * fine.levels)
            costs["transform"] = cells + terms * _SORT_NEW
    return min(costs, key=lambda name: costs[name])
