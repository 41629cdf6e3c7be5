# SPDX-License-Identifier: GPL-2.0-or-later
"""Segmentation and receive offloads of an interface: put off, and read back.

With them on, one "packet" at the qdisc is up to 64 KB, and hhf's byte counts and limits mean
something else, so they are off unless asked for. Features have the kernel's own names
(``netdev_features_strings``, net/ethtool/common.c, Linux 6.12), as ``ethtool -K`` accepts them.

Through the ioctl and not through the ``ethtool`` program, which a network of thirty interfaces
would have to start ninety times.
"""

from collections.abc import Mapping
from typing import Any, Final

from pyroute2.ethtool.ioctl import IoctlEthtool

from hhf_testbed.errors import LabFailure
from hhf_testbed.tc.netns import in_netns

MERGING: Final = (
    "tx-tcp-segmentation",
    "tx-tcp-ecn-segmentation",
    "tx-tcp-mangleid-segmentation",
    "tx-tcp6-segmentation",
    "tx-generic-segmentation",
    "tx-udp-segmentation",
    "tx-sctp-segmentation",
    "tx-gso-list",
    "rx-gro",
    "rx-gro-list",
    "rx-lro",
    "rx-udp-gro-forwarding",
)
"""Everything that can make one packet of several, or keep it so. Older kernels lack some."""


def read_offloads(interface: str, *, pid: int | None = None) -> dict[str, bool]:
    """Return whether each feature of the interface is on.

    Args:
        interface: its name.
        pid: a process in its namespace; None is the current one.

    Raises:
        LabFailure: there is no such interface.
    """
    features: dict[str, bool] = _ask(interface, pid, lambda tool: _active(tool.get_features()))
    return features


def put_offloads_off(interface: str, *, pid: int | None = None) -> list[str]:
    """Put off all of ``MERGING``, read back, and return the command as it can be pasted.

    Raises:
        LabFailure: there is no such interface, or a feature stayed on.
    """
    changed = _ask(interface, pid, _put_off)
    check_offloads_off(interface, read_offloads(interface, pid=pid))
    if not changed:
        return []
    return [" ".join(["ethtool", "-K", interface, *(f"{name} off" for name in changed)])]


def check_offloads_off(interface: str, got: Mapping[str, bool]) -> None:
    """Check that none of ``MERGING`` is on. Raises LabFailure that names those that are."""
    on = [name for name in MERGING if got.get(name)]
    if on:
        raise LabFailure(f"offloads of {interface}: asked for all off, still on: {', '.join(on)}")


def _put_off(tool: Any) -> list[str]:
    features = tool.get_features()
    changed = [name for name in MERGING if name in features and features.is_active(name)]
    for name in changed:
        features.set_value(name, False)
    if changed:
        tool.set_features(features)
    return changed


def _active(features: Any) -> dict[str, bool]:
    return {name: bool(features.is_active(name)) for name in features.keys()}  # noqa: SIM118


def _ask(interface: str, pid: int | None, work: Any) -> Any:
    def inside() -> Any:
        tool = IoctlEthtool(interface)
        try:
            return work(tool)
        finally:
            tool.close()

    try:
        return in_netns(pid, inside)
    except Exception as error:
        if isinstance(error, LabFailure):
            raise
        raise LabFailure(f"cannot ask for the offloads of {interface!r}: {error}") from error
