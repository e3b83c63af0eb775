"""Tying maps and trained networks, checked for the symmetry that they should have."""

from polyconstraints.verification.maps import DEFAULT_TRIALS, verify, verify_rule
from polyconstraints.verification.result import Completeness, Counterexample, Verification

__all__ = [
    "DEFAULT_TRIALS",
    "Completeness",
    "Counterexample",
    "Verification",
    "verify",
    "verify_rule",
]
