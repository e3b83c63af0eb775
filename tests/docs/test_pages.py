"""Every page shows what happens, and every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import runner

ROOT = runner.ROOT

#: Where links may lead to; a link to anywhere else is more likely a slip.
HOSTS = frozenset(
    {
        "arxiv.org",
        "doi.org",
        "github.com",
        "keepachangelog.com",
        "openreview.net",
        "proceedings.mlr.press",
        "semver.org",
    }
)

_LINK = re.compile(
    r"(?<!\\)\[(?:[^\[\]]|\[[^\]]*\])*\]\((?P<target>[^()\s]+(?:\([^()]*\))?)[^()]*\)"
)
_FENCED = re.compile(r"^(```+).*?^\1[ ]*$", re.M | re.S)
_CODE = re.compile(r"`[^`\n]+`")


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", runner.PAGES, ids=shown)
def test_page_shows_what_happens(path: Path, tmp_path: Path) -> None:
    if path.name == "findings.md":
        pytest.skip("its blocks use the tests' own modules; tests/test_oracles.py runs them")
    for name in ("torch", "jax", "matplotlib"):
        if re.search(rf"^(?:import|from) {name}\b", path.read_text(encoding="utf-8"), re.MULTILINE):
            pytest.importorskip(name)
    runner.check(path, tmp_path)


def prose(path: Path) -> str:
    """Return a page without its code."""
    return _CODE.sub("", _FENCED.sub("", path.read_text(encoding="utf-8")))


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as its builder makes them."""
    found = set()
    for heading in re.findall(r"^#+ (.+)$", _FENCED.sub("", path.read_text("utf-8")), re.M):
        slug = re.sub(r"[^\w\s-]", "", heading.lower()).strip()
        found.add(re.sub(r"[-\s]+", "-", slug))
    return found


def test_links_lead_somewhere() -> None:
    broken = []
    count = 0
    pages = [*runner.PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
    for path in pages:
        for match in _LINK.finditer(prose(path)):
            count += 1
            link = urlsplit(match["target"])
            where = f"{shown(path)}: {match['target']}"
            if link.scheme or link.netloc:
                if link.scheme != "https" or link.netloc not in HOSTS:
                    broken.append(where)
                continue
            target = (path.parent / link.path).resolve() if link.path else path
            inside = target.suffix != ".md" or not link.fragment
            if not target.exists() or not (inside or link.fragment in anchors(target)):
                broken.append(where)
    assert count > 30
    assert broken == []


def test_every_page_is_reached() -> None:
    yaml = pytest.importorskip("yaml")
    # The file has tags that only the site's builder knows.
    text = re.sub(r"!!\S+", "", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    navigation = yaml.safe_load(text)["nav"]

    def targets(part: object) -> set[str]:
        if isinstance(part, str):
            return {part}
        parts = part.values() if isinstance(part, dict) else part
        return set().union(*map(targets, parts))  # type: ignore[arg-type]

    docs = ROOT / "docs"
    assert targets(navigation) == {str(page.relative_to(docs)) for page in docs.rglob("*.md")}
