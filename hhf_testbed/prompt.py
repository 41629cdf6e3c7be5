# SPDX-License-Identifier: GPL-2.0-or-later
"""The Mininet prompt over a dumbbell. This is what ``hhf shell`` runs inside a guest."""

import sys

from hhf_testbed.errors import LabError
from hhf_testbed.measure.environment import kernel_config, kernel_hz, settle
from hhf_testbed.tc.bottleneck import install_bottleneck
from hhf_testbed.tc.qdisc import parse_qdisc
from hhf_testbed.topologies.dumbbell import dumbbell
from hhf_testbed.topologies.emulate import emulated, prompt

RATE_BPS = 50_000_000
RTT_US = 10_000


def main(argv: list[str]) -> int:
    """Build the dumbbell with qdisc ``argv[0]`` and ``argv[1]`` bulk senders, and prompt."""
    try:
        hz = kernel_hz(kernel_config())
        settle()
        network = dumbbell(bulk=int(argv[1]), short=1, rtt_us=RTT_US)
        with emulated(network, offloads=False) as emulation:
            at = network.bottleneck
            leaf = parse_qdisc(argv[0])
            install_bottleneck(at.name, RATE_BPS, leaf, hz=hz, pid=emulation.pid(at.node))
            print(f"nodes: {' '.join((*network.hosts, *network.routers))}")
            print(f"{at.node} shapes to {RATE_BPS / 1e6:g} Mbit/s on {at.name}, below it {leaf}")
            prompt(emulation)
    except LabError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
