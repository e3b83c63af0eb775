"""The same bytes for the same input: whatever the hash seed, the locale and the number of jobs."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from .program import run

#: What is run; ``{map}`` and ``{weights}`` are files that are made first.
COMMANDS: tuple[str, ...] = (
    "expand -n 2 -d 2 --bias",
    "derive -n 3 -d 2 --bias --format json --list",
    "table -n 1-4 --format json",
    "export -n 3 -d 2 --indices redundant",
    "export -n 4 --group D --format npz",
    "export -n 4 --group D --format safetensors",
    "export -n 3 --rule",
    "verify {map} --format json",
    "verify {map} --weights {weights} --format json",
    "discover {weights} --format json",
    "strata -n 2 -d 2 --format json",
)

ENVIRONMENTS: Mapping[str, Mapping[str, str]] = {
    "hash seed 1": {"PYTHONHASHSEED": "1"},
    "hash seed 4294967295": {"PYTHONHASHSEED": "4294967295"},
    "locale C": {"LC_ALL": "C"},
    "locale C without UTF-8": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "locale tr_TR": {"LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "tr"},
    "four threads": {"OPENBLAS_NUM_THREADS": "4", "OMP_NUM_THREADS": "4"},
    "optimised": {"PYTHONOPTIMIZE": "2"},
}


def inputs(folder: Path) -> dict[str, str]:
    """Make the files that the commands read."""
    import numpy as np

    import polyconstraints as pc

    symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(3))
    tying = pc.derive(pc.NetworkSpec(3, 2), symmetry).tying_map()
    tying.save(folder / "map.json")
    arrays = tying.weights(np.arange(1.0, tying.dimension + 1))
    arrays[0][1, 1, 0] += 0.5
    np.savez(folder / "weights.npz", **{f"layer{at}": array for at, array in enumerate(arrays)})
    return {"map": str(folder / "map.json"), "weights": str(folder / "weights.npz")}


def outputs(command: str, files: Mapping[str, str], **environment: str) -> bytes:
    ending = run(command.format(**files).split(), env=environment)
    assert ending.status in (0, 3), ending
    return ending.stdout


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return inputs(tmp_path_factory.mktemp("inputs"))


@pytest.mark.parametrize("command", COMMANDS)
def test_same_bytes_in_every_environment(command: str, files: dict[str, str]) -> None:
    plain = outputs(command, files, PYTHONHASHSEED="0", LC_ALL="C.UTF-8")
    # All environments that matter at once, and for every command another one of them alone.
    together = {**ENVIRONMENTS["hash seed 1"], **ENVIRONMENTS["locale tr_TR"]}
    alone = list(ENVIRONMENTS.values())[COMMANDS.index(command) % len(ENVIRONMENTS)]
    for environment in (together, alone):
        assert outputs(command, files, **environment) == plain


@pytest.mark.parametrize(
    "command", ["expand -n 3 -d 2 --bias", "derive -n 4 -d 2 --scope network --format json --list"]
)
def test_same_bytes_for_any_number_of_jobs(command: str, files: dict[str, str]) -> None:
    plain = outputs(f"{command} --jobs 1", files)
    for jobs in ("2", "3"):
        assert outputs(f"{command} --jobs {jobs}", files) == plain


@pytest.mark.slow
@pytest.mark.parametrize("name", ENVIRONMENTS)
@pytest.mark.parametrize("command", COMMANDS)
def test_same_bytes_in_each_environment(command: str, name: str, files: dict[str, str]) -> None:
    plain = outputs(command, files, PYTHONHASHSEED="0", LC_ALL="C.UTF-8")
    assert outputs(command, files, **ENVIRONMENTS[name]) == plain


def main() -> None:
    """Print a checksum of each command's output, to compare installations with one another."""
    import tempfile

    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        inputs(Path())
        names = {"map": "map.json", "weights": "weights.npz"}
        print(f"NumPy {np.__version__}", file=sys.stderr)
        for command in COMMANDS:
            digest = hashlib.sha256(outputs(command, names)).hexdigest()[:16]
            print(f"{digest}  {command}")


if __name__ == "__main__":
    main()
