"""Train everything, and write the results, the tables and the plots.

python -m examples.approaches                     # all of it, into build/approaches
python -m examples.approaches --docs              # and into docs/
python -m examples.approaches --tasks digits --looks points
python -m examples.approaches --smoke             # every job, two steps each
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import torch

from examples.approaches import plotting, report, runner
from examples.approaches.catalogue import APPROACHES
from examples.approaches.tasks import TASKS

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "approaches.md"


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m examples.approaches",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    plan = runner.Plan()
    names = [approach.name for approach in APPROACHES]
    parser.add_argument("--tasks", nargs="+", choices=list(TASKS), default=list(TASKS))
    parser.add_argument("--approaches", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--looks", nargs="*", choices=plan.looks, default=list(plan.looks))
    parser.add_argument("--seeds", type=int, default=plan.seeds)
    parser.add_argument("--steps", type=int, default=plan.budget.steps)
    parser.add_argument("--workers", type=int, default=plan.workers)
    parser.add_argument("--smoke", action="store_true", help="every job, as short as can be")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "approaches")
    parser.add_argument("--docs", action="store_true", help="write what docs/ shows, too")
    parser.add_argument(
        "--show", type=Path, metavar="SUMMARY", help="train nothing; show a summary again"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Run the command."""
    options = _arguments(arguments)
    if options.show:
        summary = json.loads(options.show.read_text())
    else:
        plan = runner.Plan(
            tasks=tuple(options.tasks),
            approaches=tuple(a for a in APPROACHES if a.name in options.approaches),
            looks=tuple(options.looks),
            seeds=options.seeds,
            budget=replace(runner.Plan().budget, steps=options.steps),
            workers=options.workers,
        )
        # The processes that train have a thread each; this one only waits.
        torch.set_num_threads(1)
        results = runner.run(
            runner.smoke(plan) if options.smoke else plan,
            lambda text: print(text, file=sys.stderr, flush=True),
        )
        options.output.mkdir(parents=True, exist_ok=True)
        (options.output / "results.json").write_text(json.dumps(results) + "\n")
        summary = report.summarise(results)
    found = report.tables(summary)
    text = "\n\n".join(f"## {name}\n\n{table}" for name, table in found.items())
    print(text)
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "tables.md").write_text(text + "\n")
    _write(summary, options.output)
    if options.docs:
        _write(summary, PAGE.with_suffix(""))
        PAGE.write_text(report.fill(PAGE.read_text(), found))


def _write(summary: report.Summary, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    for name, figure in plotting.figures(summary).items():
        plotting.save(figure, folder / f"{name}.svg")


if __name__ == "__main__":
    main()
