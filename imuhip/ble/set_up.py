"""Writes the set-up and start steps of a profile to a sensor, and checks its answers."""

import asyncio
from collections.abc import Mapping
from typing import Final

from imuhip.ble.radio import Connection
from imuhip.core.errors import DeviceError
from imuhip.devices.profile_nouns import Profile, Step


class Answers:
    """Holds the notifications that may answer the step at hand; `offer` costs next to nothing."""

    def __init__(self) -> None:
        self._from: str | None = None
        self._came: asyncio.Queue[bytes] = asyncio.Queue()

    def offer(self, uuid: str, data: bytes) -> None:
        """Take a notification if a step waits for one from there."""
        if uuid == self._from:
            self._came.put_nowait(data)

    def expect(self, uuid: str) -> None:
        """Forget what came before; from now on an answer comes from `uuid`."""
        self._from, self._came = uuid, asyncio.Queue()

    def done(self) -> None:
        """Expect nothing more."""
        self._from = None

    async def get(self) -> bytes:
        """Return the next candidate."""
        return await self._came.get()


async def perform(
    connection: Connection,
    profile: Profile,
    step: Step,
    name: str,
    rate_code: bytes,
    answers: Answers,
) -> Mapping[str, str]:
    """Do one step; what was written and answered, for the recording.

    Parameters
    ----------
    name
        How messages call the step, such as ``start step 1``.
    answers
        Where notifications of the characteristic that answers are offered.

    Raises
    ------
    DeviceError
        When the device refuses, does not answer, or answers something else.
    """
    payload = step.payload(rate_code)
    detail = {"step": name, "characteristic": step.characteristic}
    waits = step.answer is not None and step.answer_by == "notify"
    if waits:
        answers.expect(step.answer_from)
    try:
        if payload is not None:
            await connection.write(step.characteristic, payload, response=step.response)
            detail["written"] = payload.hex(" ")
        if waits:
            samples = profile.stream_of(step.answer_from) is not None
            detail["answer"] = (await _answer(step, name, payload, answers, samples=samples)).hex(
                " "
            )
    finally:
        answers.done()
    if step.answer_by == "read" and (step.answer is not None or payload is None):
        came = await connection.read(step.answer_from)
        if not step.accepts(came):
            raise _refused(step, name, payload, f"got {came.hex(' ') or 'nothing'}")
        detail["answer"] = came.hex(" ")
    if step.delay:
        await asyncio.sleep(step.delay)
    return detail


async def _answer(
    step: Step, name: str, payload: bytes | None, answers: Answers, *, samples: bool
) -> bytes:
    """The answer expected; where samples come on the same characteristic, they are passed over."""
    latest = b""
    try:
        async with asyncio.timeout(step.timeout):
            while True:
                latest = await answers.get()
                if step.accepts(latest):
                    return latest
                if not samples:
                    break
    except TimeoutError:
        came = f"got {latest.hex(' ')}" if latest else "got no answer"
        raise _refused(step, name, payload, f"{came} within {step.timeout:g} s") from None
    raise _refused(step, name, payload, f"got {latest.hex(' ') or 'an empty one'}")


def _refused(step: Step, name: str, payload: bytes | None, came: str) -> DeviceError:
    """Which step, what was expected, what came, what to do."""
    wanted = "" if step.answer is None else step.answer.hex(" ")
    mask = "" if set(step.mask) <= {0xFF} else f" under the mask {step.mask.hex(' ')}"
    said = f"wrote {payload.hex(' ')} to" if payload is not None else "asked"
    return DeviceError(
        f"{name}: {said} {step.characteristic}, expected {wanted}{mask} from {step.answer_from}, "
        f"{came}. {_ADVICE}"
    )


def steps_of(profile: Profile, order: str) -> list[tuple[str, Step]]:
    """The steps of set-up and start that come before or after subscribing, with their names."""
    named = [(f"setup step {k}", step) for k, step in enumerate(profile.setup, 1)]
    named += [(f"start step {k}", step) for k, step in enumerate(profile.start, 1)]
    return [(name, step) for name, step in named if step.order == order]


_ADVICE: Final = (
    "Check that profile and firmware belong together and that the sensor has this rate; "
    "switching the sensor off and on may help."
)


USUAL_HZ: Final = 100.0
"""Faster than any movement of the hip, and what every part of imuhip was measured at."""


def chosen_rate(profile: Profile, wanted: float | None) -> float:
    """The rate asked for; without one, the offered rate nearest to 100 Hz."""
    if wanted is not None:
        profile.rate_code(wanted)  # refuses a rate that the device does not have
        return wanted
    return min(profile.rates, key=lambda rate: (abs(rate - USUAL_HZ), rate), default=USUAL_HZ)
