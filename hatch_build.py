"""Build hook of the wheel: kernels that `compile_kernels.py` has compiled travel inside.

Where there are none the wheel is pure Python, and brings numba, which compiles the kernels where
they are used.
"""

import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

COMPILER = "numba>=0.60"


class CompiledKernels(BuildHookInterface[Any]):
    """Pack the extension of this Python with its index, and name the wheel after the platform."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Look what is there; an editable install has it in place already."""
        core = Path(self.root) / "imuhip" / "core"
        extension = core / f"_compiled{sysconfig.get_config_var('EXT_SUFFIX')}"
        if version == "editable" or not extension.exists():
            # A checkout changes under its extension, and then needs the compiler too.
            build_data["dependencies"].append(COMPILER)
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        for made in (extension, core / "_compiled.json"):
            build_data["force_include"][str(made)] = f"imuhip/core/{made.name}"
