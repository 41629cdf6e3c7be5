# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs claims inside a guest, one after the other, and says at once what came of each.

    python -m hhf_testbed.regress.inside DIRECTORY

DIRECTORY holds plan.json; ``events`` is written there, a JSON object per line, whose last line
tells the host which claim is under way should the guest be lost.
"""

import json
import struct
import sys
import time
import traceback
from pathlib import Path
from typing import Any, Final

from hhf_testbed.model.features import Features
from hhf_testbed.regress import health
from hhf_testbed.regress.claim import Claim, all_claims
from hhf_testbed.regress.expect import Refuted
from hhf_testbed.regress.rig import Rig

UNREADABLE: Final = (KeyError, IndexError, ValueError, OSError, struct.error)
"""What a claim stumbles over when the kernel's answer lacks something."""
SETTLE_S: Final = 0.05
"""What RCU has put off, such as freeing a qdisc, is done after some ticks."""


def main(argv: list[str]) -> int:
    """Run the claims of ``argv[0]/plan.json``."""
    directory = Path(argv[0])
    plan = json.loads((directory / "plan.json").read_text())
    claims = {claim.id: claim for claim in all_claims()}
    _silence_ipv6()
    log = health.Log()
    with (directory / "events").open("a", buffering=1) as events:
        for name in plan["claims"]:
            events.write(json.dumps({"start": name}) + "\n")
            seen = _try(claims[name], plan["hz"], Features(**plan["features"]), log)
            events.write(json.dumps({"end": name, **seen}) + "\n")
    return 0


def _silence_ipv6() -> None:
    """Let no interface send anything of its own accord."""
    for name in ("all", "default"):
        switch = Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6")
        if switch.exists():
            switch.write_text("1")


def _try(claim: Claim, hz: int, features: Features, log: health.Log) -> dict[str, Any]:
    """Try one claim; return what is to be told of it."""
    held = health.holders()
    rig = Rig(hz, features)
    began_s = time.monotonic()
    seen: dict[str, Any] = {"status": "holds"}
    try:
        claim.check(rig)
        rig.check_idle()
    except Refuted as found:
        seen = _refuted(found.what, found.claimed, found.seen)
    except UNREADABLE:
        seen = _refuted("the kernel's answer", "one that can be read", traceback.format_exc())
    except Exception:  # a fault of the claim itself; the others shall still be tried
        seen = {"status": "broken", "what": traceback.format_exc()}
    rig.take_down()
    time.sleep(SETTLE_S)
    console = log.new_lines()
    if seen["status"] == "holds":
        seen |= _health(console, held)
    return seen | {
        "diary": [] if seen["status"] == "holds" else rig.diary.lines(),
        "console": console,
        "guest_s": time.monotonic() - began_s,
    }


def _health(console: list[str], held: int) -> dict[str, str]:
    """Return what is wrong with the kernel now, if anything; ``held`` is what was so before."""
    if (holders := health.holders()) > held:
        return _refuted("references to sch_hhf when all is deleted", str(held), str(holders))
    if ill := health.complaints(console):
        return _refuted("the kernel's log", "no complaint", ill[0])
    return {}


def _refuted(what: str, claimed: str, seen: str) -> dict[str, str]:
    return {"status": "refuted", "what": what, "claimed": claimed, "seen": seen}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
