"""A session: what a recording or a folder of results holds, worked out when it is asked for."""

import math
from dataclasses import dataclass, fields, replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imuhip.api.angles import Angles
from imuhip.api.cache import Cache, Settings
from imuhip.api.repetitions import Repetitions
from imuhip.core.errors import RecordingError
from imuhip.core.extras import need
from imuhip.core.findings import Finding
from imuhip.core.records import Fault
from imuhip.recording.reader import RecordingReader
from imuhip.results.exporters.formats import FORMATS, Export, export_results, format_of
from imuhip.results.samples import read_samples
from imuhip.results.schemas import Results, read_results

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Source:
    """Where a session comes from: a recording, or a folder of results.

    Parameters
    ----------
    path
        What the user gave.
    recording, results
        One of them.
    warnings
        What looked odd when it was imported.
    """

    path: Path
    recording: Path | None = None
    results: Path | None = None
    warnings: tuple[str, ...] = ()


class Session:
    """One session of one athlete; made by `imuhip.read`, `imuhip.analyze` and `imuhip.sample`.

    Tables are pandas data frames of their own: to change one changes no other. Angles are degrees,
    times seconds of the session; what is not known is NaN.
    """

    def __init__(self, source: Source, settings: Settings, cache: Cache) -> None:
        self._source, self._settings, self._cache = source, settings, cache

    def __repr__(self) -> str:
        done = "analyzed" if "results" in self.__dict__ else "not analyzed yet"
        return f"<imuhip.Session {self._source.path.name}, {done}>"

    def with_settings(self, settings: Settings) -> "Session":
        """The same recording with other settings, not analyzed yet.

        Raises
        ------
        RecordingError
            When there is no recording to analyze.
        """
        if self._source.recording is None:
            raise RecordingError(
                "these are results, and their recording is not here; read the recording to analyze "
                "it with other parameters",
                path=self._source.path,
            )
        return Session(self._source, settings, self._cache)

    @cached_property
    def results(self) -> Results:
        """Everything, as `imuhip analyze` writes it: Arrow tables and JSON; analyzes if need be."""
        source = self._source
        if source.recording is None:
            return read_results(source.path)
        found = self._cache.results(source.recording, self._settings)
        # The same bytes may have been analyzed under another name.
        return replace(found, session=found.session | {"recording": source.recording.name})

    # --- about -----------------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """What was read."""
        return self._source.path

    @property
    def recording(self) -> Path | None:
        """The recording; None for a folder of results."""
        return self._source.recording

    @property
    def params(self) -> Any:
        """Settings of the analysis: `imuhip.Params`; of results, a dictionary."""
        if self._source.recording is None:
            return self.results.session["parameters"]["analysis"]
        return self._settings.params

    @cached_property
    def athlete(self) -> str:
        """Pseudonymous id; empty when unknown."""
        return self._said("athlete")

    @cached_property
    def started(self) -> str:
        """When it began, ISO 8601; empty when unknown."""
        return self._said("started")

    @property
    def grade(self) -> str:
        """Of the calibration: good, fair, poor or none."""
        return str(self.results.calibration["grade"])

    @property
    def calibration(self) -> dict[str, Any]:
        """Steps with every gate, placement, and words for the coach."""
        return dict(self.results.calibration)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for the user, of the import and of the calibration."""
        return (*self._source.warnings, *self.results.calibration.get("words", ()))

    # --- data ------------------------------------------------------------------------------------

    @property
    def angles(self) -> Angles:
        """Hip and pelvis angles, 100 a second."""
        return Angles(self.results)

    @property
    def orientations(self) -> "pd.DataFrame":
        """Each sensor's orientation, earth from sensor: t, sensor, qw, qx, qy, qz, valid."""
        return _frame(self.results.sensors)

    @cached_property
    def _samples(self) -> dict[str, "pd.DataFrame"]:
        pd = need("pandas")
        if self._source.recording is None:
            raise RecordingError(
                "these are results, which hold no samples; read the recording",
                path=self._source.path,
            )
        tables = {}
        for sensor, each in read_samples(self._source.recording).items():
            columns = {"t": each.t}
            for name, values in (("acc", each.acc), ("gyr", each.gyr), ("mag", each.mag)):
                if values is not None:
                    columns |= {f"{name}_{axis}": values[:, k] for k, axis in enumerate("xyz")}
            tables[sensor] = pd.DataFrame(columns)
        return tables

    @property
    def samples(self) -> dict[str, "pd.DataFrame"]:
        """Each sensor's own samples: t in s, acc_x … in m/s², gyr_x … in rad/s, mag_x … in µT."""
        return {sensor: table.copy() for sensor, table in self._samples.items()}

    @property
    def repetitions(self) -> "pd.DataFrame":
        """A row for each repetition and side, with its measures."""
        return _frame(self.results.repetitions)

    @property
    def sets(self) -> "pd.DataFrame":
        """A row for each set, side and direction."""
        return _frame(self.results.sets)

    @property
    def findings(self) -> "pd.DataFrame":
        """What the rules say of each set."""
        names = [each.name for each in fields(Finding) if each.name != "after"]
        return _frame_of(self.results.findings, names)

    @property
    def marks(self) -> "pd.DataFrame":
        """What people marked: t and label, such as ``begin:squat``, ``pain`` or ``cue:hips``.

        RecordingError where results are older than the list of marks.
        """
        found = self.results.session.get("marks")
        if found is None:
            raise RecordingError(
                "these results have no list of marks, for an older version wrote them; analyze the "
                "recording again",
                path=self._source.path,
            )
        return _frame_of(found, ["t", "label"])

    @property
    def faults(self) -> "pd.DataFrame":
        """What went wrong with the sensors."""
        return _frame_of(self.results.faults, [each.name for each in fields(Fault)])

    def reps(self, movement: str | None = None, *, counted: bool = True) -> Repetitions:
        """The repetitions of a movement, to lay over each other.

        Parameters
        ----------
        movement
            Such as ``squat``; all when not given.
        counted
            Only those that count.

        Raises
        ------
        ValueError
            When nobody knows such a movement.
        """
        return Repetitions(self.results, movement, counted=counted)

    # --- out -------------------------------------------------------------------------------------

    def export(
        self,
        path: str | PathLike[str],
        format: str | None = None,  # noqa: A002 - the name it has on the command line
        *,
        start_s: float = -math.inf,
        stop_s: float = math.inf,
        overwrite: bool = False,
    ) -> Export:
        """Write it for other programs: one file, or a folder of all that the format holds.

        Parameters
        ----------
        path
            ``.csv``, ``.parquet``, ``.nc``, ``.c3d``, ``.sto``, ``.mot``, ``.mcap``; or a folder.
        format
            As in ``docs/exports.md``; what the name ends in, when not given.
        start_s, stop_s
            Only this window of the session.
        overwrite
            Replace a file that is there.

        Raises
        ------
        ImuhipError
            When it cannot be written; nothing is left behind.
        ValueError
            When there is no such format.
        """
        target = Path(path).expanduser()
        name = format or format_of(target)
        if name not in FORMATS:
            raise ValueError(f"There is no format {name!r}. Choose one of {', '.join(FORMATS)}.")
        return export_results(
            self.results,
            self._source.recording or self._source.path,
            name,
            target,
            start_s=start_s,
            stop_s=stop_s,
            overwrite=overwrite,
        )

    def _said(self, name: str) -> str:
        """What the recording's header says, without an analysis; or the results."""
        if self._source.recording is None:
            return str(self.results.session.get(name) or "")
        return str(getattr(RecordingReader(self._source.recording).header, name))


def _frame(table: Any) -> "pd.DataFrame":
    """An Arrow table as a data frame."""
    need("pandas")
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _frame_of(rows: list[dict[str, Any]], names: list[str]) -> "pd.DataFrame":
    """Rows as a data frame that has its columns even when it is empty."""
    frame: pd.DataFrame = need("pandas").DataFrame(rows, columns=names)
    return frame
