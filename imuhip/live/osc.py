"""Angles and marks as they come, by Open Sound Control over UDP: for music, light and games.

A `Messages` stands around a pipeline and changes nothing of what it gives. Each grid time is one
bundle, its time tag when that *happened*, in UTC; what is unknown is NaN and says so by a 0.

==================================  ==========  =================================================
address                             type tags   arguments
==================================  ==========  =================================================
``/imuhip/t``                       ``f``       seconds of the session
``/imuhip/hip/<side>/<angle>``      ``ffi``     degrees, one standard deviation in degrees, known
``/imuhip/pelvis/<angle>``          ``fi``      degrees, known
``/imuhip/pelvis/speed``            ``fi``      degrees a second, known
``/imuhip/mark``                    ``s``       the label
==================================  ==========  =================================================

python-osc is an extra, imported when it is asked for.
"""

import logging
import math
import socket
import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from imuhip.core.conventions import HIP_ANGLES, PELVIS_ANGLES, SIDES
from imuhip.core.errors import ImuhipError
from imuhip.core.extras import need
from imuhip.core.records import Array, Mark, Record
from imuhip.live.outside_clock import SentStages, TimedStages
from imuhip.live.protocol import COLUMNS, rows_from_output
from imuhip.live.publishing import Output

_log = logging.getLogger(__name__)


class OscTarget(NamedTuple):
    """Where messages go: an address in numbers, and a UDP port."""

    host: str
    port: int

    @classmethod
    def from_text(cls, text: str) -> "OscTarget":
        """Return the target that ``HOST:PORT`` names; a port alone is on this machine.

        Raises
        ------
        ImuhipError
            If it is no host and port, or nobody knows the host.
        """
        host, _, port = text.strip().rpartition(":")
        host = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
        if not (port.isascii() and port.isdecimal() and 0 < int(port) <= _LAST_PORT):
            raise ImuhipError(
                f"{text!r} is no host and port. Name them like 127.0.0.1:9000, or a port alone."
            )
        try:
            found = socket.getaddrinfo(host, int(port), type=socket.SOCK_DGRAM)
        except (OSError, UnicodeError) as error:
            raise ImuhipError(
                f"Nothing is known of the host {host!r}. Check its name, or give its address in "
                "numbers, such as 192.168.1.20:9000."
            ) from error
        return cls(str(found[0][4][0]), int(port))


class Messages(SentStages):
    """Stages whose angles and marks also go out by OSC.

    Parameters
    ----------
    stages
        A fresh pipeline, or what stands around one.
    target
        Who gets them.
    live
        The records come from this machine's clock, now; else they are a replay at its own speed,
        tagged as if it happened now.

    Raises
    ------
    ImuhipError
        Where python-osc is not installed.
    """

    def __init__(self, stages: TimedStages, target: OscTarget, *, live: bool) -> None:
        self._bundles = need("pythonosc.osc_bundle_builder")
        self._messages = need("pythonosc.osc_message_builder")
        self._client = need("pythonosc.udp_client").UDPClient(*target, allow_broadcast=True)
        super().__init__(stages, time.time, live=live)
        self._target = target
        self._failed = False

    def finish(self) -> Output:
        """End, and send what was left."""
        output = super().finish()
        self._client.close()
        return output

    def _send(
        self, output: Output, batch: Sequence[Record], origin_ns: int, shift_s: float
    ) -> None:
        for row in rows_from_output(output):
            self._bundle(float(row[0]) + shift_s, _messages_of(row))
        for record in batch:
            if isinstance(record, Mark):
                t = (record.host_ns - origin_ns) / 1e9 + shift_s
                self._bundle(t, [("/imuhip/mark", "s", (record.label,))])

    def _bundle(self, utc_s: float, messages: Sequence["_Message"]) -> None:
        """Send messages that belong to one time."""
        bundle = self._bundles.OscBundleBuilder(utc_s)
        for address, tags, values in messages:
            message = self._messages.OscMessageBuilder(address)
            for tag, value in zip(tags, values, strict=True):
                message.add_arg(value, tag)
            bundle.add_content(message.build())
        try:
            self._client.send(bundle.build())
        except OSError as error:
            self._say_once(error)

    def _say_once(self, error: OSError) -> None:
        """A listener that cannot be reached never ends a recording."""
        if not self._failed:
            host, port = self._target
            _log.warning("OSC to %s:%d is not sent: %s", host, port, error.strerror or error)
        self._failed = True


def _messages_of(row: Array) -> list["_Message"]:
    """What a row of `COLUMNS` says, as messages."""
    of = dict(zip(COLUMNS, row.tolist(), strict=True))
    said: list[_Message] = [("/imuhip/t", "f", (of["t"],))]
    for side in SIDES:
        for angle in HIP_ANGLES:
            value = of[f"hip_{angle}_{side}_deg"]
            sd = of[f"hip_{angle}_{side}_sd_deg"]
            said.append((f"/imuhip/hip/{side}/{angle}", "ffi", (value, sd, _known(value))))
    for angle in PELVIS_ANGLES:
        value = of[f"pelvis_{angle}_deg"]
        said.append((f"/imuhip/pelvis/{angle}", "fi", (value, _known(value))))
    speed = of["pelvis_speed_deg_s"]
    said.append(("/imuhip/pelvis/speed", "fi", (speed, _known(speed))))
    return said


def _known(value: float) -> int:
    return int(math.isfinite(value))


_Message = tuple[str, str, tuple[Any, ...]]
"""Address, type tags and arguments."""

_LAST_PORT: Final = 65_535
