# SPDX-License-Identifier: GPL-2.0-or-later
"""Sets up one network namespace in one visit: sysctls, addresses, routes, neighbours; reads back.

In one process and not by ``ip`` and ``sysctl``: a network of sixteen nodes would start them two
hundred times, which in a guest takes longer than the measurement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from hhf_testbed.errors import LabFailure
from hhf_testbed.tc.netns import in_netns

NUD_PERMANENT = 0x80  # include/uapi/linux/neighbour.h


@dataclass(frozen=True)
class Address:
    """An interface with the address, prefix length and MAC that it has or shall have."""

    interface: str
    address: str
    prefix_length: int
    mac: str


@dataclass(frozen=True)
class Neighbour:
    """A neighbour whose MAC is known for good, so that nobody asks for it on the wire."""

    interface: str
    address: str
    mac: str


def set_up(
    pid: int,
    *,
    sysctls: Mapping[str, str],
    addresses: Sequence[Address],
    routes: Sequence[tuple[str, str]],
    neighbours: Sequence[Neighbour],
) -> list[str]:
    """Set up the namespace of process ``pid``; routes are pairs of prefix and next hop.

    Returns:
        The commands that do the same, fit for a shell in that namespace.

    Raises:
        LabFailure: the kernel refused something, or has something else than was asked.
    """

    def inside() -> None:
        for name, value in sysctls.items():
            _sysctl(name, value)
        with IPRoute(ext_ack=True) as ipr:
            _set_up_links(ipr, addresses)
            for prefix, via in routes:
                ipr.route("replace", dst=prefix, gateway=via)
            _pin(ipr, neighbours)
            _check(ipr, addresses)

    try:
        in_netns(pid, inside)
    except NetlinkError as error:
        raise LabFailure(f"setting up the namespace of process {pid}: {error}") from error
    return _commands(sysctls, addresses, routes, neighbours)


def _sysctl(name: str, value: str) -> None:
    path = Path("/proc/sys") / name.replace(".", "/")
    try:
        path.write_text(value)
        got = path.read_text().strip()
    except OSError as error:
        raise LabFailure(f"sysctl {name}: {error.strerror}") from error
    if got != value:
        raise LabFailure(f"sysctl {name}: asked {value}, got {got}")


def _set_up_links(ipr: IPRoute, addresses: Sequence[Address]) -> None:
    ipr.link("set", index=_index(ipr, "lo"), state="up")
    for end in addresses:
        index = _index(ipr, end.interface)
        ipr.addr("replace", index=index, address=end.address, prefixlen=end.prefix_length)
        ipr.link("set", index=index, state="up")


def _pin(ipr: IPRoute, neighbours: Sequence[Neighbour]) -> None:
    for there in neighbours:
        ipr.neigh(
            "replace", dst=there.address, lladdr=there.mac,
            ifindex=_index(ipr, there.interface), state=NUD_PERMANENT,
        )  # fmt: skip


def _check(ipr: IPRoute, addresses: Sequence[Address]) -> None:
    for asked in addresses:
        index = _index(ipr, asked.interface)
        link = next(iter(ipr.get_links(index)))
        found = [
            (message.get_attr("IFA_ADDRESS"), message["prefixlen"])
            for message in ipr.get_addr(index=index, family=2)
        ]
        for what, wanted, got in (
            ("address", [(asked.address, asked.prefix_length)], found),
            ("MAC", asked.mac, link.get_attr("IFLA_ADDRESS")),
            ("state", "up", link["state"]),
        ):
            if wanted != got:
                raise LabFailure(f"{what} of {asked.interface}: asked {wanted}, got {got}")


def _index(ipr: IPRoute, interface: str) -> int:
    found = ipr.link_lookup(ifname=interface)
    if not found:
        raise LabFailure(f"no interface {interface!r}: Mininet did not make it")
    return int(found[0])


def _commands(
    sysctls: Mapping[str, str],
    addresses: Sequence[Address],
    routes: Sequence[tuple[str, str]],
    neighbours: Sequence[Neighbour],
) -> list[str]:
    return [
        "sysctl -w " + " ".join(f"{name}={value}" for name, value in sysctls.items()),
        *(f"ip address replace {a.address}/{a.prefix_length} dev {a.interface}" for a in addresses),
        *(f"ip link set {a.interface} up" for a in addresses),
        *(f"ip route replace {prefix} via {via}" for prefix, via in routes),
        *(
            f"ip neigh replace {n.address} lladdr {n.mac} dev {n.interface} nud permanent"
            for n in neighbours
        ),
    ]
