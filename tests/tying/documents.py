"""Maps of each kind, and documents that somebody wrote by hand."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import polyconstraints as pc

S = pc.PermutationGroup.symmetric


ENDINGS = ["json", "npz", "safetensors"]


def make(n: int, network: dict[str, Any], symmetry: dict[str, Any]) -> pc.TyingMap:
    options = {"group": S(n), **symmetry}
    return pc.derive(pc.NetworkSpec(n, **network), pc.Symmetry(**options)).tying_map()


#: n, network, symmetry: one of each kind of map.
CASES: list[tuple[int, dict[str, Any], dict[str, Any]]] = [
    (1, {}, {}),
    (3, {}, {}),
    (3, {"depth": 2, "bias": True}, {}),
    (4, {"layer": "linear", "bias": True, "depth": 3}, {}),
    (3, {"indices": "redundant"}, {}),
    (3, {"indices": "redundant"}, {"compare": "paper"}),
    (3, {"indices": "redundant", "bias": True}, {"compare": "tensor"}),
    (3, {"depth": 2, "channels": (2, 1, 3)}, {}),
    (4, {"depth": 2, "outputs": 1, "bias": True}, {"kind": "invariant"}),
    (4, {}, {"group": pc.PermutationGroup.cyclic(4)}),
    (4, {"bias": True}, {"group": pc.PermutationGroup.dihedral(4)}),
    (4, {}, {"group": pc.PermutationGroup.alternating(4)}),
    (3, {}, {"group": pc.PermutationGroup.trivial(3)}),
    (3, {}, {"group": pc.PermutationGroup(3, [[1, 2, 0]])}),
]


BY_HAND: dict[str, Any] = {
    "schema": "polyconstraints/tying-map/1",
    "network": {
        "inputs": 3,
        "depth": 1,
        "layer": "linear",
        "indices": "ordered",
        "bias": False,
        "widths": [3, 3],
        "channels": [1, 1],
    },
    "symmetry": {"kind": "equivariant", "group": "S"},
    "layers": [
        {"name": "layer0", "classes": [[0, 1, 2], [3, 4, 5], [6, 7, 8]], "free": list(range(9))}
    ],
}


def by_hand(**symmetry: Any) -> dict[str, Any]:
    changed = deepcopy(BY_HAND)
    changed["symmetry"].update(symmetry)
    return changed


def permuted(order: list[int]) -> dict[str, Any]:
    document = by_hand()
    document["layers"][0].update(
        classes=[[0, 1, 1], [1, 0, 1], [1, 1, 2]], free=order, dependent={"2": [[1, 1, 0]]}
    )
    return document
