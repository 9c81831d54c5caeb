"""What a session may have besides its scenario: performance, mounts, link, faults, skin."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from imuhip.core.conventions import SIDES, Side
from imuhip.simulate.behaviours import LINKS, People
from imuhip.simulate.faults import with_faults
from imuhip.simulate.performance import Performance
from imuhip.simulate.radio import Radio
from imuhip.simulate.sensors import Grade
from imuhip.simulate.skin import SoftTissue
from imuhip.simulate.worn import StrapSlip


@dataclass(frozen=True, slots=True)
class Setup:
    """What a session may have besides its scenario; the defaults are a plain one.

    Parameters
    ----------
    imprecision
        Factor on all human deviations from straight, upright and still.
    mounting
        ``any`` rotation on the segment, or the ``usual`` one, which the header then declares.
    per_packet
        Samples a notification, where the profile can batch.
    radio, errors
        In place of those of the grade.
    radio_gaps
        ``(sensor, t, duration)``: the connection is lost, and made again.
    wrap_s
        Device stamps and counters pass the end of their range after so many seconds; by chance
        if None.
    soft_tissue, slips
        Skin over bone; straps that turn.
    swapped
        The two thigh sensors sit on each other's leg.
    upside_down
        Sensors that sit upside down against their declared mount.
    quarter_turned
        Sensors that sit turned by 90° on the skin against it.
    stands_again_deg
        How differently the athlete stands when asked to stand as at the start: standard deviation
        of each leg's rotation; inclinations differ by half of it.
    performance
        Repetitions, tempo, fatigue, compensations, marks.
    people
        What people do besides; None is the plain athlete, but for the scenario ``free``.
    """

    imprecision: float = 1.0
    mounting: Literal["any", "usual"] = "any"
    per_packet: int = 1
    radio: Radio | None = None
    errors: Grade | None = None
    radio_gaps: tuple[tuple[str, float, float], ...] = ()
    wrap_s: float | None = None
    soft_tissue: SoftTissue | None = None
    slips: tuple[StrapSlip, ...] = ()
    swapped: bool = False
    upside_down: tuple[str, ...] = ()
    quarter_turned: tuple[str, ...] = ()
    stands_again_deg: float = 0.0
    performance: Performance = field(default_factory=Performance)
    people: People | None = None


def setup_from(
    scenario: str,
    *,
    tray: bool = True,
    link: str | None = None,
    tissue: bool = False,
    careless: Sequence[str] = (),
    without: Sequence[str] = (),
    faults: Sequence[str] = (),
    hips: Sequence[str] = (),
    equal_sides: bool = False,
) -> Setup:
    """Return the setup that words on a command line ask for.

    Parameters
    ----------
    scenario
        As in `session.simulate`; `link`, `tissue`, `careless` and `without` are about the people
        of ``free``.
    tray
        The calibration begins in the tray.
    link, tissue, careless, without
        As in `People`; a `link` of None is People's own.
    faults
        As in `faults.with_faults`.
    hips
        ``left=5/56``: how far that hip turns in and out on the table, degrees.
    equal_sides
        As in `Performance`.

    Raises
    ------
    ValueError
        When there are no such people, or none in the scenario.
    """
    performance = Performance(tray=tray, equal_sides=equal_sides, hips=_hips(hips))
    performance = with_faults(performance, faults)
    if "free" not in scenario.split("+"):
        if link or tissue or careless or without:
            raise ValueError(
                "link, tissue, careless and without apply to the scenario free only. Simulate free."
            )
        return Setup(performance=performance)
    known = next((each for each in LINKS if each == (link or People().link)), None)
    if known is None:
        raise ValueError(f"There is no link {link!r}. Choose one of {', '.join(LINKS)}.")
    people = People(frozenset(without), tuple(careless), link=known, tissue=tissue)
    return Setup(performance=performance, people=people)


def _hips(texts: Sequence[str]) -> dict[Side, tuple[float, float]]:
    """Side to how far the hip turns in and out."""
    found: dict[Side, tuple[float, float]] = {}
    for text in texts:
        name, _, turns = text.partition("=")
        side = next((each for each in SIDES if each == name), None)
        try:
            inward, outward = (float(each) for each in turns.split("/"))
        except ValueError:
            side = None
        if side is None:
            raise ValueError(f"{text}: write a side and its turns in and out, as in left=5/56.")
        found[side] = (inward, outward)
    return found
