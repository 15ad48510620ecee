"""Puts the module aro into the wheel of the extension.

az installs an extension from one file, into a folder of its own. That file has all that is needed, so that nothing is
fetched from an index, where a package of that name could be somebody else's. ARO_WHEEL is the wheel of aro-py; what it
runs on is what the extension runs on.
"""

import os
import tempfile
import zipfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ModuleAro(BuildHookInterface):
    def initialize(self, version, build_data):
        wheel = os.environ.get("ARO_WHEEL")
        if not wheel:
            raise RuntimeError("ARO_WHEEL must name a wheel of aro-py; `cargo xtask az-extension` builds both.")
        self._folder = tempfile.TemporaryDirectory()
        with zipfile.ZipFile(wheel) as archive:
            members = [name for name in archive.namelist() if name.startswith("aro/")]
            archive.extractall(self._folder.name, members)
        build_data["force_include"][str(Path(self._folder.name) / "aro")] = "aro"
        build_data["pure_python"] = False
        # name-version-python-abi-platform.whl
        build_data["tag"] = "-".join(Path(wheel).stem.split("-")[-3:])

    def finalize(self, version, build_data, artifact_path):
        self._folder.cleanup()
