import ast
import runpy
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn
import uvicorn.config
from support.dashboard_processes import environment, free_port, serves

from dashboard.server.settings import Settings, settings_from_arguments
from imuhip.core.errors import ImuhipError
from imuhip.core.resources import dashboard_folder
from imuhip.live import dashboard as dashboard_module
from imuhip.live.bounds import BoundedProtocol
from imuhip.live.dashboard import (
    dashboard_command,
    dashboard_environment,
    dashboard_process,
    dashboard_url,
    ensure_servable,
    open_to_lan,
)

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
    assert (settings.hubs, settings.results) == (("ws://127.0.0.1:9/live",), Path("out"))
    assert settings.page_port == 8599
    assert settings.relay_port not in {0, 8599}
    assert APP.is_file()
    several = dashboard_command("ws://127.0.0.1:9/live", more_hubs=["ws://127.0.0.1:10/live"])
    hubs = settings_from_arguments(several[several.index("--") + 1 :]).hubs
    assert hubs == ("ws://127.0.0.1:9/live", "ws://127.0.0.1:10/live")
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


def test_a_visitors_address_holds_a_token_of_its_own(tmp_path: Path) -> None:
    """Each start has another; names and both kinds of addresses lead in."""
    lan = open_to_lan(tmp_path)
    assert open_to_lan(tmp_path).token != lan.token
    there = replace(lan, hosts=("192.0.2.7",)).url(8501)
    assert there == f"http://192.0.2.7:8501/?token={lan.token}"
    assert replace(lan, hosts=("2001:db8::7",)).url(8501).startswith("http://[2001:db8::7]:8501/?")


def test_without_a_way_out_the_machines_names_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A laptop in no network is still reached by its own name."""

    class Alone(socket.socket):
        def connect(self, _address: object) -> None:
            raise OSError("network is unreachable")

    monkeypatch.setattr(socket, "socket", Alone)
    names = dashboard_module._own_names()
    assert names == (socket.gethostname().lower(), f"{socket.gethostname().lower()}.local")


def test_a_catalogues_password_goes_by_the_environment() -> None:
    """A path stands in the arguments, a URL never does."""
    url = "postgresql://coach:secret@db/imuhip"
    command = dashboard_command("ws://127.0.0.1:9/live", 8599, catalogue=url)
    assert not any("secret" in word for word in command)
    assert url in dashboard_environment(url).values()
    command = dashboard_command("ws://127.0.0.1:9/live", 8599, catalogue="c.sqlite")
    assert command[command.index("--catalogue") + 1] == "c.sqlite"
    assert dashboard_environment("c.sqlite") == {} == dashboard_environment(None)


def test_a_relay_finds_the_next_free_port_and_says_when_there_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The wanted port is used by another: the next one; nothing at all free: which address."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert dashboard_module._free_port("127.0.0.1", port) != port

    class Full(socket.socket):
        def bind(self, _address: object) -> None:
            raise OSError("address already in use")

    monkeypatch.setattr(socket, "socket", Full)
    with pytest.raises(OSError, match=r"no free port on 127\.0\.0\.1"):
        dashboard_module._free_port("127.0.0.1", 9)


PROGRAM = [sys.executable, "-c", "import sys, time; print('a word', flush=True); time.sleep(60)"]
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to ignore")
def test_a_page_that_does_not_end_is_made_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked first, then killed; the block's own error comes out as it is."""
    monkeypatch.setattr(dashboard_module, "END_S", 0.2)
    process = subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == b"deaf\n"
        dashboard_module.ended(process)
    assert process.returncode == -9


def test_a_page_ends_with_its_block_from_any_thread(tmp_path: Path) -> None:
    """Started beside the main thread, where no signal can be caught, it ends all the same."""
    words = tmp_path / "words"

    def block() -> int | None:
        with words.open("wb") as stderr, dashboard_process(PROGRAM, stderr) as process:
            assert process.poll() is None
        return process.returncode

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(block).result(30.0) not in (None, 0)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyError, match="mine"), dashboard_process(PROGRAM) as process:
        raise KeyError("mine")
    assert process.returncode is not None
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_a_sigterm_ends_the_block_as_ctrl_c_does() -> None:
    """Whoever stops the command stops the page with it."""
    with pytest.raises(KeyboardInterrupt), dashboard_process(PROGRAM) as process:
        signal.raise_signal(signal.SIGTERM)
    assert process.returncode is not None
