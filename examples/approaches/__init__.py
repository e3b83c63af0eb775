"""Ways to permutation invariance, side by side on the same tasks.

The paper that this project implements weighs several and gives up on most of them by
argument. Here each is a module behind one interface, :class:`interface.Approach`:

* ``tied``: (A) tied quadratic networks;
* ``symmetrised``: eq. (4), the mean of a free network over permutations;
* ``exponents``: (B) the free commutative group, and ``grid``: its grid in fewer dimensions;
* ``spectrum``: (C) the set in the frequency domain;
* ``pooled``: (D) PointNet and Deep Sets;
* ``sorting``: the sorted concatenation of the conclusion;
* ``free``: the free network, alone and on permuted copies.

``tasks`` asks, ``training`` trains, ``recovery``, ``stability`` and ``sweeps`` look closer,
``runner`` does it all and ``report`` and ``plotting`` show it. ``docs/approaches.md``
discusses what came out; ``python -m examples.approaches`` makes it anew.
"""
