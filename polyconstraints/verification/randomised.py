"""The random check: both sides of the symmetry at random points of a prime field."""

from __future__ import annotations

from random import Random

from polyconstraints.tying import TyingMap
from polyconstraints.verification.counterexample import Counterexample
from polyconstraints.verification.evaluation import class_residues, programs
from polyconstraints.verification.field import Field

__all__ = ["random_check"]


def random_check(tying: TyingMap, trials: int, prime: int, draw: Random) -> Counterexample | None:
    """Return a counterexample modulo a prime, or None if all trials agree.

    Parameters
    ----------
    tying : TyingMap
    trials : int
        Number of independent networks, each looked at for one input.
    prime : int
    draw : random.Random
        Gives the parameters and inputs.

    Raises
    ------
    TooLargeError
        If a layer has too many classes.

    Notes
    -----
    Each trial evaluates one network at x and at σx for every generator σ.
    """
    network = tying.network
    actions = [
        (action[0], action[-1])
        for action in tying.symmetry.unit_actions(network, generators=True)
        if action[0] is not None and action[-1] is not None
    ]
    field = Field(prime, draw)
    layers = programs(tying.layers)
    for _ in range(trials):
        theta = [field.draw(count) for count in tying.parameters]
        point = field.draw(network.units[0])
        points = [point, *([point[unit] for unit in inputs] for inputs, _ in actions)]
        for layer, program, part in zip(tying.layers, layers, theta, strict=True):
            points = program(class_residues(layer, part, field), points, field)
        plain = points[0]
        for (inputs, outputs), moved in zip(actions, points[1:], strict=True):
            for output, image in enumerate(outputs):
                if moved[output] != plain[image]:
                    return Counterexample(
                        inputs,
                        tuple(map(tuple, theta)),
                        tuple(point),
                        output + 1,
                        moved[output],
                        plain[image],
                        prime,
                    )
    return None
