"""Pictures as TikZ: the same shapes and texts as in SVG, and code that LaTeX takes."""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

import polyconstraints as pc
from polyconstraints.render.figures.picture import Picture

SVG = "{http://www.w3.org/2000/svg}"

PICTURES: dict[str, Callable[[], Picture]] = {
    "blocks": lambda: pc.plot(n=3, depth=2, bias=True),
    "redundant": lambda: pc.plot(n=4, indices="redundant", compare="paper"),
    "small cells": lambda: pc.plot(n=20, layer="linear", group="C"),
    "group": lambda: pc.plot(group="S2#1xS2#1", activation="z^2 + z/2", layer="linear", depth=2),
    "graph": lambda: pc.plot(n=8, layer="linear", view="graph"),
    "strata": lambda: pc.plot(pc.strata(n=2, depth=2)),
}


@pytest.fixture(params=list(PICTURES), scope="module")
def picture(request: pytest.FixtureRequest) -> Picture:
    return PICTURES[request.param]()


def test_the_same_picture_as_svg(picture: Picture) -> None:
    code, root = str(picture.drawn("tikz")), ET.fromstring(str(picture.drawn("svg")))
    patterns = {id(node) for tile in root.iter(f"{SVG}pattern") for node in tile}
    paths = [
        node.get("d", "")
        for node in root.iter(f"{SVG}path")
        if id(node) not in patterns and node.get("class") != "paper"
    ]
    written = re.findall(r"\\path\[.*\] (\(.*);", code)
    assert len(written) == len(paths)
    for ours, theirs in zip(written, paths, strict=True):
        start = re.match(r"M(\S+) ([\d.]+)", theirs)
        assert start is not None
        assert ours.startswith(f"({start[1]},{start[2]})")
        assert ours.count("cycle") == theirs.count("z")
        assert ours.count("controls") == theirs.count("C")
        assert ours.count("--") == len(re.findall("[Lhvz]", theirs))
    places = [(node.get("x"), node.get("y")) for node in root.iter(f"{SVG}text")]
    assert re.findall(r"\\node\[.*?\] at \((.*?),(.*?)\)", code) == places
    box = re.search(r"useasboundingbox \(0,0\) rectangle \((.*),(.*)\);", code)
    assert box is not None
    assert list(box.groups()) == root.get("viewBox", "").split()[2:]


def test_every_colour_is_defined_once(picture: Picture) -> None:
    code = str(picture.drawn("tikz"))
    defined = re.findall(r"\\definecolor\{(\w+)\}\{HTML\}\{(\w{6})\}", code)
    assert all(name == f"pc{value.lower()}" for name, value in defined)
    assert sorted({*re.findall(r"\bpc\w{6}\b", code)}) == [name for name, _ in defined]


def test_only_small_cells_are_hatched() -> None:
    assert "pattern=" in str(PICTURES["small cells"]().drawn("tikz"))
    assert "pattern=" not in str(PICTURES["blocks"]().drawn("tikz"))


def test_titles_are_left_out() -> None:
    picture = PICTURES["blocks"]()
    bare = str(picture.drawn("tikz", titled=False))
    assert "equivariant" in str(picture.drawn("tikz"))
    assert "equivariant" not in bare
    assert r"\useasboundingbox (0,56)" in bare


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex with TikZ")
def test_latex_takes_it(picture: Picture, tmp_path: Path) -> None:
    picture.save(tmp_path / "picture.tex")
    document = (
        r"\documentclass{article}\usepackage{tikz}\usetikzlibrary{patterns}"
        r"\begin{document}\input{picture}\end{document}"
    )
    (tmp_path / "page.tex").write_text(document, encoding="utf-8")
    command = ["pdflatex", "-interaction=batchmode", "-halt-on-error", "page.tex"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=60, stdout=subprocess.DEVNULL)
    log = (tmp_path / "page.log").read_text("utf-8", errors="replace")
    assert "Missing character" not in log
    assert "Font Warning" not in log
