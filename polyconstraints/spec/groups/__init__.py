"""Permutation groups: generators, presets, constructions and their names.

:mod:`~polyconstraints.spec.groups.permutations` holds single permutations,
:mod:`~polyconstraints.spec.groups.group` the groups that they generate,
:mod:`~polyconstraints.spec.groups.actions` one group acting on different sets of points,
:mod:`~polyconstraints.spec.groups.expressions` and
:mod:`~polyconstraints.spec.groups.grammar` how such
actions are written, and
:mod:`~polyconstraints.spec.groups.reading` what the texts of groups and actions mean.
"""

from polyconstraints.spec.groups.actions import GroupAction
from polyconstraints.spec.groups.grammar import parse_action
from polyconstraints.spec.groups.group import PRESETS, PermutationGroup
from polyconstraints.spec.groups.naming import group_label, names_its_group, require_true_name
from polyconstraints.spec.groups.permutations import Permutation, compose, cycle_lengths, inverse
from polyconstraints.spec.groups.reading import GroupChoice, parse_group, read_group

__all__ = [
    "PRESETS",
    "GroupAction",
    "GroupChoice",
    "Permutation",
    "PermutationGroup",
    "compose",
    "cycle_lengths",
    "group_label",
    "inverse",
    "names_its_group",
    "parse_action",
    "parse_group",
    "read_group",
    "require_true_name",
]
