"""The engines of a batch by themselves: killed workers, threads, a library that is not there."""

import os
import sys

import pytest
from support.batch_tasks import Environment, Killed, Mistake, Refused, Square

from imuhip.batch.dask_engine import DaskEngine
from imuhip.batch.engines import ONE_THREAD, Failed, LocalEngine
from imuhip.core.errors import ImuhipError


@pytest.mark.parametrize("name", ["local", "dask"])
def test_a_killed_process_costs_its_own_task_alone(name, tmp_path):
    """A process killed once is replaced; killed twice, its task is given up; nothing hangs."""
    for folder in ("once", "always"):
        (tmp_path / folder).mkdir()
    tasks = [Square(i) for i in range(8)]
    tasks[2:2] = [Killed(tmp_path / "once", 1), Killed(tmp_path / "always", 99)]
    tasks += [Refused(), Mistake()]
    with LocalEngine(2) if name == "local" else DaskEngine(None, 2) as engine:
        came = dict(engine.run(enumerate(tasks)))
    assert len(came) == len(tasks)
    assert [came[i] for i in (0, 1, *range(4, 10))] == [i**2 for i in range(8)]
    assert came[2] == 1
    assert isinstance(came[3], Failed)
    assert "killed twice" in came[3].reason
    assert len(list((tmp_path / "always").iterdir())) == 2
    assert came[10] == Failed("this one is bad")
    assert "KeyError" in came[11].reason


def test_a_worker_has_one_thread_for_arithmetic(monkeypatch):
    """The libraries of arithmetic use one thread in the workers, and in this process nothing."""
    for name in ONE_THREAD:
        monkeypatch.setenv(name, "5")
    monkeypatch.delenv("OMP_NUM_THREADS")
    with LocalEngine(1) as engine:
        came = dict(engine.run([(0, Environment(tuple(ONE_THREAD)))]))
    assert came == {0: ["1"] * len(ONE_THREAD)}
    assert {os.environ.get(name) for name in ONE_THREAD} == {None, "5"}


def test_without_dask_the_words_to_install_it(monkeypatch):
    """Where Dask is not installed, the error says how to get it."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImuhipError, match=r"pip install 'imuhip\[cluster\]'"):
        DaskEngine(None, 1)
