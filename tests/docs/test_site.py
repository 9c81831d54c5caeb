"""The documentation builds without a warning, needs no network, and names what there is."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from imuhip.cli.main import app

ROOT = Path(__file__).parents[2]
BESIDE = ("README.md", "CONTRIBUTING.md", "examples/README.md", "recordings/README.md")
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *(ROOT / name for name in BESIDE)])
IDS = [page.relative_to(ROOT).as_posix() for page in PAGES]
every_page = pytest.mark.parametrize("page", PAGES, ids=IDS)

FETCHED = re.compile(
    r"<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=[\"']?(https?:[^\"'> ]+)"
)
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)")
PATH = re.compile(
    r"`((?:imuhip|dashboard|tests|examples|firmware_profiles|recordings|estimate|assess)/[\w./-]+)"
)
SHELL = re.compile(r"```(?:sh)?\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site, built as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


def test_every_page_is_built(site):
    """Each page of `docs/` is in the site, and so are those from outside it."""
    there = {path.relative_to(site).with_suffix(".md").as_posix() for path in site.rglob("*.html")}
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert pages | {"contributing.md", "changelog.md", "examples.md"} == there - {"404.md"}


def test_nothing_is_fetched_from_elsewhere(site):
    """A page loads no script, style, font or picture over the network."""
    assert FETCHED.search('<link rel="stylesheet" href="https://fonts.example/css">')
    fetched = {
        f"{path.name}: {found}"
        for path in site.rglob("*.html")
        for found in FETCHED.findall(path.read_text(encoding="utf-8"))
    }
    assert fetched == set()


def test_the_reference_has_the_public_names(site):
    """What `import imuhip` promises stands in the reference."""
    text = (site / "scientists" / "api.html").read_text(encoding="utf-8")
    for name in ("imuhip.read", "imuhip.analyze", "imuhip.sample", "Session.export", "ImuhipError"):
        assert re.search(rf'id="[\w.]*{re.escape(name)}"', text), name


def test_pictures_are_small_and_used():
    """Every picture is shown on a page, and none makes a page slow."""
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    pictures = [*(ROOT / "docs" / "pictures").iterdir(), ROOT / "docs" / "live.png"]
    assert [path.name for path in pictures if path.name not in text] == []
    assert max(path.stat().st_size for path in pictures) < 150_000


@every_page
def test_links_lead_somewhere(page):
    """A relative link leads to a file of the repository, or to one that the site makes."""
    made = {ROOT / "docs" / name for name in ("contributing.md", "changelog.md", "examples.md")}
    made.add(ROOT / "docs" / "pictures" / "architecture.svg")
    targets = [page.parent / link for link in LINK.findall(page.read_text(encoding="utf-8"))]
    lost = [t for t in targets if not t.exists() and Path(os.path.normpath(t)) not in made]
    assert lost == []


@every_page
def test_files_that_a_page_names_are_there(page):
    """A path of the program, of its tests or examples that a page names exists."""
    named = PATH.findall(page.read_text(encoding="utf-8"))
    lost = [
        path
        for path in (name.rstrip(".") for name in named)
        if not (ROOT / path).exists() and not (ROOT / "imuhip" / path).exists()
    ]
    assert lost == []


def commands_of(text: str) -> Iterator[list[str]]:
    """The command lines of imuhip in a page's shell blocks."""
    for block in SHELL.findall(text):
        for line in block.splitlines():
            words = line.partition("  #")[0].replace("…", "").strip()
            if words.startswith("imuhip "):
                yield shlex.split(words, comments=True)[1:]


def refused(words: list[str]) -> str:
    """Why the command line does not know such a command or option; empty when it does."""
    command = get_command(app)
    while hasattr(command, "list_commands"):
        context = command.make_context("imuhip", [], resilient_parsing=True)
        if not words or words[0] not in command.list_commands(context):
            return f"no command {words[:1]}"
        command, words = command.get_command(context, words[0]), words[1:]
    known = {option for each in command.params for option in each.opts + each.secondary_opts}
    given = [word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)]
    return ", ".join(option for option in given if option not in known | {"--help"})


@every_page
def test_commands_that_a_page_shows_exist(page):
    """A command line shown on a page names a command and options that there are."""
    text = page.read_text(encoding="utf-8")
    wrong = {" ".join(words): why for words in commands_of(text) if (why := refused(words))}
    assert wrong == {}


def test_a_wrong_command_would_be_noticed():
    """The check of command lines refuses what is not there."""
    assert refused(["analyse", "x.mcap"])
    assert refused(["analyze", "x.mcap", "--fast"]) == "--fast"
    assert refused(["analyze", "x.mcap", "-o", "y"]) == ""
    assert list(commands_of("```sh\nimuhip scan   # what is there\n```")) == [["scan"]]
