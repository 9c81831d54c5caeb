"""Sessions to try the Python API on; the user's own cache is never touched."""

import pytest
from support.result_folders import results_folder

import imuhip
from imuhip.api import cache as kept
from imuhip.simulate.output import write, write_folder
from imuhip.simulate.session import simulate


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """A cache of the test's own in the place of the user's."""
    place = tmp_path_factory.mktemp("cache") / "analyses"
    monkeypatch.setattr("imuhip.api.reading.user_cache", lambda: place)
    return place


@pytest.fixture(scope="session")
def squats(tmp_path_factory):
    """A recording of squats."""
    path = tmp_path_factory.mktemp("squats") / "squats.mcap"
    write(simulate("squat", seed=21, grade="good"), path)
    return path


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A folder of sensor files."""
    path = tmp_path_factory.mktemp("folders") / "monday"
    write_folder(simulate("squat", seed=21, grade="good"), path)
    return path


@pytest.fixture(scope="session")
def session(squats, tmp_path_factory):
    """The squats, analyzed."""
    found = imuhip.read(squats, cache=tmp_path_factory.mktemp("kept"))
    assert found.results
    return found


@pytest.fixture
def random_results(tmp_path):
    """A small result folder with a gap."""
    return results_folder(tmp_path / "results")


@pytest.fixture
def analyses(monkeypatch):
    """Counts the analyses that are really calculated."""
    done = []
    real = kept.analyze

    def counting(recording, target, *args, **kwargs):
        done.append(recording)
        return real(recording, target, *args, **kwargs)

    monkeypatch.setattr(kept, "analyze", counting)
    return done
