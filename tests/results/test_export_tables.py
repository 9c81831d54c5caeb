"""CSV for a German spreadsheet, and Parquet that says what its columns are."""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from support.result_folders import results_folder

from imuhip.results.exporters.formats import export
from imuhip.results.schemas import read_results


def test_a_german_spreadsheet_reads_every_bit(tmp_path):
    """Semicolons and decimal commas, read so by pandas, give every number of the results back."""
    folder = results_folder(tmp_path / "results")
    export(folder, "csv_de", tmp_path / "out")
    read = read_results(folder)
    for name in ("angles", "repetitions"):
        path = tmp_path / "out" / f"{name}.csv"
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        assert b"." not in path.read_bytes(), "no decimal point is left"
        came = pd.read_csv(path, sep=";", decimal=",", encoding="utf-8-sig")
        expected = getattr(read, name).to_pandas()
        assert list(came) == list(expected)
        for column in expected.select_dtypes("float"):
            found = pd.to_numeric(came[column]).to_numpy(dtype=float)
            assert np.allclose(found, expected[column], rtol=1e-15, atol=0, equal_nan=True), column


def test_parquet_describes_itself(tmp_path):
    """Each column has its unit and meaning in the file, and the file says what it came from."""
    folder = results_folder(tmp_path / "results")
    export(folder, "parquet", tmp_path / "out.parquet")
    schema = pq.read_schema(tmp_path / "out.parquet")
    about = schema.field("hip_rotation_left_deg").metadata
    assert about[b"unit"] == b"deg"
    assert b"internal rotation +" in about[b"description"]
    assert all(field.metadata[b"description"] for field in schema)
    origin = json.loads(schema.metadata[b"imuhip"])
    assert origin["recording"] == "a.mcap"
    assert origin["athlete"] == "A1"
