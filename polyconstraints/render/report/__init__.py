"""One self-contained HTML page about a network: nothing is fetched, no library is needed.

Template, style sheet and scripts lie in ``assets/``; :mod:`~polyconstraints.render.report.data`
says what the page knows.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

from polyconstraints import __version__
from polyconstraints.derivation import Derivation, derive
from polyconstraints.errors import UsageError, explained
from polyconstraints.io.files import atomic_writer
from polyconstraints.render.figures.blocks import block_picture, layer_scene
from polyconstraints.render.figures.scene import scene_svg
from polyconstraints.render.figures.strata_graph import StrataGraph
from polyconstraints.render.report import data
from polyconstraints.render.words import network_in_words, number, symmetry_in_words
from polyconstraints.spec.network import NetworkSpec
from polyconstraints.spec.problem import Words, problem
from polyconstraints.spec.symmetry import Symmetry
from polyconstraints.tying import TyingMap
from polyconstraints.variety.strata import Strata

if TYPE_CHECKING:
    from polyconstraints.spec.groups import GroupLike

#: In the order in which they run.
_SCRIPTS = ("names.js", "picture.js", "constraints.js", "polynomials.js", "page.js")


_NO_CLASSES = """<p class="note">Only the network as a whole is symmetric: its weights form an
algebraic variety, and no single tying map holds all of them, so there are no classes to show. The
strata of the variety do hold them: <code>polyconstraints strata</code> lists them.</p>"""


@dataclass(frozen=True, eq=False)
class Report:
    """What a page is about, and the command line that made it.

    There is no tying map in network scope, where no one map holds all solutions.
    """

    derivation: Derivation
    tying: TyingMap | None
    strata: StrataGraph | None = None
    command: str = ""
    version: str = __version__

    def html(self) -> str:
        """Return the page.

        Examples
        --------
        >>> import polyconstraints as pc
        >>> symmetry = pc.Symmetry(pc.PermutationGroup.symmetric(3))
        >>> page = Report.of_problem(pc.NetworkSpec(3), symmetry).html()
        >>> page.startswith("<!doctype html>"), "src=" in page
        (True, False)
        """
        style = _asset("page.css")
        script = "\n".join(map(_asset, _SCRIPTS))
        derivation, tying = self.derivation, self.tying
        network, symmetry = derivation.network, derivation.symmetry
        layers = list(_layers(tying)) if tying else []
        knowledge = {
            "network": network.to_json(),
            "moves": data.move_names(symmetry),
            "layers": [layer.data for layer in layers],
            "weights": [layer.weights for layer in network.layers],
            "equalities": data.equality_data(derivation, [layer.reasons for layer in layers]),
            "polynomials": data.polynomial_data(network),
            "derivation": derivation.to_json(),
        }
        words, symmetric = network_in_words(network), symmetry_in_words(symmetry)
        kind = symmetry.kind.capitalize()
        return Template(_asset("page.html")).substitute(
            policy=_policy(style, script),
            title=escape(f"{kind} network, n = {network.inputs}, d = {network.depth}"),
            network=escape(words[0].upper() + words[1:]),
            symmetry=escape(symmetric[0].upper() + symmetric[1:]),
            group=escape(symmetry.group.name),
            layer_formula=layer_formula(network),
            symmetry_formula=symmetry_formula(symmetry),
            counts=_counts(derivation, tying),
            pictures="\n".join(layer.html for layer in layers) if tying else _NO_CLASSES,
            strata=_strata(self.strata),
            command=escape(self.command or "polyconstraints report"),
            version=escape(self.version),
            style=style,
            script=script,
            data=_json(knowledge),
            map=_json(tying.to_json()) if tying else "null",
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page to a file."""
        with atomic_writer(path) as handle:
            handle.write(self.html())

    def to_json(self) -> dict[str, Any]:
        """Return the counts, as a document of schema ``derivation``."""
        return self.derivation.to_json()

    @classmethod
    def of_problem(cls, network: NetworkSpec, symmetry: Symmetry, **more: Any) -> Report:
        """Return the report on a network under a symmetry; `more` as for the class."""
        derivation = derive(network, symmetry)
        return cls(derivation, derivation.tying_map() if derivation.solved else None, **more)

    @classmethod
    def of_map(cls, tying: TyingMap, **more: Any) -> Report:
        """Return the report on a tying map; `more` as for the class."""
        return cls(derive(tying.network, tying.symmetry), tying, **more)


@explained
def report(
    source: TyingMap | NetworkSpec | None = None,
    symmetry: Symmetry | GroupLike | None = None,
    *,
    strata: Strata | StrataGraph | None = None,
    **words: Unpack[Words],
) -> Report:
    """Return the report on a tying map, or on a network that the arguments describe.

    Parameters
    ----------
    source : TyingMap or NetworkSpec, optional
    symmetry, **words
        As for :func:`~polyconstraints.derive`.
    strata : Strata, optional
        Shown, too.

    Examples
    --------
    >>> report(n=2, layer="linear").html().startswith("<!doctype html>")
    True
    """
    graph = strata if isinstance(strata, StrataGraph | None) else strata.plot()
    if not isinstance(source, TyingMap):
        return Report.of_problem(*problem(source, symmetry, words), strata=graph)
    if symmetry is not None or words:
        raise UsageError("expected no description of a network beside a map", "symmetry")
    return Report.of_map(source, strata=graph)


def _asset(name: str) -> str:
    return files("polyconstraints.render.report").joinpath("assets", name).read_text("utf-8")


def _json(document: Any) -> str:
    """Return a document for a script element, which only ``</`` and ``<!--`` could end."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", "\\u003c")


def _policy(style: str, script: str) -> str:
    """Return a content security policy that allows this style and script, and nothing else."""

    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    return (
        f"default-src 'none'; style-src 'sha256-{digest(style)}'; "
        f"script-src 'sha256-{digest(script)}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


#: Parentheses, which take no room of their own around them.
_BRACKETED = (
    '<mrow><mo form="prefix" stretchy="false">(</mo>{}'
    '<mo form="postfix" stretchy="false">)</mo></mrow>'
)


def _math(alternative: str, formula: str) -> str:
    """Return a displayed formula, which browsers show by themselves, and how it is read out."""
    label = escape(alternative)
    return f'<math display="block" aria-label="{label}"><mrow>{formula}</mrow></math>'


def layer_formula(network: NetworkSpec) -> str:
    """Return the formula of every layer of a network as MathML."""
    first = "0" if network.bias else "1"
    layer = network.layers[0]
    index = layer.axes[1:]
    between = "≥" if layer.ordered else ","
    level = {1: "level l", 2: "both of level l"}.get(layer.degree, "all of level l")
    words = (
        f"o k, level l plus 1, is the sum over {f' {between} '.join(index)} ≥ {first} of "
        f"W l k {' '.join(index)} times {' '.join(f'o {name}' for name in index)}, {level}"
    )
    names = [f"<mi>{name}</mi>" for name in index]
    under = f"<mo>{between}</mo>".join(names) + f"<mo>≥</mo><mn>{first}</mn>"
    letters = "<mo>,</mo>".join(["<mi>k</mi>", *names])
    factors = "".join(f"<msubsup><mi>o</mi>{name}<mi>l</mi></msubsup>" for name in names)
    return _math(
        words,
        "<msubsup><mi>o</mi><mi>k</mi><mrow><mi>l</mi><mo>+</mo><mn>1</mn></mrow></msubsup>"
        f"<mo>=</mo><munder><mo>∑</mo><mrow>{under}</mrow></munder><msubsup><mi>W</mi>"
        f"<mrow>{letters}</mrow>{_BRACKETED.format('<mi>l</mi>')}</msubsup>{factors}",
    )


def symmetry_formula(symmetry: Symmetry) -> str:
    """Return what a symmetry says about the network's function as MathML."""
    group, moved = symmetry.group, symmetry.kind == "equivariant"
    name, shown = group.name, f"<mtext>{escape(group.name)}</mtext>"
    if name in ("S", "A", "C", "D"):
        name = f"{name}_{group.degree}"
        shown = f"<msub><mi>{group.name}</mi><mn>{group.degree}</mn></msub>"
    value = f"<mrow><mi>F</mi>{_BRACKETED.format('{}')}</mrow>"
    image = value.format("<mi>x</mi>")
    return _math(
        f"F of sigma x is {'sigma ' if moved else ''}F of x for all sigma in {name}",
        f"{value.format('<mi>σ</mi><mi>x</mi>')}<mo>=</mo>"
        f"{f'<mrow><mi>σ</mi>{image}</mrow>' if moved else image}"
        f"<mtext>\N{NO-BREAK SPACE}for all\N{NO-BREAK SPACE}</mtext><mi>σ</mi><mo>∈</mo>{shown}",
    )


def _counts(derivation: Derivation, tying: TyingMap | None) -> str:
    """Return the tiles with the numbers of weights and equalities."""
    counts, free = derivation.counts, tying or derivation
    distinct = tying.distinct if tying else derivation.distinct_weights
    apart = "parameters that the network's function can tell apart"
    tiles = [
        ("weights", derivation.total_weights, "of the free network"),
        ("distinct weights", distinct, "classes of weights that are one"),
        ("dimension", free.dimension, "free parameters"),
        ("function dimension", free.function_dimension, apart),
        ("equalities", counts.distinct, f"distinct, of {_grouped(counts.total)} with repeats"),
        ("rank", derivation.rank, "equalities that are linearly independent"),
    ]
    tile = '<div class="tile"><dt>{}</dt><dd><b>{}</b><span>{}</span></dd></div>'
    return "\n".join(tile.format(name, _grouped(value), note) for name, value, note in tiles)


def _grouped(value: int | None) -> str:
    """Return a number with its thousands set apart by narrow spaces."""
    return "unknown" if value is None else number(value).replace(" ", "\N{NARROW NO-BREAK SPACE}")


class _Layer(NamedTuple):
    """A layer's picture, what the page knows about it, and why its weights are tied."""

    html: str
    data: dict[str, Any]
    reasons: data.LayerReasons | None


def _layers(tying: TyingMap) -> Iterator[_Layer]:
    for picture in block_picture(tying).layers:
        index, heading = picture.layer.index, escape(picture.heading)
        scene, layout = layer_scene(picture, 900)
        reasons = data.layer_reasons(tying.network, tying.symmetry, picture.layer)
        svg = scene_svg(scene, prefix=f"l{index}", standalone=False)
        html = (
            f'<section class="layer" data-layer="{index}" aria-labelledby="layer{index}">'
            f'<h3 id="layer{index}">{heading}</h3>'
            f'<div class="blocks" tabindex="0" role="application" aria-roledescription="weights" '
            f'aria-label="{heading}" aria-describedby="keys">{svg}</div>'
            f'<div class="classes" role="group" aria-label="Classes of layer {index}"></div>'
            "</section>"
        )
        yield _Layer(html, data.layer_data(picture, layout, reasons), reasons)


def _strata(graph: StrataGraph | None) -> str:
    """Return the section on strata; nothing if there are none."""
    if graph is None:
        return ""
    rows = []
    for one in graph.strata:
        sizes = (one.weight_dimension, one.tangent_dimension, one.function_dimension)
        cells = ("" if size is None else size for size in sizes)
        row = "".join(f"<td>{cell}</td>" for cell in (*cells, escape(one.verdict)))
        rows.append(f'<tr><th scope="row">{escape(one.name)}</th>{row}</tr>')
    body = "\n".join(rows)
    svg = scene_svg(graph.scene(), prefix="strata", standalone=False)
    return f"""<section id="strata" aria-labelledby="strata-h">
<h2 id="strata-h">Strata</h2>
<p>Only the whole network has to be symmetric: each stratum has another representation of the group
on the hidden units.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Graph of the strata">{svg}</div>
<div class="scroll" tabindex="0" role="region" aria-label="Table of the strata"><table>
<thead><tr><th scope="col">hidden representation</th><th scope="col">weights</th>
<th scope="col">tangent</th><th scope="col">functions</th><th scope="col">verdict</th></tr></thead>
<tbody>{body}</tbody></table></div>
</section>"""
