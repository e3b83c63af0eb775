"""The main job, start to end, on a real network: n = 3, depth 2, with bias.

Run by ``make demo``. Every command shown can be copied; the last step uses the library.
"""

from __future__ import annotations

import random
import shlex
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np

import polyconstraints as pc
from polyconstraints.cli.output import fitted

MAP = Path("build") / "demo-tying-map.json"
NETWORK = "-n 3 -d 2 --bias"
PURPOSE = (
    "When inputs have no order, as the points of a set, a network should not see one. For networks "
    "that compute polynomials this is a matter of equations between their weights. polyconstraints "
    "finds them, solves them, and hands the answer to training: which weights are one parameter. "
    "Here is all of it, for three inputs."
)
WIDTH = shutil.get_terminal_size((100, 24)).columns


def say(text: str) -> None:
    """Print what comes next, in words."""
    print(f"\n{fitted(' '.join(text.split()), WIDTH)}\n", flush=True)


def run(command: str) -> None:
    """Show a command, run it, and show all that it prints."""
    print(f"$ {command}", flush=True)
    program, *arguments = shlex.split(command)
    process = subprocess.run(
        [sys.executable, "-m", program, *arguments], capture_output=True, text=True, check=False
    )
    if process.returncode:
        sys.exit(process.stderr)
    print(fitted(process.stdout, WIDTH), end="")


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
    print(fitted(PURPOSE, WIDTH))
    say(
        """1. A layer makes each output from products of two inputs (or of one input and the
        constant 1), with a weight for every product. Two such layers, one after the other, are
        a polynomial in 3 inputs and 60 weights:"""
    )
    run(f"polyconstraints expand {NETWORK} --count")
    say("Its first output has 35 parts like this one, which goes with x1 x2^3:")
    run(f"polyconstraints expand {NETWORK} --output 1 --monomial x1*x2^3")

    say(
        """2. The network is to follow its inputs: exchange two of them, and the same two outputs
        are exchanged (it is equivariant). Then such parts have to agree, and every pair of them
        is an equation between weights. These are products of weights, so their solutions are a
        curved set, a variety. It has several pieces, by how the hidden units move when the inputs
        do: what that is has names such as [3] + [2,1]:"""
    )
    run(f"polyconstraints derive {NETWORK} --scope network")

    say(
        """3. It is enough, and simpler, that each layer follows its inputs. Then every equation
        says that two weights are one, and of 60 weights 14 are left. Three of those don't show
        in what the network computes, since the next layer can undo them (they are gauge):"""
    )
    run(f"polyconstraints derive {NETWORK}")

    say("4. That answer as a file, a tying map, which says of each weight which parameter it is:")
    MAP.parent.mkdir(exist_ok=True)
    run(f"polyconstraints export {NETWORK} -o {MAP}")
    tying = pc.TyingMap.load(MAP)
    print(f"{MAP}: {tying.network.weights} weights from {tying.dimension} parameters")

    say(
        """5. Is it true? The map, read back, with random parameters, in fractions: σ exchanges
        inputs, and the outputs follow."""
    )
    check_exactly(tying)

    say(
        f"""Go on with: polyconstraints plot {NETWORK}, for a picture of the 14 classes;
        polyconstraints train {MAP}, to learn with them; or polyconstraints --help."""
    )


if __name__ == "__main__":
    main()
