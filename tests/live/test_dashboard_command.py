import ast
import runpy
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import uvicorn
import uvicorn.config
from support.dashboard_processes import environment, free_port, serves

from dashboard.server.settings import Settings, settings_from_arguments
from imuhip.core.errors import ImuhipError
from imuhip.core.resources import dashboard_folder
from imuhip.live.bounds import BoundedProtocol
from imuhip.live.dashboard import dashboard_command, dashboard_url, ensure_servable

APP = dashboard_folder() / "app.py"


def test_the_command_keeps_the_page_on_this_machine_and_sends_no_usage_data() -> None:
    """The command binds loopback, opens no browser, sends nothing and names the hub."""
    command = dashboard_command("ws://127.0.0.1:9/live", 8599, results=Path("out"))
    assert "--server.address=127.0.0.1" in command
    assert "--server.port=8599" in command
    assert "--browser.gatherUsageStats=false" in command
    assert "--server.headless=true" in command
    own = command[command.index("--") + 1 :]
    settings = settings_from_arguments(own)
    assert (settings.hub, settings.results) == ("ws://127.0.0.1:9/live", Path("out"))
    assert settings.page_port == 8599
    assert settings.relay_port not in {0, 8599}
    assert APP.is_file()
    assert dashboard_url(8599) == "http://127.0.0.1:8599/"


def test_no_arguments_mean_the_usual_hub() -> None:
    """Without arguments the dashboard looks for the hub where it usually is."""
    assert settings_from_arguments([]) == Settings()


def test_wrong_arguments_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """An argument that nobody knows ends the program with a word about it."""
    with pytest.raises(SystemExit):
        settings_from_arguments(["--hubb", "x"])
    assert "--hubb" in capsys.readouterr().err


def test_building_the_command_needs_no_streamlit() -> None:
    """The command line can build the command without importing Streamlit."""
    code = "import sys, imuhip.live.dashboard; sys.exit('streamlit' in sys.modules)"
    root = dashboard_folder().parent
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_streamlit_finds_the_app() -> None:
    """`app.py` assigns `st.App(…)` to `app` at top level, as `streamlit run` looks for it."""
    tree = ast.parse(APP.read_text(encoding="utf-8"))
    calls = {
        node.targets[0].id: ast.unparse(node.value.func)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Call)
    }
    assert calls["app"] == "st.App"


def test_a_port_in_use_or_a_missing_folder_is_said_before_anything_starts(tmp_path: Path) -> None:
    """The command says which port and what to do, and names the folder that is not there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ImuhipError, match=f"port {port} is used by another program"):
            ensure_servable(port)
    with pytest.raises(ImuhipError, match="nosuch"):
        ensure_servable(free_port(), tmp_path / "nosuch")
    ensure_servable(free_port(), tmp_path)


def test_what_cannot_be_a_catalogue_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """A text file named as the catalogue ends the command with 1 and no traceback."""
    notes = tmp_path / "notes.txt"
    notes.write_text("squats on Monday\n" * 100)
    command = [sys.executable, "-m", "imuhip", "dashboard", "--port", str(free_port())]
    done = subprocess.run(
        [*command, "--catalogue", str(notes)],
        capture_output=True, text=True, timeout=120.0, env=environment(), check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "notes.txt" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_a_dashboard_that_is_ended_leaves_nothing_on_its_port(tmp_path: Path) -> None:
    """SIGTERM of the command ends the page's server and the relay with it."""
    port = free_port()
    command = [sys.executable, "-m", "imuhip", "dashboard", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--catalogue", str(tmp_path / "c.sqlite")],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(),
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 90.0
        while not serves(dashboard_url(port)):
            assert process.poll() is None
            assert time.monotonic() < deadline, "the dashboard did not start"
            time.sleep(0.1)
        process.terminate()
        assert process.wait(20.0) == 0
    finally:
        process.kill()
        process.wait()
    assert not serves(dashboard_url(port))
    ensure_servable(port)


def test_the_pages_server_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamlit's server is started so that it takes the protocol that bounds strangers."""
    command = dashboard_command("ws://127.0.0.1:8765/live", 8501)
    serve = Path(command[1])
    assert (serve.name, command[2], Path(command[3]).name) == ("serve.py", "run", "app.py")
    monkeypatch.setitem(uvicorn.config.HTTP_PROTOCOLS, "auto", "")
    monkeypatch.setattr(sys, "path", [*sys.path])
    runpy.run_path(str(serve))
    config = uvicorn.Config(lambda: None)
    config.load()
    assert config.http_protocol_class is BoundedProtocol
