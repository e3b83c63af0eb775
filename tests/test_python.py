"""Python and the command line mean the same, take the same and refuse the same."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy
from IPython.lib.pretty import pretty
from sympy.combinatorics import CyclicGroup, Permutation

import polyconstraints as pc
from polyconstraints.cli.main import run
from polyconstraints.spec.problem import Description, Words

S = pc.PermutationGroup.symmetric
N = pc.NetworkSpec


def shell(capsys: pytest.CaptureFixture[str], line: str) -> Any:
    """Return the document that a command writes."""
    assert run([*line.split(), "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def plain(document: Any) -> Any:
    """Return a document as JSON has it, iterators written out."""
    return json.loads(json.dumps(document, default=list))


# -- one meaning -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "ours"),
    [
        ("derive -n 5 --symmetry invariant", lambda: pc.derive(n=5, symmetry="invariant")),
        ("derive -n 5 --symmetry invariant", lambda: pc.derive(N(5), "invariant")),
        (
            "derive -n 5 --symmetry invariant",
            lambda: pc.derive(N(5), pc.Symmetry(S(5), "invariant")),
        ),
        ("derive -n 3", lambda: pc.derive(N(3), "S")),
        ("derive -n 3 -d 2 --bias", lambda: pc.derive(inputs=np.int64(3), depth=2, bias=True)),
        (
            "derive --group pairs(S4) --action 1=S4",
            lambda: pc.derive(group="pairs(S4)", actions={1: "S4"}),
        ),
        ("derive --group pairs(S3) -d 2", lambda: pc.derive(N(3, 2), "pairs(S3)")),
        ("derive -n 2 -d 2 --scope network", lambda: pc.derive(N(2, 2), scope="network")),
        (
            "derive -n 2 -d 2 --layer linear,3 --widths 2 --channels 2",
            lambda: pc.derive(n=2, depth=2, layer=["linear", 3], widths=[2], channels=2),
        ),
        (
            "derive -n 3 --indices redundant --compare tensor --permutations adjacent",
            lambda: pc.derive(n=3, indices="redundant", compare="tensor", permutations="adjacent"),
        ),
        ("derive -n any --bias", lambda: pc.law(bias=True)),
        ("derive -n any --group SxS", lambda: pc.law("S x S")),
        ("table -n 2,3 --layer linear", lambda: pc.table(n=[2, 3], layer="linear")),
        ("table", lambda: pc.table()),
        ("table --group S2xS2", lambda: pc.table("S2xS2")),
        ("strata -n 2 -d 2", lambda: pc.strata(n=2, depth=2)),
        ("strata -n 2 -d 2", lambda: pc.strata(N(2, 2), pc.Symmetry(S(2)))),
        ("plot -n 3 --layers 0 --outputs 2", lambda: pc.plot(n=3, layers=[0], outputs=[2])),
        ("plot -n 3 --view graph", lambda: pc.derive(n=3).plot(view="graph")),
        ("export -n 3 -d 2", lambda: pc.derive(n=3, depth=2).tying_map()),
        ("report -n 2 --symmetry invariant", lambda: pc.report(n=2, symmetry="invariant")),
        ("train -n 3 --layer linear --steps 3", lambda: pc.train(n=3, layer="linear", steps=3)),
        (
            "train -n 2 --steps 2 --group C",
            lambda: pc.train(pc.derive(N(2), "C").tying_map(), steps=2),
        ),
    ],
)
def test_python_means_what_the_shell_means(
    capsys: pytest.CaptureFixture[str], line: str, ours: Callable[[], Any]
) -> None:
    assert plain(ours().to_json()) == shell(capsys, line)


def test_weights_are_arrays_or_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    layer = 2 * np.eye(3) + np.ones((3, 3))
    file = str(tmp_path / "trained.npz")
    np.savez(file, layer0=layer)
    for given in ([layer], [layer.tolist()], file):
        found = pc.discover(weights=given)
        assert plain(found.to_json()) == shell(capsys, f"discover {file}")
        checked = pc.verify(n=3, layer="linear", weights=given)
        line = f"verify --weights {file} -n 3 --layer linear"
        assert plain(checked.to_json()) == shell(capsys, line)


def test_a_file_holds_all_that_deviates(tmp_path: Path) -> None:
    layer = np.random.default_rng(0).normal(size=(8, 8))
    weights, text = str(tmp_path / "trained.npz"), tmp_path / "check.txt"
    np.savez(weights, layer0=layer)
    line = f"verify --weights {weights} -n 8 --layer linear -o {text}"
    assert run(line.split()) == 3
    found = pc.verify(n=8, layer="linear", weights=weights)
    assert found.deviating > 50
    assert all(f"\n{one.weight} " in text.read_text() for one in found.deviations)


def test_one_list_of_names() -> None:
    names = set(Description.__dataclass_fields__)
    # `symmetry` may be given by place, and `n` is short for `inputs`.
    assert set(Words.__annotations__) == names - {"symmetry"} | {"n"}


CYCLE = (1, 2, 0, 3)


@pytest.mark.parametrize(
    "group",
    [
        "[[1,2,0,3]]",
        "(1 2 3)",
        [CYCLE],
        [np.array(CYCLE)],
        np.array([CYCLE]),
        [Permutation([1, 2, 0, 3])],
        sympy.combinatorics.PermutationGroup([Permutation([1, 2, 0, 3])]),
        pc.PermutationGroup(4, [CYCLE]),
    ],
    ids=repr,
)
def test_groups_are_given_in_any_form(group: Any) -> None:
    """Each is the same rotation of three of four points, wherever a group is expected."""
    expected = pc.derive(N(4), pc.Symmetry(pc.PermutationGroup(4, [CYCLE])))
    for found in (pc.derive(N(4), group), pc.derive(n=4, group=group)):
        assert found.to_json() == expected.to_json()
    if not isinstance(group, str) or group.startswith("["):
        assert pc.derive(symmetry=group).to_json() == expected.to_json()
        assert pc.Symmetry(group).group == expected.symmetry.group


def test_a_group_of_ours_takes_actions_by_name_and_by_image() -> None:
    pairs = pc.derive(n=6, group="pairs(S4)", actions={1: "S4"})
    assert pc.derive(N(6), pairs.symmetry.group, actions={1: "S4"}).to_json() == pairs.to_json()
    images = pairs.symmetry.actions[1]
    again = pc.derive(N(6), pairs.symmetry.group, actions={1: images})
    assert again.dimension == pairs.dimension
    assert again.network.widths == (6, 4)


def test_a_network_keeps_the_widths_that_it_was_told() -> None:
    assert pc.derive(N(3, outputs=3), "invariant").network.widths == (3, 3)
    assert pc.derive(N(3), "invariant").network.widths == (3, 1)
    assert pc.expand(n=3, symmetry="invariant").network.widths == (3, 1)
    with pytest.raises(pc.UsageError, match="expected hidden width 6"):
        pc.derive(N(6, 2, widths=[5]), "pairs(S4)")


# -- one refusal -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (
            lambda: pc.derive(3),
            "network: expected a network, got 3; a number of inputs is given as n=3",
        ),
        (lambda: pc.derive("S"), "network: expected a network, got 'S'"),
        (lambda: pc.derive(), "inputs: expected a number, got none for the group S"),
        (lambda: pc.derive(n=3, inputs=3), "inputs: expected it once"),
        (lambda: pc.derive(N(3), depth=2), "depth: expected no other description beside a network"),
        (
            lambda: pc.derive(symmetry=pc.Symmetry("S3"), group="S3"),
            "group: expected no other description",
        ),
        (lambda: pc.derive(N(3), "S", group="C"), "group: expected it once, got 'C' and 'S'"),
        (lambda: pc.derive(n=3, widht=2), "expected one of n, inputs, depth"),
        (
            lambda: pc.derive(n=3, symmetry=7),
            "group: expected a group, its text as S3xS2 or a list",
        ),
        (lambda: pc.derive(n=3, group="foo"), "group: expected a preset .*polyconstraints groups"),
        (lambda: pc.derive(n=3.0), "inputs: expected an integer of at least 1, got 3.0"),
        (lambda: pc.derive(n=3, depth=True), "depth: expected an integer of at least 1, got True"),
        (lambda: pc.derive(n=[2, 3]), r"inputs: expected one number, got \[2, 3\]"),
        (lambda: pc.Symmetry("S"), "group: expected a group that says on how many points, as S3"),
        (lambda: pc.expand(3), "network: expected a network, got 3"),
        (lambda: pc.strata(3), "network: expected a network, got 3"),
        (lambda: pc.train(3), "network: expected a network, got 3"),
        (lambda: pc.report(3), "network: expected a network, got 3"),
        (lambda: pc.plot(3), "source: expected a map, strata or a network, got 3"),
        (
            lambda: pc.plot(pc.derive(n=2), "S"),
            "symmetry: expected no description of a network beside",
        ),
        (lambda: pc.verify(3), "tying: expected a tying map, got 3"),
        (lambda: pc.discover(weights=3), "weights: expected an array for each layer, or a file"),
        (lambda: pc.verify(n=3, weights=3), "weights: expected an array for each layer, or a file"),
        (lambda: pc.derive(n=3, actions=[1]), "actions: expected an action for each level"),
        (lambda: pc.derive(n=3, actions={"1": "S3"}), "actions: expected an integer of at least 1"),
        (lambda: pc.derive(n=3, bias="no"), "bias: expected True or False, got 'no'"),
        (lambda: pc.derive(n=3, activation=3), "activation: expected a polynomial in z as 'z"),
        (lambda: pc.dimension((3, 3, 1), 3), "activation: expected a polynomial in z as 'z"),
        (lambda: pc.strata(n=2, depth=2, limit="3"), "limit: expected an integer of at least 1"),
        (lambda: pc.train(n=2, steps=0), "steps: expected an integer of at least 1, got 0"),
        (lambda: pc.train(n=2, backend="x"), "backend: expected one of numpy, torch, jax, got 'x'"),
        (lambda: pc.verify(pc.derive(n=2).tying_map(), trials="x"), "trials: expected an integer"),
        (
            lambda: pc.plot(n=2, outputs=3),
            "outputs: expected an output from 1 to 2 of layer 0, got 3",
        ),
        (lambda: pc.table(n=[]), "inputs: expected at least one number of inputs"),
        (lambda: pc.dimension(3), r"widths: expected at least two widths as \(3, 3, 1\), got 3"),
        (lambda: pc.law(n=3, widths=[2]), "widths: expected no widths for a rule"),
        (lambda: pc.plot(n=2).save("x.doc"), "path: expected a name that ends in .svg, .png, .pdf"),
    ],
)
def test_mistakes_get_a_sentence(wrong: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(pc.UsageError, match=f"^{sentence}"):
        wrong()


# -- results -------------------------------------------------------------------------------


def test_equalities_go_to_sympy() -> None:
    derivation = pc.derive(n=3, indices="redundant")
    found = derivation.to_sympy()
    assert len(found) == derivation.counts.distinct
    # The map solves them: with its values put in, both sides are the same.
    values = derivation.tying_map().to_sympy()
    assert len(values) == derivation.total_weights
    assert all(sympy.expand((one.lhs - one.rhs).subs(values)) == 0 for one in found)
    free = set().union(*(sympy.sympify(value).free_symbols for value in values.values()))
    assert len(free) == derivation.dimension


def test_expansions_and_polynomials_go_to_sympy() -> None:
    x = sympy.symbols("x1:3")
    w = {name: sympy.Symbol(name) for name in N(2, layer="linear").weight_names()}
    first, second = pc.expand(n=2, layer="linear").to_sympy()
    assert first == w["W0_1_1"] * x[0] + w["W0_1_2"] * x[1]
    assert sympy.sympify(pc.expand(n=2, layer="linear").polynomial(2)) == second
    assert pc.expand(n=2, layer="linear", symmetry="invariant").to_sympy() == first


def test_outputs_count_from_one() -> None:
    expansion = pc.expand(n=3)
    assert expansion["y2"] == expansion.polynomial(2)
    assert "y_{2}" in expansion.to_latex(outputs=[2])
    assert "k = 2" in "".join(pc.plot(n=3, outputs=[2]).text())
    assert expansion.term_count(3) == len(expansion.polynomial(3)) == 6
    for number in (0, 4, "y1", None):
        with pytest.raises(pc.UsageError, match=r"^output: expected an output from 1 to 3, got"):
            expansion.polynomial(number)  # type: ignore[arg-type]
    for wrong in ("y4", "y0", "x1", 1):
        with pytest.raises(pc.UsageError, match="expected an output from y1 to y3"):
            expansion[wrong]  # type: ignore[index]


@pytest.mark.parametrize("group", ["S", "SxS", "S2xS", "pairs(S)"])
def test_laws_go_to_sympy(group: str) -> None:
    for law in (pc.law(group).distinct, pc.law(group).total):
        expression = law.to_sympy()
        for size in range(1, 8):
            sizes = [sort.size or size for sort in law.sorts]
            values = {sort.name: size for sort in law.sorts}
            assert expression.subs(values) == law(*sizes)
        assert law._repr_latex_().count("$") == 2


def test_whole_documents_in_latex() -> None:
    """Nothing is left out of what may be written to a file, and rows and braces pair up."""
    derivation = pc.derive(n=5)
    text = derivation.to_latex()
    assert "more" not in text
    assert "more" in (derivation._repr_latex_() or "")
    assert text.count("=") >= derivation.counts.distinct
    tying = pc.derive(n=4, indices="redundant", compare="paper").tying_map()
    assert tying.to_latex().count(r"\\") == tying.distinct - 1
    for whole in (
        text,
        tying.to_latex(),
        pc.expand(n=3, depth=2).to_latex(outputs=[2]),
        pc.strata(n=2, depth=2).to_latex(),
        pc.law().to_latex(),
        pc.table().to_latex(),
    ):
        assert whole.count("{") == whole.count("}")
        assert whole.count(r"\begin{") == whole.count(r"\end{") > 0


def test_pictures_are_written_as_their_names_end(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = pc.plot(n=3, indices="redundant")
    starts = {
        "svg": b"<?xml",
        "png": b"\x89PNG",
        "pdf": b"%PDF",
        "tex": b"% Cl",
        "json": b"{",
        "txt": b"1 quad",
    }
    for ending, start in starts.items():
        path = tmp_path / f"picture.{ending}"
        picture.save(path)
        content = path.read_bytes()
        assert content.startswith(start)
        picture.save(path)
        assert path.read_bytes() == content
    assert "quadratic layer" in str(picture.drawn("svg")).split("</desc>")[1]
    bare = str(picture.drawn("svg", titled=False)).split("</desc>")[1]
    assert "quadratic layer" not in bare
    assert bare.count("<path") == str(picture.drawn("svg")).count("<path")


RESULTS: dict[str, Callable[[], Any]] = {
    "derivation": lambda: pc.derive(n=3),
    "network scope": lambda: pc.derive(n=2, depth=2, scope="network"),
    "equality": lambda: next(pc.derive(n=3).equalities()),
    "map": lambda: pc.derive(n=3).tying_map(),
    "expansion": lambda: pc.expand(n=3, depth=2),
    "polynomial": lambda: pc.expand(n=2).polynomial(1),
    "strata": lambda: pc.strata(n=2, depth=2),
    "stratum": lambda: pc.strata(n=2, depth=2)[0],
    "law": lambda: pc.law(),
    "one law": lambda: pc.law().distinct,
    "table": lambda: pc.table(n=[2, 3]),
    "picture": lambda: pc.plot(n=2, view="graph"),
    "picture of strata": lambda: pc.strata(n=2, depth=2).plot(),
    "dimension": lambda: pc.dimension((2, 2, 1)),
    "training": lambda: pc.train(n=2, steps=2),
    "rule": lambda: pc.TyingRule.of(pc.law()),
    "verification": lambda: pc.verify(pc.derive(n=2).tying_map()),
    "weights": lambda: pc.verify(n=2, layer="linear", weights=[np.eye(2)]),
    "discovery": lambda: pc.discover(N(2, layer="linear"), [np.eye(2)]),
}


@pytest.mark.parametrize("name", RESULTS)
def test_results_show_themselves(name: str) -> None:
    result = RESULTS[name]()
    html, latex = (getattr(result, f"_repr_{kind}_", lambda: None)() for kind in ("html", "latex"))
    assert html or latex
    text = pretty(result)
    # No address, which would differ from run to run, and no inside of a data class.
    assert "0x" not in text
    assert "(network=" not in text
    assert "array(" not in text


def test_only_what_can_be_drawn_says_so() -> None:
    drawn = {name for name, make in RESULTS.items() if hasattr(make(), "plot")}
    assert drawn == {"derivation", "network scope", "map", "strata"}


def test_strata_say_of_how_many_weights_they_are() -> None:
    strata = pc.strata(n=2, depth=2)
    assert f"{len(strata)} strata of 12 weights" in (strata._repr_html_() or "")


def test_weights_are_verified() -> None:
    """A layer a·1 + b·J is equivariant, one with a single weight changed is not."""
    layer = 2 * np.eye(3) + np.ones((3, 3))
    assert pc.verify(n=3, layer="linear", weights=[layer])
    layer[0, 1] += 1
    found = pc.verify(pc.derive(n=3, layer="linear").tying_map(), weights=[layer])
    assert not found
    assert found.deviations[0].weight == "W0_1_2"


def test_the_first_equality_of_a_large_network_is_cheap() -> None:
    """A generator is as long as its ring: all of 2160 weights at once would be 40 times this."""
    import tracemalloc

    derivation = pc.derive(N(16), CyclicGroup(16))
    tracemalloc.start()
    equality = next(derivation.equalities())
    assert equality.kind == "simple"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 2**20


# -- other systems -----------------------------------------------------------------------------

PROBLEMS: dict[str, dict[str, Any]] = {
    "layer": {"n": 3, "indices": "redundant"},
    "bias": {"n": 2, "bias": True, "layer": "linear,quadratic", "depth": 2},
    "network": {"n": 2, "depth": 2, "scope": "network"},
    "none": {"n": 1},
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_programs_hold_the_equalities(name: str) -> None:
    derivation = pc.derive(**PROBLEMS[name])
    ours = derivation.to_sympy()
    read = sympy.sympify(derivation.to_program("sympy"))
    assert [(one.lhs, one.rhs) for one in read] == [(one.lhs, one.rhs) for one in ours]
    ideal = derivation.to_program("singular").split("ideal I =\n")[1].rstrip(";\n").split(",\n")
    differences = [sympy.sympify(line.replace("^", "**")) for line in ideal]
    expected = [one.lhs - one.rhs for one in ours] or [0]
    assert all(sympy.expand(a - b) == 0 for a, b in zip(differences, expected, strict=True))


@pytest.mark.singular
@pytest.mark.parametrize("name", ["layer", "bias", "none"])
def test_systems_find_the_dimension(name: str, tmp_path: Path) -> None:
    """In layer scope the ideal of the equalities has the dimension of the solutions."""
    derivation = pc.derive(**PROBLEMS[name])
    assert derivation.dimension is not None
    for system, command, end in (
        ("singular", ["Singular", "-q", "--no-rc"], "dim(std(I));quit;"),
        ("macaulay2", ["M2", "--script"], "print dim I;"),
    ):
        if shutil.which(command[0]) is None:
            continue
        file = tmp_path / system
        file.write_text(derivation.to_program(system) + end)  # type: ignore[arg-type]
        done = subprocess.run([*command, file], capture_output=True, timeout=60, check=True)
        assert int(done.stdout) == derivation.dimension


@pytest.mark.parametrize("text", ["S5", "C6", "pairs(S4)", "trivial3", "S2wrS3"])
def test_groups_for_gap_have_the_same_cycles(text: str) -> None:
    """Its language is that of cycles: read back by SymPy, points from 1, the group is the same."""
    group = pc.Symmetry(text).group
    written = group.to_gap()
    assert written.startswith("Group(")
    inside = written.removeprefix("Group(").removesuffix(")")
    generators = []
    for cycles in re.split(r"(?<=\)),(?=\()", inside):
        points = [
            [int(at) - 1 for at in one.split(",")] for one in re.findall(r"\(([\d,]+)\)", cycles)
        ]
        generators.append(Permutation(points, size=group.degree))
    assert sympy.combinatorics.PermutationGroup(generators).order() == group.order()
    assert [tuple(one.array_form) for one in generators if not one.is_identity] == list(
        group.generators
    )


def test_formats_are_chosen_by_endings(tmp_path: Path) -> None:
    starts = {"sing": "ring R = 0", "m2": "R = QQ[", "tex": "\\begin{tabular}", "json": "{"}
    for ending, start in starts.items():
        file = tmp_path / f"equalities.{ending}"
        assert run(["derive", "-n", "2", "-o", str(file)]) == 0
        assert file.read_text().startswith(start)
    assert run(["derive", "-n", "2", "-o", str(tmp_path / "a.csv")]) == 2
    assert run(["groups", "S3", "-o", str(tmp_path / "a.g")]) == 0
    assert (tmp_path / "a.g").read_text() == "# S3\nGroup((1,2),(1,2,3));\n"
