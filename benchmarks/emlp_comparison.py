"""Compare equivariant bases with EMLP: the same sizes, and how long each takes.

EMLP (Finzi, Welling, Wilson 2021) solves for the equivariant maps of any matrix group
numerically. Here it gets permutation matrices, for maps from n inputs (linear) or ordered
pairs of inputs (quadratic) to n outputs, which are the tensors of order 2 and 3. It needs
``jax<0.5`` and so an interpreter of its own::

    python -m venv emlp-env
    emlp-env/bin/pip install emlp 'jax<0.5' six tqdm
    python benchmarks/emlp_comparison.py emlp-env/bin/python

All times are those of one call in a process that has imported everything; ours includes the
array with the class of every weight. EMLP is called twice, without its cache of results, since
its first call compiles: the ratio is that of the second call.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time

import polyconstraints as pc
from polyconstraints.spec.network import LayerKind

#: What EMLP's interpreter runs. It prints the size of the basis and the seconds that it took.
CHILD = """
import json, sys, time
import numpy as np
from emlp.groups import Group
from emlp.reps import V
from emlp.reps.representation import Rep
order, generators = json.loads(sys.argv[1])
class Permutations(Group):
    def __init__(self):
        self.discrete_generators = np.stack([np.eye(len(g))[:, g] for g in generators])
        super().__init__()
sizes, seconds = [], []
for _ in range(2):
    rep = V(Permutations())
    tensors = rep
    for _ in range(order - 1):
        tensors = tensors * rep
    Rep.solcache.clear()
    started = time.perf_counter()
    sizes.append(int(tensors.equivariant_basis().shape[-1]))
    seconds.append(time.perf_counter() - started)
print(json.dumps([sizes[0], *seconds]))
"""

ORDERS: dict[LayerKind, int] = {"linear": 2, "quadratic": 3}


def theirs(
    interpreter: str, group: pc.PermutationGroup, layer: LayerKind, limit: float
) -> tuple[int, float, float] | None:
    """Return EMLP's basis size and the seconds of two calls; None if it takes too long."""
    argument = json.dumps([ORDERS[layer], group.generators])
    try:
        done = subprocess.run(
            [interpreter, "-W", "ignore", "-c", CHILD, argument],
            capture_output=True,
            text=True,
            timeout=limit,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        if isinstance(error, subprocess.CalledProcessError):
            print(error.stderr.strip().splitlines()[-1:], file=sys.stderr)
        return None
    size, first, second = json.loads(done.stdout.splitlines()[-1])
    return size, first, second


def ours(group: pc.PermutationGroup, layer: LayerKind) -> tuple[int, float]:
    """Return our number of classes and seconds."""
    started = time.perf_counter()
    network = pc.NetworkSpec(group.degree, layer=layer, indices="redundant")
    classes = pc.derive(network, pc.Symmetry(group, compare="tensor")).layers[0]
    return classes.distinct, time.perf_counter() - started


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("interpreter", help="a Python that has emlp")
    parser.add_argument("--sizes", default="3,5,10", help="numbers of inputs")
    parser.add_argument("--limit", type=float, default=300.0, help="seconds for one case")
    options = parser.parse_args()
    ours(pc.PermutationGroup.cyclic(2), "quadratic")  # imports
    print("| group | n | layer | classes | EMLP's basis | ours, s | EMLP, s | again, s | ratio |")
    print("|---|---|---|---|---|---|---|---|---|")
    differ = False
    for layer in ORDERS:
        for name in ("S", "C", "D"):
            for n in map(int, options.sizes.split(",")):
                group = pc.PermutationGroup.preset(name, n)
                count, seconds = ours(group, layer)
                found = theirs(options.interpreter, group, layer, options.limit)
                size, slow, again, ratio = "-", "-", "-", "-"
                if found:
                    differ |= found[0] != count
                    size, slow, again = str(found[0]), f"{found[1]:.2f}", f"{found[2]:.2f}"
                    ratio = f"{found[2] / seconds:.0f}"
                print(
                    f"| {name} | {n} | {layer} | {count} | {size} | {seconds:.5f} | {slow} "
                    f"| {again} | {ratio} |",
                    flush=True,
                )
    return int(differ)


if __name__ == "__main__":
    sys.exit(main())
