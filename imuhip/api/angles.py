"""The angles of a session, in the three forms that other libraries begin with."""

from typing import TYPE_CHECKING

import pyarrow as pa

from imuhip.core.extras import need
from imuhip.results.column_words import column_words
from imuhip.results.exporters.parquet import described
from imuhip.results.labelled import angles_dataset
from imuhip.results.schemas import Results

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


class Angles:
    """Hip and pelvis angles on the common grid, 100 rows a second, degrees."""

    def __init__(self, results: Results) -> None:
        self._results = results

    def __len__(self) -> int:
        return int(self._results.angles.num_rows)

    def __repr__(self) -> str:
        return f"<imuhip angles, {len(self):,} rows; to_pandas, to_xarray, to_arrow>"

    def to_xarray(self) -> "xr.Dataset":
        """Labelled arrays ``angle``, ``sd``, ``sd_total``, ``raw`` (time, joint, side, axis).

        Beside them ``valid`` (time, joint, side) and ``pelvis`` (time, pelvis_axis). Attributes say
        unit, sign and definition. Needs the extra ``xarray``.
        """
        return angles_dataset(self._results.angles, self._results.session)

    def to_pandas(self) -> "pd.DataFrame":
        """A data frame with the columns of `angles.parquet`, time in the first, ``t``.

        ``attrs["units"]`` says the unit of each.
        """
        need("pandas")
        frame: pd.DataFrame = self._results.angles.to_pandas()
        frame.attrs["units"] = {name: column_words(name).unit for name in frame.columns}
        return frame

    def to_arrow(self) -> pa.Table:
        """An Arrow table; unit and meaning are metadata of each column."""
        return described(self._results.angles, self._results.session)
