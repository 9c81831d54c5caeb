import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from imuhip.core.arrow import column, column_of, text_column


@pytest.mark.parametrize("dtype", [np.float64, np.int32, np.int64, np.bool_])
def test_a_column_is_what_pyarrow_makes_of_the_same_numbers(dtype: type) -> None:
    values = (np.arange(19) % 3).astype(dtype)
    for each in (values, values[::2], values[:0]):
        assert column(each).equals(pa.array(each))


def test_nan_is_a_number_and_no_null() -> None:
    found = column(np.array([1.0, np.nan]))
    assert found.null_count == 0
    assert np.isnan(found[1].as_py())


@pytest.mark.parametrize("texts", [[], [""], ["left", "", "größer – 5°"]])
def test_texts_come_out_as_they_went_in(texts: list[str]) -> None:
    found = text_column(texts)
    found.validate(full=True)
    assert found.equals(pa.array(texts, pa.string()))


def test_plain_values_become_the_kind_that_is_asked_for() -> None:
    for kind in (pa.float64(), pa.int32(), pa.bool_()):
        assert column_of([1, 0, 1], kind).equals(pa.array(np.array([1, 0, 1])).cast(kind))
    assert column_of(["a"], pa.string()).to_pylist() == ["a"]


def test_an_analysis_imports_no_pandas(tmp_path) -> None:
    script = (
        "import sys; from pathlib import Path; from imuhip.core.resources import recording_path;"
        "from imuhip.results.analysis import analyze;"
        f"analyze(recording_path('squats_and_pivots'), Path({str(tmp_path / 'r')!r}));"
        "sys.exit('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
