# SPDX-License-Identifier: GPL-2.0-or-later
"""Where things live on the host. Nothing here creates a directory."""

import os
from pathlib import Path

import platformdirs

APP = "hhf-testbed"


def cache_dir() -> Path:
    """Kernels and downloads: safe to delete, rebuilt when missing. ``HHF_CACHE`` overrides."""
    return _override("HHF_CACHE") or Path(platformdirs.user_cache_dir(APP))


def runs_dir() -> Path:
    """Finished runs: precious, never written twice. ``HHF_RUNS`` overrides."""
    return _override("HHF_RUNS") or Path(platformdirs.user_data_dir(APP)) / "runs"


def package_dir() -> Path:
    """The directory of the package ``hhf_testbed`` itself."""
    return Path(__file__).resolve().parent


def _override(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value).absolute() if value else None
