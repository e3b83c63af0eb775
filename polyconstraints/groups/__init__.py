"""Permutation groups: generators, presets, constructions and their names.

:mod:`~polyconstraints.groups.permutations` holds single permutations,
:mod:`~polyconstraints.groups.group` the groups that they generate,
:mod:`~polyconstraints.groups.actions` one group acting on different sets of points,
:mod:`~polyconstraints.groups.expressions` and :mod:`~polyconstraints.groups.grammar` how such
actions are written, and
:mod:`~polyconstraints.groups.reading` what ``--group``, ``--action`` and group files mean.
"""

from polyconstraints.groups.actions import GroupAction
from polyconstraints.groups.grammar import parse_action
from polyconstraints.groups.group import PRESETS, PermutationGroup
from polyconstraints.groups.permutations import Permutation, compose, cycle_lengths, inverse
from polyconstraints.groups.reading import GroupChoice, parse_group, read_group

__all__ = [
    "PRESETS",
    "GroupAction",
    "GroupChoice",
    "Permutation",
    "PermutationGroup",
    "compose",
    "cycle_lengths",
    "inverse",
    "parse_action",
    "parse_group",
    "read_group",
]
