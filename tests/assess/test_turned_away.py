"""Whoever trains facing away from where they calibrated is judged as whoever does not."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from imuhip.core.findings import Finding
from imuhip.pipeline.all_sensors import Output, Pipeline
from imuhip.simulate import scenarios
from imuhip.simulate.director import Director
from imuhip.simulate.movements_pivot import pivot
from imuhip.simulate.movements_squat import squat
from imuhip.simulate.session import simulate
from imuhip.simulate.setup import Setup

OF_THE_PELVIS = ("pelvic_twist", "hip_shift", "pelvis_follows_pivot")


def turn_by(deg: float) -> scenarios.Step:
    """A step in which the athlete turns on the spot."""

    def step(director: Director) -> None:
        director.move(7.0, 0.0, None, {"turn": (deg,)})
        director.wait(8.5)

    return step


def outputs_of(
    patch: pytest.MonkeyPatch, steps: Sequence[scenarios.Step], seed: int = 13
) -> list[Output]:
    """What a session of these steps gives."""
    patch.setattr(scenarios, "SCENARIOS", {**scenarios.SCENARIOS, "turned": tuple(steps)})
    session = simulate("turned", seed=seed, setup=Setup(mounting="usual"))
    pipeline = Pipeline(session.header, last_word=True)
    return [*(pipeline.push(batch) for batch in session.batches()), pipeline.finish()]


def findings_of(outputs: Sequence[Output]) -> dict[tuple[str, str], Finding]:
    """The last word on each rule and side."""
    return {(f.rule, f.side): f for out in outputs for f in out.findings}


@pytest.fixture(scope="module")
def ahead() -> dict[tuple[str, str], Finding]:
    """The findings of who faces where the calibration was done."""
    with pytest.MonkeyPatch.context() as patch:
        return findings_of(outputs_of(patch, (squat, pivot)))


@pytest.mark.parametrize("deg", [179.5, -178.0, 540.0])
def test_squats_and_pivots_at_any_heading_are_judged_alike(
    monkeypatch: pytest.MonkeyPatch, ahead: dict[tuple[str, str], Finding], deg: float
) -> None:
    """Where a heading passes 180° nothing of the pelvis is found that was not there ahead."""
    turned = findings_of(outputs_of(monkeypatch, (turn_by(deg), squat, pivot)))
    pelvis = {key for key in ahead if key[0] in OF_THE_PELVIS}
    assert {rule for rule, _ in pelvis} == set(OF_THE_PELVIS)
    for key in pelvis:
        assert turned[key].grade == ahead[key].grade == "none", key
        assert turned[key].value == pytest.approx(ahead[key].value, abs=3.0), key
        assert turned[key].mdc == pytest.approx(ahead[key].mdc, abs=1.0), key


def test_the_pelvis_turns_on_past_half_a_turn_without_a_jump(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One and a half turns are rows that follow each other, for plots and for exports."""
    outputs = outputs_of(monkeypatch, (turn_by(540.0), squat))
    blocks = [out.angles for out in outputs if len(out.angles.t)]
    turns = np.degrees(np.concatenate([block.pelvis[:, 2] for block in blocks]))
    known = turns[np.isfinite(turns)]
    assert max(abs(b - a) for a, b in pairwise(known)) < 20.0
    assert np.ptp(known) > 500.0
