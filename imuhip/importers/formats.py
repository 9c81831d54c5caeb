"""The table of formats: a line a format, ranked so that the narrower sign comes first."""

from typing import Final

from imuhip.importers.apdm import is_apdm_csv, is_hdf5, read_apdm_csv, read_apdm_hdf5
from imuhip.importers.bids_motion import is_bids_motion, read_bids_motion
from imuhip.importers.c3d import is_c3d, read_c3d
from imuhip.importers.metabase import is_metabase, read_metabase
from imuhip.importers.movella import is_movella_dot, read_movella_dot
from imuhip.importers.movesense import is_movesense, read_movesense
from imuhip.importers.mvnx import is_mvnx, read_mvnx
from imuhip.importers.noraxon import is_noraxon, read_noraxon
from imuhip.importers.one_table import is_one_table, read_one_table
from imuhip.importers.phyphox import is_phyphox, read_phyphox
from imuhip.importers.plain import is_plain, read_plain
from imuhip.importers.polar import is_polar, read_polar
from imuhip.importers.sensor_logger import is_sensor_logger, read_sensor_logger
from imuhip.importers.shimmer import is_shimmer, read_shimmer
from imuhip.importers.sources import Format
from imuhip.importers.witmotion import is_witmotion, read_witmotion
from imuhip.importers.x_io import is_x_io, read_x_io
from imuhip.importers.xdf import is_xdf, read_xdf
from imuhip.importers.xsens import is_xsens_mt, read_xsens_mt

PLAIN: Final = "folder"

FORMATS: Final = (
    Format("Xsens MT", is_xsens_mt, read_xsens_mt),
    Format("Movella DOT", is_movella_dot, read_movella_dot),
    Format("WitMotion", is_witmotion, read_witmotion),
    Format("APDM CSV", is_apdm_csv, read_apdm_csv),
    Format("HDF5", is_hdf5, read_apdm_hdf5),
    Format("C3D", is_c3d, read_c3d),
    Format("XDF", is_xdf, read_xdf),
    Format("Shimmer", is_shimmer, read_shimmer),
    Format("Noraxon", is_noraxon, read_noraxon),
    Format("MVNX", is_mvnx, read_mvnx),
    Format("BIDS-Motion", is_bids_motion, read_bids_motion),
    Format("x-io", is_x_io, read_x_io, together=True),
    Format("MetaBase", is_metabase, read_metabase, together=True),
    Format("Sensor Logger", is_sensor_logger, read_sensor_logger, together=True),
    Format("phyphox", is_phyphox, read_phyphox, together=True),
    Format("Polar Sensor Logger", is_polar, read_polar, together=True),
    Format("Movesense", is_movesense, read_movesense, together=True),
    Format("one table", is_one_table, read_one_table),
    Format(PLAIN, is_plain, read_plain),
)
