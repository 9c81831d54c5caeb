"""``imuhip import`` on the terminal: options, the preview, and words from files as they stand."""

import sys

import pytest
from support.maker_files import both, lay
from typer.testing import CliRunner

from imuhip.cli import main as cli
from imuhip.cli.main import app

HEAD = "t,acc_x,acc_y,acc_z,gyr_x,gyr_y,gyr_z\n"
IN_MS = HEAD + "".join(f"{10 * k},0.5,-0.25,9.75,0,0,{k}\n" for k in range(8))


def run(*words):
    return CliRunner().invoke(app, ["import", *map(str, words)])


@pytest.mark.parametrize("names", ["t,acc_x [g],gyr_x [/s]", "t,[bold]acc_x[/bold],[/],acc [red]"])
def test_brackets_stand_as_they_are(tmp_path, monkeypatch, capsys, names):
    """Names and paths from files are printed to the letter: nothing in brackets is taken away."""
    folder = lay(tmp_path / "a [b] [/c] d", both("{}.csv", f"{names}\n0,1,2\n"))
    monkeypatch.setattr(sys, "argv", ["imuhip", "import", str(folder), "-o", "a.mcap"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert "a [b] [/c] d" in said
    for name in names.split(","):
        assert repr(name) in said


def test_brackets_in_warnings(tmp_path):
    """Warnings keep their brackets too."""
    text = IN_MS.replace("gyr_z", "gyr_z,[/s] left").replace("\n", ",1\n").replace("left,1", "left")
    folder = lay(tmp_path / "in", both("{}.csv", text))
    result = run(folder, "--preview", "--units", "t=ms")
    assert result.exit_code == 0, result.output
    assert "'[/s] left' is not used" in result.output


def test_options_and_preview(tmp_path):
    """Units are taken from the terminal; a preview tells what it sees, and writes nothing."""
    folder = lay(tmp_path / "in", both("{}.csv", IN_MS))
    result = run(folder, "--preview", "--units", "t=ms", "--units", "acc=-m/s2")
    assert result.exit_code == 0, result.output
    assert "pelvis: pelvis.csv, folder: 8 samples at 100 Hz, 0.07 s from 0.000 s" in result.output
    assert "acc in -m/s2" in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]
    result = run(folder, "-o", tmp_path / "a.mcap", "--units", "t=ms")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "a.mcap").exists()


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--preview", "--units", "acc=stone"),
        ("--preview", "--units", "acc"),
        ("--preview", "--map", "ax=speed"),
        ("--preview", "--place", "A=head"),
        ("--preview", "--rate", "-5"),
    ],
)
def test_wrong_usage(tmp_path, words):
    """What cannot be meant is wrong usage, code 2, before a file is read."""
    assert run(tmp_path / "nothing", *words).exit_code == 2
