"""Tying map → networks that train: NumPy, PyTorch and JAX over one evaluation plan.

``polyconstraints.backends.plan`` turns a tying map into index arrays and small matrices, in
NumPy alone; ``backends.numpy``, ``backends.torch`` and ``backends.jax`` each evaluate that
plan in their framework's own idiom and never import one another. None of them is imported
until it is asked for.
"""
