"""Write the seeds of every reader to the corpus, under names that are stable."""

from __future__ import annotations

from pathlib import Path

from .readers import seeds

CORPUS = Path(__file__).with_name("corpus")


def main() -> None:
    """Write the seeds."""
    for name, inputs in seeds().items():
        folder = CORPUS / name
        folder.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(inputs):
            (folder / f"seed-{number:02}").write_bytes(data)


if __name__ == "__main__":
    main()
