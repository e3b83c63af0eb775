"""Tying maps and trained networks, checked for the symmetry that they should have."""

from polyconstraints.verification.completeness import Completeness
from polyconstraints.verification.counterexample import Counterexample
from polyconstraints.verification.maps import DEFAULT_TRIALS, verify
from polyconstraints.verification.result import Verification
from polyconstraints.verification.rules import verify_rule

__all__ = [
    "DEFAULT_TRIALS",
    "Completeness",
    "Counterexample",
    "Verification",
    "verify",
    "verify_rule",
]
