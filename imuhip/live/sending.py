"""Which other programs get the numbers live: by Lab Streaming Layer, by OSC, by both or neither."""

from collections.abc import Callable
from dataclasses import dataclass

from imuhip.core.extras import need
from imuhip.core.records import Header
from imuhip.live.lsl import Broadcast
from imuhip.live.osc import Messages, OscTarget
from imuhip.live.outside_clock import TimedStages
from imuhip.pipeline.all_sensors import Params, Pipeline


@dataclass(frozen=True, slots=True)
class Sending:
    """What is sent, beside what the hub serves.

    Parameters
    ----------
    lsl
        Angles, samples and marks by Lab Streaming Layer.
    osc
        Who gets angles and marks by OSC; None sends none.
    """

    lsl: bool = False
    osc: OscTarget | None = None

    def __bool__(self) -> bool:
        """Whether anything is sent."""
        return self.lsl or self.osc is not None

    def stages(
        self, *, live: bool, params: Params | None = None
    ) -> Callable[[Header], TimedStages]:
        """Return what makes the stages of a recording whose numbers are sent.

        Raises
        ------
        ImuhipError
            Where a library is not installed: at once, not when the recording begins.
        """
        if self.lsl:
            need("pylsl")
        if self.osc is not None:
            need("pythonosc")

        def made(header: Header) -> TimedStages:
            pipeline = Pipeline(header, params)
            stages: TimedStages = pipeline
            if self.lsl:
                stages = Broadcast(header, pipeline, live=live)
            return stages if self.osc is None else Messages(stages, self.osc, live=live)

        return made
