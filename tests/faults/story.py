"""What goes wrong in one simulated session, drawn from a seed."""

import errno
from dataclasses import dataclass, field

import numpy as np
from faults.air import KINDS, Trouble
from faults.disk import GOOD_DISK, DiskPlan

PLACES = ("pelvis", "thigh_left", "thigh_right")


@dataclass(frozen=True, slots=True)
class Story:
    """One simulated session.

    Parameters
    ----------
    seed
        What it was drawn from.
    profile, rate_hz
        Of the three sensors.
    seconds
        How long the coach records.
    troubles
        What goes wrong in the air.
    disk
        How the disk behaves.
    push_s
        The longest that a piece of work in a thread takes.
    kills
        Seconds of the recording at which the file is looked at as if the program had been killed.
    viewers
        For each viewer, how long it takes to read a message; infinite for never.
    marks
        Seconds and labels of what the coach marks.
    pauses
        Seconds and lengths: the computer stands still.
    wall
        Seconds and steps: somebody sets the wall clock.
    refuses
        How often each sensor refuses to connect at first.
    never
        A sensor that never sends a sample; empty for none.
    stranger
        A place whose sensor has a namesake in reach.
    bluetooth
        From when and for how long there is no Bluetooth; nothing when always.
    stuck
        Sensors that, at the end, neither answer nor confirm.
    again
        Whether a second recording follows.
    left_running
        Whether the session ends in the middle of the recording, as by Ctrl-C.
    """

    seed: int
    profile: str = "reference"
    rate_hz: float = 100.0
    seconds: float = 6.0
    troubles: tuple[Trouble, ...] = ()
    disk: DiskPlan = GOOD_DISK
    push_s: float = 0.02
    kills: tuple[float, ...] = ()
    viewers: tuple[float, ...] = (0.0,)
    marks: tuple[tuple[float, str], ...] = ()
    pauses: tuple[tuple[float, float], ...] = ()
    wall: tuple[tuple[float, float], ...] = ()
    refuses: dict[str, int] = field(default_factory=dict)
    never: str = ""
    stranger: str = ""
    bluetooth: tuple[float, float] | None = None
    stuck: tuple[str, ...] = ()
    again: bool = False
    left_running: bool = False

    def __str__(self) -> str:
        head = f"seed {self.seed}: {self.profile} at {self.rate_hz:g} Hz, {self.seconds:.1f} s"
        lines = [f"{head}, work takes up to {self.push_s * 1e3:.0f} ms"]
        lines += sorted(map(str, self.troubles))
        lines += [str(self.disk)] if self.disk != GOOD_DISK else []
        lines += [f"{t:6.2f} s  the computer stands still for {s:.2f} s" for t, s in self.pauses]
        lines += [f"{t:6.2f} s  the wall clock is set by {s:+.0f} s" for t, s in self.wall]
        lines += [f"{t:6.2f} s  the coach marks {label}" for t, label in self.marks]
        lines += [f"{p} refuses {n} connections" for p, n in self.refuses.items()]
        lines += [f"{self.never} never sends a sample"] if self.never else []
        lines += [f"{self.stranger} has a namesake in reach"] if self.stranger else []
        if self.bluetooth:
            lines += ["{:6.2f} s  no Bluetooth for {:.2f} s".format(*self.bluetooth)]
        if self.stuck:
            lines += [f"{' and '.join(self.stuck)} never confirm anything at the end"]
        lines += [f"viewers that need {', '.join(f'{v:g} s' for v in self.viewers)} a message"]
        lines += ["a second recording follows"] * self.again
        lines += ["the session ends in the middle of the recording"] * self.left_running
        return "\n  ".join(lines)


def story_of(seed: int) -> Story:
    """Draw a story; the same seed draws the same one."""
    rng = np.random.default_rng([seed, 18])

    def chance(share: float) -> bool:
        return bool(rng.random() < share)

    profile, rates = _PROFILES[int(rng.choice(len(_PROFILES), p=_SHARES))]
    seconds = float(rng.uniform(3.0, 7.0))
    if chance(0.08):
        seconds = float(rng.uniform(12.0, 25.0))
    end = seconds - 0.5
    disk = GOOD_DISK
    if chance(0.3):
        disk = _disk(rng)
    return Story(
        seed,
        profile,
        float(rng.choice(rates)),
        seconds,
        tuple(_trouble(rng, end) for _ in range(int(rng.poisson(1.8)))),
        disk,
        push_s=float(rng.choice((0.03, 0.08, 0.15))),
        kills=tuple(float(t) for t in rng.uniform(0.8, seconds, 3)),
        viewers=tuple(float(rng.choice((0.0, 0.0, 0.2, 3.0, np.inf))) for _ in range(3))
        if chance(0.9)
        else (0.0,) * 40,
        marks=tuple(
            (float(rng.uniform(0.2, end)), str(label))
            for label in rng.choice(_LABELS, int(rng.integers(0, 4)))
        ),
        pauses=((float(rng.uniform(0.5, end)), float(rng.uniform(0.5, 4.0))),) * chance(0.12),
        wall=((float(rng.uniform(0.5, end)), float(rng.choice((3600, -3600, 7)))),) * chance(0.15),
        refuses={str(rng.choice(PLACES)): int(rng.integers(1, 4))} if chance(0.1) else {},
        never=str(rng.choice(PLACES[1:])) if chance(0.08) else "",
        stranger=str(rng.choice(PLACES)) if chance(0.1) else "",
        bluetooth=(float(rng.uniform(0.5, end)), float(rng.uniform(0.5, 3.0)))
        if chance(0.06)
        else None,
        stuck=tuple(p for p in PLACES if chance(0.6)) if chance(0.12) else (),
        again=chance(0.15),
        left_running=chance(0.2),
    )


def _trouble(rng: np.random.Generator, end: float) -> Trouble:
    kind = str(rng.choice([k for k in KINDS if k != "flat" or rng.random() < _RARE]))
    t = float(rng.uniform(0.3, max(end, 0.6)))
    low, high = _SECONDS.get(kind, (0.3, 2.0))
    size = 0.0
    if kind in _SIZES:
        size = float(rng.uniform(*_SIZES[kind]))
    return Trouble(kind, str(rng.choice(PLACES)), t, float(rng.uniform(low, high)), size)


def _disk(rng: np.random.Generator) -> DiskPlan:
    way = int(rng.integers(0, 4))
    if way == 0:
        code = int(rng.choice((errno.ENOSPC, errno.EIO, errno.EROFS)))
        call = str(rng.choice(("", "write", "fsync")))
        return DiskPlan(fails=int(rng.integers(1, 24)), code=code, call=call)
    if way == 1:
        return DiskPlan(room=int(rng.integers(500, 120_000)))
    if way == 2:
        return DiskPlan(slow_s=float(rng.choice((0.02, 0.2, 2.0))))
    return DiskPlan(short=True, slow_s=float(rng.choice((0.0, 0.1))))


_PROFILES = (
    ("reference", (100.0, 200.0)),
    ("movella_dot_mode20", (60.0,)),
    ("witmotion_wt901ble", (100.0,)),
    ("nordic_thingy52", (100.0,)),
)
_SHARES = (0.7, 0.12, 0.12, 0.06)
_LABELS = ("begin:squat", "end:squat", "begin:stand", "end:stand", "pain", "note:seen")
_SECONDS = {"flood": (0.05, 0.3), "stall": (0.05, 1.0), "mute": (0.5, 1.0)}
_SIZES = {"loss": (0.02, 0.5), "garbage": (5.0, 100.0), "flood": (5e3, 1e4), "flat": (3.0, 12.0)}
_RARE = 0.5
