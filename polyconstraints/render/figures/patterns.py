"""What the weights of a class have in common: which of their indices are equal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyconstraints.spec.network import LayerSpec

__all__ = ["class_patterns"]

#: Patterns that one class is described by at most; more would say less than none.
_MOST = 2


def class_patterns(
    layer: LayerSpec, classes: NDArray[np.int64], *, equivariant: bool
) -> dict[int, str]:
    """Return the pattern of equal indices that each class consists of, where there is one.

    Parameters
    ----------
    layer : LayerSpec
        Its units must be components (one channel).
    classes : array of the layer's shape
    equivariant : bool
        Whether outputs are components too, so that k can be compared with i and j.

    Returns
    -------
    dict
        A class is in it if it holds *all* weights of one pattern, or of two.

    Examples
    --------
    >>> layer = LayerSpec(0, 1, "ordered", False, 2, 2)
    >>> class_patterns(layer, np.array([[0, 1], [1, 0]]), equivariant=True)
    {0: 'k = i', 1: 'k ≠ i'}
    """
    index = np.argwhere(layer.mask) + np.array([1, *[layer.first] * layer.degree])
    codes = _codes(index, layer, equivariant)
    numbers = classes[layer.mask]
    distinct, pair = np.unique(np.stack([numbers, codes]), axis=1, return_inverse=True)
    sizes = np.bincount(pair.ravel(), minlength=distinct.shape[1]).tolist()
    everywhere = np.bincount(codes).tolist()
    found: dict[int, list[tuple[int, int]]] = {}
    for (number, code), size in zip(distinct.T.tolist(), sizes, strict=True):
        found.setdefault(number, []).append((code, size))
    result = {}
    for number, patterns in found.items():
        whole = all(everywhere[code] == size for code, size in patterns)
        if whole and len(patterns) <= _MOST:
            texts = [_text(code, layer, equivariant) for code, _ in patterns]
            result[number] = " or ".join(texts)
    return result


def _codes(index: NDArray[np.intp], layer: LayerSpec, equivariant: bool) -> NDArray[np.int64]:
    """Return a number for the pattern of each weight; its bits are those of `_text`."""
    k, i, j = index[:, 0], index[:, 1], index[:, -1]
    with_i = (k == i) & equivariant
    with_j = (k == j) & equivariant
    if layer.ordered:
        # x_i x_j is one product: which of its two factors is k makes no difference.
        with_i, with_j = with_i | with_j, with_i & with_j
    bits = [with_i, with_j, i == j, i == 0, j == 0]
    return np.stack(bits).astype(np.int64).T @ (1 << np.arange(5))


def _text(code: int, layer: LayerSpec, equivariant: bool) -> str:
    with_i, with_j, same, unit_i, unit_j = (bool(code >> bit & 1) for bit in range(5))
    if layer.degree == 1:
        if unit_i:
            return "i = 0"
        return ("k = i" if with_i else "k ≠ i") if equivariant else "i ≥ 1"
    if unit_i and unit_j:
        return "i = j = 0"
    if unit_i or unit_j:
        unit, other, equal = ("j", "i", with_i) if unit_j else ("i", "j", with_j)
        if not equivariant:
            return f"{unit} = 0, {other} ≥ 1"
        return f"{unit} = 0, k {'=' if equal else '≠'} {other}"
    if same:
        return ("k = i = j" if with_i else "k ≠ i = j") if equivariant else "i = j"
    if not equivariant:
        return "i ≠ j"
    if layer.ordered and with_i:
        return "k is one of i ≠ j"
    if with_i or with_j:
        return "k = i ≠ j" if with_i else "k = j ≠ i"
    return "k, i, j all different"
