"""Permutation groups: generators, presets, constructions and their names.

:mod:`~polyconstraints.spec.groups.permutations` holds permutations and their orbits,
:mod:`~polyconstraints.spec.groups.group` the groups that they generate,
:mod:`~polyconstraints.spec.groups.tree` and
:mod:`~polyconstraints.spec.groups.constructions` what groups are made of, as one tree that gives
their points, orders, actions and letters,
:mod:`~polyconstraints.spec.groups.grammar` how groups are written,
:mod:`~polyconstraints.spec.groups.relations` whether images of generators are an action, and
:mod:`~polyconstraints.spec.groups.reading` what the texts of groups and actions mean.
"""

from polyconstraints.spec.groups.grammar import parse_expression
from polyconstraints.spec.groups.group import PRESETS, PermutationGroup
from polyconstraints.spec.groups.permutations import (
    Permutation,
    compose,
    cycle_lengths,
    cycles,
    inverse,
)
from polyconstraints.spec.groups.reading import (
    GroupChoice,
    GroupLike,
    group_label,
    group_points,
    names_its_group,
    parse_group,
    read_group,
    require_true_name,
)
from polyconstraints.spec.groups.relations import Images, checked_images

__all__ = [
    "PRESETS",
    "GroupChoice",
    "GroupLike",
    "Images",
    "Permutation",
    "PermutationGroup",
    "checked_images",
    "compose",
    "cycle_lengths",
    "cycles",
    "group_label",
    "group_points",
    "inverse",
    "names_its_group",
    "parse_expression",
    "parse_group",
    "read_group",
    "require_true_name",
]
