"""The example of sample efficiency, at a smaller size."""

from __future__ import annotations

import numpy as np
import pytest

from examples.sample_efficiency import Setting, function, permuted, run


def test_tied_needs_fewer_samples(capsys: pytest.CaptureFixture[str]) -> None:
    needed = run(Setting(n=4, steps=2500, copies=4, largest=64, seeds=1))
    tied, free, copies = (needed[name] for name in ("tied", "free", "free, copies"))
    assert tied is not None
    assert free is None or free > tied
    assert copies is None or copies > tied
    assert f"tied reaches 0.01 with {tied} samples" in capsys.readouterr().out


def test_function_follows_permutations() -> None:
    x = np.random.default_rng(0).standard_normal((3, 5))
    order = [3, 1, 4, 0, 2]
    np.testing.assert_allclose(function(x[:, order]), function(x)[:, order])


def test_copies_are_permutations() -> None:
    x = np.random.default_rng(0).standard_normal((3, 5))
    moved = permuted(x, 4, np.random.default_rng(1))
    assert moved.shape == (12, 5)
    assert np.array_equal(np.sort(moved, axis=1), np.tile(np.sort(x, axis=1), (4, 1)))
