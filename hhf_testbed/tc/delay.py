# SPDX-License-Identifier: GPL-2.0-or-later
"""Propagation delay on an interface: netem, set and read back."""

import json

from hhf_testbed.errors import LabFailure
from hhf_testbed.proc import run

DEADLINE_S = 30.0
LIMIT_PACKETS = 1_000_000
"""netem holds every packet on its way and drops beyond this; more than any run has in flight."""
TOLERANCE_US = 1


def set_delay(interface: str, delay_us: int, *, pid: int) -> list[str]:
    """Delay what leaves through an interface in the namespace of process ``pid``.

    Returns:
        The command as it can be pasted.

    Raises:
        LabFailure: tc failed, or the kernel has another delay or limit than asked.
    """
    enter = ["nsenter", f"--net=/proc/{pid}/ns/net"]
    words = ["netem", "delay", f"{delay_us}us", "limit", str(LIMIT_PACKETS)]
    command = ["tc", "qdisc", "replace", "dev", interface, "root", *words]
    run([*enter, *command], deadline_s=DEADLINE_S)
    shown = run(
        [*enter, "tc", "-json", "qdisc", "show", "dev", interface, "root"], deadline_s=DEADLINE_S
    )
    _compare(interface, delay_us, json.loads(shown.stdout)[0])
    return [" ".join(command)]


def _compare(interface: str, delay_us: int, got: dict[str, object]) -> None:
    options = got.get("options")
    if got.get("kind") != "netem" or not isinstance(options, dict):
        raise LabFailure(f"{interface}: asked for netem, got {got.get('kind')}")
    got_us = options["delay"]["delay"] * 1e6
    if abs(got_us - delay_us) > TOLERANCE_US or options["limit"] != LIMIT_PACKETS:
        raise LabFailure(
            f"netem of {interface}: asked {delay_us} us, limit {LIMIT_PACKETS}; "
            f"got {got_us:g} us, limit {options['limit']}"
        )
