"""Polar's PMD service: acc and gyr come in notifications of their own and are paired by time.

A frame stamps its last sample. The others lie evenly between it and the last sample of the frame
before, as in Polar's own software; where frames are missing in between, at the spacing measured
last. The sensor's rate is its own (52 Hz are 52.9), so the spacing is measured and not assumed.

A gyr sample is given once acc samples on both sides of it are there, with acc interpolated on a
straight line between them. Where acc is missing, it is not made up: such gyr samples are left out
and reported.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from imuhip.core.records import Array, BoolArray, DecodedBlock, Packet, PacketFault
from imuhip.devices.decoders.contract import foreign_faults, ignored, no_samples
from imuhip.devices.decoders.pmd_frames import STAMP_MASK, Frame, parse_frame
from imuhip.devices.profile_nouns import Profile
from imuhip.devices.reading import on_case_axes


class _Track:
    """Samples of one kind that still wait: times in ns, ``(n, 3)`` values, whether at an end."""

    def __init__(self, spacing_ns: float) -> None:
        self.t = np.zeros(0)
        self.values = np.zeros((0, 3))
        self.saturated = np.zeros(0, dtype=np.bool_)
        self.last_ns: int | None = None
        self._spacing_ns = spacing_ns

    def add(self, frame: Frame, end_ns: int) -> None:
        """Add the samples of a frame whose last one was at `end_ns`."""
        count = len(frame.values)
        places = np.arange(1, count + 1)
        if self.last_ns is not None:
            span = float(end_ns - self.last_ns)
            if abs(span / count / self._spacing_ns - 1.0) < _RATE_TOLERANCE:
                self._spacing_ns = span / count
        t = end_ns - (count - places) * self._spacing_ns
        if self.last_ns is not None:
            t = np.maximum(t, self.last_ns + places)
        self.last_ns = end_ns
        self.t = np.concatenate((self.t, t))
        self.values = np.concatenate((self.values, frame.values))
        self.saturated = np.concatenate((self.saturated, frame.saturated))

    def drop(self, count: int) -> None:
        """Forget the first `count` samples."""
        self.t, self.values = self.t[count:], self.values[count:]
        self.saturated = self.saturated[count:]


class PolarPmd:
    """Parses frames, gives their samples times, and marries acc to gyr."""

    def __init__(self, profile: Profile, rate_hz: float, settings: Mapping[str, float]) -> None:
        self._profile = profile
        self._spacing_ns = 1e9 / (rate_hz or _RATE_HZ)
        self._factors = {kind: settings.get(f"{kind}_factor") for kind in ("acc", "gyr")}
        self._epoch = 0
        self._forget()

    def _forget(self) -> None:
        self._tracks = {kind: _Track(self._spacing_ns) for kind in ("acc", "gyr")}
        self._first_acc = np.inf

    def push(self, packet: Packet) -> DecodedBlock:
        """Return the gyr samples that have acc on both sides now."""
        if not self._profile.streams_on(packet.characteristic):
            return no_samples(stamped=True, faults=foreign_faults(self._profile, packet))
        if packet.epoch != self._epoch:
            self._epoch = packet.epoch
            self._forget()
        faults: list[PacketFault] = []
        given: list[tuple[int, Array, Array, Array, BoolArray]] = []
        for row in range(len(packet)):
            payload = packet.notification(row)
            fault = self._take(payload)
            if fault is None:
                samples, fault = self._ready()
                given.append((row, *samples))
            if fault is not None:
                faults.append(PacketFault(row, *fault))
        return self._block(given, faults)

    def _take(self, payload: bytes) -> tuple[str, str] | None:
        """Add a notification's samples to those of its kind; kind and reason of a fault."""
        if ignored(self._profile.streams, payload):
            return None
        frame = parse_frame(payload, self._factors)
        if not isinstance(frame, Frame):
            return frame
        if not np.isfinite(frame.values).all():
            return "not_finite", "some numbers are not finite; the notification is left out"
        track = self._tracks[frame.kind]
        end_ns = frame.stamp_ns
        if track.last_ns is not None:
            ahead = (frame.stamp_ns - track.last_ns + _HALF) % (2 * _HALF) - _HALF
            end_ns = track.last_ns + ahead
            if -_REPEATED_NS < ahead < len(frame.values):
                return "out_of_order", "expected a stamp after the one before, got an earlier one"
            if ahead < 0:  # the sensor's calendar was set back: nothing before it counts
                self._forget()
                track, end_ns = self._tracks[frame.kind], frame.stamp_ns
        track.add(frame, end_ns)
        return None

    def _ready(self) -> tuple[tuple[Array, Array, Array, BoolArray], tuple[str, str] | None]:
        """Gyr samples up to the newest acc: ticks, acc, gyr, saturated; and a fault."""
        acc, gyr = self._tracks["acc"], self._tracks["gyr"]
        if len(acc.t):
            self._first_acc = min(self._first_acc, float(acc.t[0]))
        missing = self._too_old(gyr)
        count = int(np.searchsorted(gyr.t, acc.t[-1], side="right")) if len(acc.t) else 0
        t = gyr.t[:count]
        after = np.searchsorted(acc.t, t, side="left")
        before = np.maximum(after - 1, 0)
        here = acc.t[after] == t if count else np.zeros(0, dtype=np.bool_)
        span = acc.t[after] - acc.t[before] if count else np.zeros(0)
        good = here | ((after > 0) & (span <= _LARGEST_GAP * self._spacing_ns))
        missing += int(np.count_nonzero(~good & (t > self._first_acc)))
        t, after, before = t[good], after[good], before[good]
        share = np.ones(len(t))
        apart = after > before
        share[apart] = (t[apart] - acc.t[before][apart]) / span[good][apart]
        low, high = acc.values[before], acc.values[after]
        samples = (
            np.mod(t, float(STAMP_MASK + 1)),
            low + share[:, None] * (high - low),
            gyr.values[:count][good],
            gyr.saturated[:count][good] | acc.saturated[before] | acc.saturated[after],
        )
        gyr.drop(count)
        self._drop_used_acc(acc, gyr)
        fault = None
        if missing:
            fault = (
                "unmatched",
                f"expected acc on both sides of gyr, got none for {missing} samples",
            )
        return samples, fault

    def _too_old(self, gyr: _Track) -> int:
        """Leave out gyr samples that have waited too long for acc; how many."""
        if not len(gyr.t):
            return 0
        count = int(np.searchsorted(gyr.t, gyr.t[-1] - _PATIENCE_NS))
        gyr.drop(count)
        return count

    def _drop_used_acc(self, acc: _Track, gyr: _Track) -> None:
        """Forget acc before the last one that any later gyr sample can need."""
        if not len(acc.t):
            return
        oldest = acc.t[-1] - _PATIENCE_NS
        if gyr.last_ns is not None:
            oldest = max(oldest, min(float(gyr.last_ns), float(acc.t[-1])))
        acc.drop(max(int(np.searchsorted(acc.t, oldest, side="right")) - 1, 0))

    def _block(
        self, given: list[tuple[int, Array, Array, Array, BoolArray]], faults: list[PacketFault]
    ) -> DecodedBlock:
        given = [entry for entry in given if len(entry[1])]
        if not given:
            return no_samples(stamped=True, faults=faults)
        counts = [len(entry[1]) for entry in given]
        ticks, acc, gyr, saturated = (
            np.concatenate([entry[place] for entry in given]) for place in range(1, 5)
        )
        return DecodedBlock(
            row=np.repeat(np.array([entry[0] for entry in given], dtype=np.int64), counts),
            ticks=ticks,
            index=np.zeros(len(ticks), dtype=np.int64),
            counter=None,
            acc=on_case_axes(self._profile, acc),
            gyr=on_case_axes(self._profile, gyr),
            mag=None,
            quat=None,
            saturated=saturated,
            faults=tuple(faults),
        )


_RATE_HZ: Final = 52.0
_HALF: Final = (STAMP_MASK + 1) // 2
_RATE_TOLERANCE: Final = 0.06
"""How far a measured spacing may be from the one before; a lost frame makes it far longer."""
_LARGEST_GAP: Final = 1.5
"""Sample periods between two acc that may still be bridged; more is a lost frame."""
_PATIENCE_NS: Final = 5e9
"""How long a sample waits for the other kind."""
_REPEATED_NS: Final = 1_000_000_000
"""A stamp that goes back by less is a repeated or late frame; by more, a new setting."""
