"""The tying map of a network for every number of inputs, as a rule."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET

from polyconstraints.classes.any_network import AnyNetwork, sized_texts
from polyconstraints.classes.layer import LayerClasses
from polyconstraints.classes.patterns import LayerPatterns
from polyconstraints.display import Displayed
from polyconstraints.errors import InputError, TooLargeError, UsageError, explained
from polyconstraints.io.arrays import ARRAY_ENDINGS
from polyconstraints.io.files import atomic_writer, ending_of, load_json
from polyconstraints.io.strict_json import dump_json
from polyconstraints.schemas.reading import agree, number_key, shown
from polyconstraints.spec.groups import read_group
from polyconstraints.spec.symmetry import Symmetry
from polyconstraints.tying import provenance
from polyconstraints.tying.document import MAX_WEIGHTS, naming_places, read_problem, write_header
from polyconstraints.tying.map import TyingMap
from polyconstraints.tying.provenance import Origin
from polyconstraints.tying.rule_document import read_rule, write_rule


@explained
@dataclass(frozen=True, eq=False)
class TyingRule(Displayed):
    """A tying map for every number of inputs.

    Examples
    --------
    >>> rule = TyingRule.of(AnyNetwork("S"))
    >>> rule.parameters(2), rule.parameters(3), rule.parameters(10**6)
    (3, 4, 4)
    >>> rule.at(2).layers[0].classes[0].tolist()
    [[0, -1], [1, 2]]
    """

    #: The network and its symmetry, with the number of inputs left open.
    network: AnyNetwork
    #: The patterns of each layer and the class of each.
    layers: tuple[LayerPatterns, ...]

    @classmethod
    def of(cls, network: AnyNetwork) -> TyingRule:
        """Return the rule of a network; a UsageError if the number of classes grows with n."""
        return cls(network, network.layers)

    # -- for one number of inputs ----------------------------------------------------------

    def parameters(self, *sizes: int) -> int:
        """Return the number of parameters for given numbers of letters."""
        return sum(self.layer_parameters(*sizes))

    def layer_parameters(self, *sizes: int) -> tuple[int, ...]:
        """Return the number of parameters of each layer for given numbers of letters."""
        full = self.network.sizes(sizes)
        return tuple(len(rule.present(full)) for rule in self.layers)

    def weights(self, *sizes: int) -> int:
        """Return the number of weights for given numbers of letters."""
        full = self.network.sizes(sizes)
        return sum(rule.weights(full) for rule in self.layers)

    def at(self, *sizes: int) -> TyingMap:
        """Return the tying map for given numbers of letters.

        One for each symmetric group whose size is open: for ``S`` the number of inputs. A
        `TooLargeError` if a layer has more than 2^27 weights.
        """
        full = self.network.sizes(sizes)
        network = self.network.network(full)
        weights = max(layer.weights for layer in network.layers)
        if weights > MAX_WEIGHTS:
            raise TooLargeError(
                f"expected at most {MAX_WEIGHTS} weights in a layer for their classes to be "
                f"listed, got {weights}; the rule itself needs no list",
                size=8 * weights,
            )
        symmetry = self.symmetry(*full)
        pairs = zip(network.layers, self.layers, strict=True)
        layers = tuple(LayerClasses(layer, rule.tied(full)) for layer, rule in pairs)
        origin = Origin.of(network, symmetry)
        return TyingMap(network, symmetry, layers, self._function_dimension(full), origin)

    def symmetry(self, *sizes: int) -> Symmetry:
        """Return the symmetry for given numbers of letters."""
        full = self.network.sizes(sizes)
        text, actions = sized_texts(self.network.group, self.network.actions, full)
        degree = self.network.components[0].size(full)
        choice = read_group(text, degree, dict(actions))
        return Symmetry(
            choice.group, self.network.kind, "layer", self.network.compare, actions=choice.actions
        )

    def _function_dimension(self, sizes: tuple[int, ...]) -> int | None:
        law = self.network.function_dimension
        return None if law is None else law(*sizes)

    # -- documents -------------------------------------------------------------------------

    def to_json(self, *sizes: int) -> dict[str, Any]:
        """Return the document of schema ``tying-map`` with the rule in every layer.

        The document states the numbers of letters; the rule in it holds for all.
        """
        full = self.network.sizes(sizes)
        network, symmetry = self.network.network(full), self.symmetry(*full)
        names = [sort.name for sort in self.network.sorts]
        group: dict[str, Any] = {"group": self.network.group}
        if self.network.actions:
            group["actions"] = {str(level): text for level, text in self.network.actions.items()}
        parameters = self.parameters(*full)
        counts = {
            "distinct": parameters,
            "dimension": parameters,
            "function_dimension": self._function_dimension(full),
        }
        origin = Origin.of(network, symmetry, " --rule")
        entries = [{"rule": write_rule(rule, names, full, group)} for rule in self.layers]
        return write_header(network, symmetry, entries, counts, origin)

    @classmethod
    def from_json(cls, document: Any, source: str = "") -> TyingRule:
        """Return the rule that a document describes; an `InputError` says where it is none."""
        with naming_places(source):
            return cls._read(document)

    @classmethod
    def _read(cls, document: Any) -> TyingRule:
        declared, network, symmetry = read_problem(document)
        pairs = zip(declared.layers, network.layers, strict=True)
        rules, stated = zip(*(read_rule(entry, layer) for entry, layer in pairs), strict=True)
        first = stated[0]
        for at, one in enumerate(stated):
            for key in ("letters", "group", "actions"):
                known, why = getattr(first, key), ", as in the first layer"
                agree(getattr(one, key), known, f"layers[{at}].rule.{key}", why)
        group = symmetry.group.name if first.group is UNSET else first.group
        where, wanted = "layers[0].rule.actions", "levels from 1 as keys"
        actions = {
            number_key(level, f"{where}.{level}", 1, 999_999, wanted): text
            for level, text in ({} if first.actions is UNSET else first.actions).items()
        }
        if symmetry.compare == "paper":
            raise InputError("expected function or tensor for a rule", "symmetry.compare")
        described = AnyNetwork(
            group,
            network.depth,
            network.layer,
            network.indices,
            network.bias,
            network.channels,
            symmetry.kind,
            symmetry.compare,
            network.widths[-1] if symmetry.kind == "invariant" else 1,
            actions,
            network.activation,
        )
        sorts = [sort.name for sort in described.sorts]
        if sorted(sorts) != sorted(first.letters):
            raise InputError(
                f"expected the letters {', '.join(sorts)}, got others", "layers[0].rule.letters"
            )
        sizes = [first.letters[name] for name in sorts]
        expected = described.patterns(ordered=network.indices == "ordered")
        for own, rule in zip(expected, rules, strict=True):
            if own.points != rule.points:
                raise InputError(f"expected the points of the group {group}, got others", "layers")
        made = cls(described, rules)
        asked, ruled = symmetry.to_json(), made.symmetry(*sizes).to_json()
        for key in ("kind", "group", "generators", "actions"):
            agree(asked.get(key), ruled.get(key), f"symmetry.{key}", ", as the rule has it")
        # Last, so that damage is named by its place wherever it has one.
        provenance.check(document, declared.provenance, [])
        return made

    def save(self, path: str | os.PathLike[str], *sizes: int) -> None:
        """Write the document of :meth:`to_json` to a JSON file, whole or not at all."""
        ending = ending_of(path)
        if ending in ARRAY_ENDINGS:
            raise UsageError(f"expected a JSON file for a rule, got {shown(ending)}", "rule")
        document = self.to_json(*sizes)
        with atomic_writer(path) as handle:
            dump_json(document, handle)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> TyingRule:
        """Read a rule from a JSON file; an `InputError` says where it holds none."""
        return cls.from_json(load_json(path), os.fspath(path))
