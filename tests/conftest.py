"""What all tests share: the folder of helpers, and where the real data lies."""

import sys
from pathlib import Path

import hypothesis
import pytest

sys.path.insert(0, str(Path(__file__).parent))

# A busy machine is no mistake: no example fails for the time it took.
hypothesis.settings.register_profile("imuhip", deadline=None)
hypothesis.settings.load_profile("imuhip")

pytest_plugins = ["support.small_recordings"]

DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real recordings, which is no part of the project."""
    if not DATA.is_dir():
        pytest.skip("the real recordings in ../shared/data are not on this machine")
    return DATA
