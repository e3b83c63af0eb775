"""The pictures in the documentation are what the commands draw."""

from __future__ import annotations

import figures


def test_pictures_are_up_to_date() -> None:
    for name, text in figures.drawn():
        assert (figures.FOLDER / name).read_text(encoding="utf-8") == text, name


def test_every_picture_is_drawn_by_a_command() -> None:
    known = {*figures.FIGURES, *figures.FROM_DOCUMENTS, *figures.FROM_EXAMPLES}
    assert {path.name for path in figures.FOLDER.iterdir()} == known
