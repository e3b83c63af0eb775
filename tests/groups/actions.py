"""Groups as they are written, and all their elements."""

from __future__ import annotations

from polyconstraints.spec.groups import (
    parse_expression,
)
from polyconstraints.spec.groups.group import GroupAction
from tests.oracles import closure


def parse_action(text: str) -> GroupAction:
    return parse_expression(text).numbered().action()


def elements(action: GroupAction) -> set[tuple[int, ...]]:
    return closure(action.images, action.degree)
