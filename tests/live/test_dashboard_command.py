import ast
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.server.settings import Settings, settings_from_arguments
from imuhip.core.resources import dashboard_folder
from imuhip.live.dashboard import dashboard_command, dashboard_url

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
