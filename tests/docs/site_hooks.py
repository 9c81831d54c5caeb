"""What the documentation site takes from outside `docs/`: contributing, changes, examples.

Those files are read on the hosting site too, where their links count from the repository's top;
here each becomes a page, and links between them and the pages are put right. MkDocs calls the
functions `on_…` (mkdocs.yml, `hooks`).
"""

import posixpath
import re
import sys
from pathlib import Path
from typing import Any, Final

from mkdocs.structure.files import File

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))

from architecture_picture import picture  # noqa: E402 - beside this file, which is no package

REPOSITORY: Final = "https://github.com/imuhip/imuhip/blob/main/"
PAGES: Final = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "examples/README.md": "examples.md",
}
SHIM: Final = "assets/iframe_worker_shim.js"
SHIM_ELSEWHERE: Final = "https://unpkg.com/iframe-worker/shim"
"""What the theme's offline plugin names, for search in pages that are opened as files."""
LANGUAGES: Final = {".py": "python", ".mjs": "javascript"}
LINK: Final = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)\s]+?)(#[^)\s]*)?(?=\))")


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that lie outside `docs/`."""
    for source, page in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        if source.startswith("examples/"):
            text += _scripts()
        folder = posixpath.dirname(source)
        files.append(File.generated(config, page, content=_from_top(text, folder)))
    icon = (ROOT / "dashboard" / "icon.svg").read_text(encoding="utf-8")
    files.append(File.generated(config, "pictures/icon.svg", content=icon))
    files.append(File.generated(config, "pictures/architecture.svg", content=picture()))
    shim = (Path(__file__).parent / "iframe_worker_shim.js").read_text(encoding="utf-8")
    files.append(File.generated(config, SHIM, content=shim))
    return files


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """The search's helper comes with the site, not from a server."""
    folder = posixpath.dirname(page.file.dest_uri)
    return output.replace(SHIM_ELSEWHERE, posixpath.relpath(SHIM, folder or "."))


def on_post_template(output_content: str, **_: Any) -> str:
    """The same for the page that says that a page is not there."""
    return output_content.replace(SHIM_ELSEWHERE, SHIM)


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links of a page to files outside `docs/` lead to their pages, else to the repository."""
    folder = posixpath.dirname(page.file.src_uri)
    if page.file.src_uri in PAGES.values():
        return markdown

    def target(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join("docs", folder, match[1]))
        if path.startswith("docs/"):
            return match[0]
        return _of_repository(path, folder) + (match[2] or "")

    return LINK.sub(target, markdown)


def _from_top(text: str, folder: str) -> str:
    """Links that count from a folder of the repository, for a page at the top of the site."""

    def target(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(folder, match[1]))
        if path.startswith("docs/"):
            return path.removeprefix("docs/") + (match[2] or "")
        return _of_repository(path, "") + (match[2] or "")

    return LINK.sub(target, text)


def _of_repository(path: str, folder: str) -> str:
    """A link to a file of the repository, from a page in a folder of the site."""
    if not (ROOT / path).exists():
        raise FileNotFoundError(f"a page links to {path}, which is not in the repository")
    if path in PAGES:
        return posixpath.relpath(PAGES[path], folder or ".")
    if posixpath.dirname(path) == "examples":
        return posixpath.relpath("examples.md", folder or ".") + "#" + _anchor(path)
    return REPOSITORY + path


def _scripts() -> str:
    """The examples themselves, to be read and copied."""
    parts = []
    for path in sorted((ROOT / "examples").iterdir()):
        if language := LANGUAGES.get(path.suffix):
            name = path.relative_to(ROOT).as_posix()
            text = path.read_text(encoding="utf-8").strip()
            parts.append(f"\n## {path.name} {{#{_anchor(name)}}}\n\n```{language}\n{text}\n```\n")
    return "".join(parts)


def _anchor(path: str) -> str:
    return re.sub(r"[^a-z]+", "-", posixpath.basename(path).lower())
