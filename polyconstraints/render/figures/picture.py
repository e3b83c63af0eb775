"""What can be shown: as a document, as text, and drawn in any of several formats."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar
from zlib import crc32

from polyconstraints.display import Displayed
from polyconstraints.errors import UsageError
from polyconstraints.io.files import atomic_writer, ending_of
from polyconstraints.io.strict_json import iter_json
from polyconstraints.render.figures.raster import scene_bytes
from polyconstraints.render.figures.scene import Scene, scene_svg, scene_tikz

#: Formats that a scene is drawn in, given how many pixels a unit of it has.
DRAWN: Mapping[str, Callable[[Scene, float], str | bytes]] = {
    "svg": lambda scene, scale: scene_svg(scene),
    "png": lambda scene, scale: scene_bytes(scene, "png", scale),
    "pdf": lambda scene, scale: scene_bytes(scene, "pdf", scale),
    "tikz": lambda scene, scale: scene_tikz(scene),
}

#: Columns that are filled with blocks where no terminal says how wide it is.
COLUMNS = 100


class Picture(Displayed):
    """What can be shown."""

    view: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """Return the document of schema ``plot``."""
        return {"schema": "polyconstraints/plot/1", "view": self.view, **self.content()}

    def content(self) -> dict[str, Any]:
        """Return what the document says of the picture."""
        raise NotImplementedError

    def text(self, width: int = COLUMNS) -> Iterator[str]:
        """Yield lines of text, about so wide."""
        raise NotImplementedError

    def scene(self) -> Scene:
        """Return where every part stands."""
        raise NotImplementedError

    def drawn(self, kind: str, *, scale: float = 2, titled: bool = True) -> str | bytes:
        """Return the picture in one of the formats of :data:`DRAWN`."""
        scene = self.scene()
        return DRAWN[kind](scene if titled else scene.untitled(), scale)

    def save(self, path: str | os.PathLike[str], *, scale: float = 2, titled: bool = True) -> None:
        """Write the picture as the ending of a file's name says: svg, png, pdf, tex, json or txt.

        Parameters
        ----------
        path : str or path
        scale : float
            Pixels of a PNG for each unit of the SVG.
        titled : bool
            Whether the lines at the top say what is shown.
        """
        ending = ending_of(path)
        kind = "tikz" if ending == "tex" else ending
        if kind == "json":
            content: str | bytes = "".join(iter_json(self.to_json()))
        elif kind == "txt":
            content = "".join(f"{line}\n" for line in self.text())
        elif kind in DRAWN:
            content = self.drawn(kind, scale=scale, titled=titled)
        else:
            raise UsageError(
                f"expected a name that ends in .svg, .png, .pdf, .tex, .json or .txt, got {path!s}",
                "path",
            )
        with atomic_writer(path, binary=True) as handle:
            handle.write(content.encode() if isinstance(content, str) else content)

    def _repr_html_(self) -> str:
        # Patterns are found by their names, which other pictures of a page must not share.
        scene = self.scene()
        prefix = f"pc{crc32(repr(scene).encode()):x}"
        svg = scene_svg(scene, prefix=prefix, standalone=False)
        return f'<div style="overflow-x:auto">{svg}</div>'

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text("\n".join(self.text()))
