"""Sends what a pipeline gives to the viewers: the same way for active recordings and replays."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from imuhip.assess.assessor import Assessment
from imuhip.core.records import Header, Mark, Record
from imuhip.live.events import Events, FaultEvents, events_from_output
from imuhip.live.hub import LiveHub
from imuhip.live.protocol import Frames, hello, rows_from_output, settings_of


class Output(Frames, Events, Protocol):
    """What a push gives: `Output` of the pipeline keeps this promise."""


class Publisher:
    """Frames and events of one session for a hub; its viewers begin a new session.

    Parameters
    ----------
    hub
        Where they go.
    header
        Of the recording.
    stream
        Names this run of the session.
    session
        A label for people.
    source
        ``live`` or ``replay``.

    Attributes
    ----------
    t
        How far the viewers have seen the session, seconds.
    assessed
        What it has shown so far.
    accepted
        Calibration steps that were accepted.
    """

    def __init__(
        self, hub: LiveHub, header: Header, *, stream: str, session: str, source: str
    ) -> None:
        self.t = 0.0
        self.assessed = Assessment()
        self.accepted: frozenset[str] = frozenset()
        self._hub = hub
        self._faults = FaultEvents()
        hub.begin(hello(stream, session, source, settings_of(header), header.athlete))

    def publish(self, output: Output, stamp_unix_ns: float, records: Sequence[Record] = ()) -> None:
        """Hand over what a push gave, and the marks among the records that were pushed.

        Parameters
        ----------
        stamp_unix_ns
            When the notification that completed the newest row reached the host; NaN if nobody
            knows.
        """
        rows = rows_from_output(output)
        if len(rows):
            self.t = float(rows[-1, 0])
        self._hub.publish(rows, stamp_unix_ns=stamp_unix_ns)
        for fault in self._faults.push(output.faults):
            self._announce("fault", {"fault": fault})
        self.assessed += output
        self.accepted |= {step.step for step in output.steps if step.accepted}
        for kind, payload in events_from_output(output):
            self._announce(kind, payload)
        for record in records:
            if isinstance(record, Mark):
                self._announce("mark", {"label": record.label})

    def _announce(self, kind: str, payload: Mapping[str, Any]) -> None:
        """Tell an event, with the session time that the viewers have seen by now."""
        self._hub.announce(kind, {"t": self.t, **payload})
