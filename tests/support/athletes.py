"""Athletes of known truth through the whole pipeline: what their hips can, and what is told."""

from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch

from imuhip.pipeline.all_sensors import Pipeline
from imuhip.results.assessment import latest_findings
from imuhip.simulate import session as simulator
from imuhip.simulate.performance import Performance
from imuhip.simulate.person import draw_person
from imuhip.simulate.session import Setup, simulate


@contextmanager
def hips(table_deg, **leg):
    """Every simulated athlete turns in and out by so much on the table: side to (in, out)."""

    def drawn(rng, imprecision):
        person = draw_person(rng, imprecision)
        legs = {
            side: replace(person.legs[side], table_deg=table_deg[side], **leg)
            for side in person.legs
        }
        return replace(person, legs=legs)

    with patch.object(simulator, "draw_person", drawn):
        yield


class AssessedSession:
    """All that comes out of a session."""

    def __init__(self, played, settings=None):
        header = replace(played.header, parameters={"assess": settings or {}})
        pipeline = Pipeline(header, last_word=True)
        outs = [pipeline.push(batch) for batch in played.batches(20.0)]
        outs.append(pipeline.finish())
        self.repetitions = [r for out in outs for r in out.repetitions]
        self.findings = latest_findings([f for out in outs for f in out.findings])
        self.notes = [n for out in outs for n in out.notes]

    def found(self, rule):
        """What a rule found, mild or marked."""
        return [f for f in self.findings if f.rule == rule and f.grade in ("mild", "marked")]


def assessed(
    scenario, table_deg=None, *, seed=5, grade="good", settings=None, sets=1, **performance
):
    """Simulate an athlete and assess the session."""
    setup = Setup(performance=Performance(**performance))
    if table_deg is None:
        played = simulate(scenario, seed=seed, grade=grade, sets=sets, setup=setup)
    else:
        with hips(table_deg):
            played = simulate(scenario, seed=seed, grade=grade, sets=sets, setup=setup)
    return AssessedSession(played, settings=settings)
