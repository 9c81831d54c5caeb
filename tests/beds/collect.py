"""What tests of the collector share: kits of virtual sensors, and waiting for a condition."""

import asyncio
import time
from collections.abc import Callable, Sequence

from imuhip.ble.kit import Binding, Kit
from imuhip.ble.radio import Radio
from imuhip.core.records import Header, Record
from imuhip.pipeline.all_sensors import Output, Pipeline

PLACES = ("pelvis", "thigh_left", "thigh_right")


def kit_of(sensors: Sequence, name: str = "k", **more) -> Kit:
    """A kit of these virtual sensors."""
    bound = {
        s.sensor: Binding(s.profile.id, name=s.name, address=s.address, serial=s.serial)
        for s in sensors
    }
    return Kit(name, bound, **more)


def radio_of(bed) -> Radio:
    """The adapter of a bed."""
    return Radio(scanner_backend=bed.scanner_backend, client_backend=bed.client_backend)


async def until(condition: Callable[[], object], timeout: float = 20.0, words: str = "") -> None:
    """Wait until the condition holds; fail after a while."""
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, f"waited {timeout} s in vain {words}"
        await asyncio.sleep(0.01)


class Watched(Pipeline):
    """A pipeline that remembers what it gave, and when."""

    made: list["Watched"]

    def __init__(self, header: Header) -> None:
        super().__init__(header)
        self.outputs: list[Output] = []
        self.pushes: list[tuple[int, list[Record]]] = []

    def push(self, batch: Sequence[Record]) -> Output:
        """Push, and remember."""
        output = super().push(batch)
        self.pushes.append((time.monotonic_ns(), list(batch)))
        self.outputs.append(output)
        return output

    def finish(self) -> Output:
        """Finish, and remember."""
        output = super().finish()
        self.outputs.append(output)
        return output


class Workshop:
    """Makes watched pipelines and keeps those made."""

    def __init__(self) -> None:
        self.made: list[Watched] = []

    def __call__(self, header: Header) -> Watched:
        """Make one."""
        self.made.append(Watched(header))
        return self.made[-1]
