"""The az extension `aro`: Azure Red Hat OpenShift clusters from the command line.

Modules that az is needed for are loaded by az; all others can be used, and tested, without it.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    # az asks for it by this name.
    if name == "COMMAND_LOADER_CLS":
        from azext_aro.loader import Loader

        return Loader
    raise AttributeError(f"module 'azext_aro' has no attribute '{name}'")
