"""The main job, start to end, on a real network: n = 3, depth 2, with bias.

Run by ``make demo``. Every command shown can be copied; the last step uses the library.
"""

from __future__ import annotations

import random
import shlex
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np

import polyconstraints as pc

MAP = Path("build") / "demo-tying-map.json"
NETWORK = "-n 3 -d 2 --bias"


def say(text: str) -> None:
    """Print a heading."""
    print(f"\n{text}\n", flush=True)


def run(command: str, *, lines: int | None = None) -> None:
    """Show a command, run it, and show what it prints, or the first lines of it."""
    shown = f"{command} | head -n {lines}" if lines else command
    print(f"$ {shown}", flush=True)
    program, *arguments = shlex.split(command)
    process = subprocess.run(
        [sys.executable, "-m", program, *arguments], capture_output=True, text=True, check=False
    )
    if process.returncode:
        sys.exit(process.stderr)
    for line in process.stdout.splitlines()[:lines]:
        print(line if len(line) <= 100 else f"{line[:99]}…")


def check_exactly(tying: pc.TyingMap) -> None:
    """Evaluate a tied network on permuted inputs, in exact rationals."""
    draw = random.Random(1)
    theta = np.array([Fraction(draw.randint(-9, 9)) for _ in range(tying.dimension)], dtype=object)
    arrays = tying.weights(theta)
    weights = {
        layer.layer.name(*index): array[tuple(index)]
        for layer, array in zip(tying.layers, arrays, strict=True)
        for index in np.argwhere(layer.layer.mask).tolist()
    }
    x = [Fraction(1), Fraction(-2), Fraction(1, 3)]
    y = pc.evaluate(tying.network, weights, x)
    print("x          =", *x)
    print("F(x)       =", *y)
    for sigma in tying.symmetry.imposed():
        moved = pc.evaluate(tying.network, weights, [x[point] for point in sigma])
        expected = [y[point] for point in sigma]
        print(f"F(σx)      = {' '.join(map(str, moved))}   σ = {list(sigma)}")
        if moved != expected:
            sys.exit("the network is not equivariant")
    print("F(σx) = σF(x) for every transposition, exactly.")


def main() -> None:
    """Run the demo."""
    say("1. A network of two quadratic layers on 3 inputs, expanded: its size and its first terms.")
    run(f"polyconstraints expand {NETWORK} --count")
    run(f"polyconstraints expand {NETWORK} --output 1", lines=3)

    say("2. What equivariance under all permutations asks of the whole network's weights.")
    run(f"polyconstraints derive {NETWORK} --scope network")

    say("3. The same with every layer equivariant: 60 weights become 14.")
    run(f"polyconstraints derive {NETWORK}")

    say("4. That answer as a file that training code can read.")
    MAP.parent.mkdir(exist_ok=True)
    run(f"polyconstraints export {NETWORK} -o {MAP}")
    tying = pc.TyingMap.load(MAP)
    print(f"{MAP}: {tying.network.weights} weights from {tying.dimension} parameters")

    say("5. The map, read back: random parameters, exact arithmetic, permuted inputs.")
    check_exactly(tying)


if __name__ == "__main__":
    main()
