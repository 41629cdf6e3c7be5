# SPDX-License-Identifier: GPL-2.0-or-later
"""What a replay is asked for, checked before the file is opened."""

from dataclasses import dataclass, field

from hhf_testbed.errors import RequestError
from hhf_testbed.model import PROFILES, Features
from hhf_testbed.model.jiffies import require_hz
from hhf_testbed.params import HhfParams
from hhf_testbed.replay.vantage import Vantage
from hhf_testbed.tc.qdisc import parse_qdisc
from hhf_testbed.tc.shaper import Shaper, shaper
from hhf_testbed.units import parse_rate_bps

FULL_FRAME_BYTES = 1514


@dataclass(frozen=True)
class Request:
    """Everything that decides the result, besides the file.

    Raises:
        RequestError: a value is not allowed.
    """

    rate_bps: int
    params: HhfParams = field(default_factory=HhfParams)
    hz: int = 250
    profile: str = "6.12"
    seed: int = 1
    vantage: Vantage = field(default_factory=Vantage)

    def __post_init__(self) -> None:
        require_hz(self.hz)
        features(self.profile)
        shaper(self.rate_bps, FULL_FRAME_BYTES)
        if type(self.seed) is not int or self.seed < 0:
            raise RequestError(f"seed is {self.seed!r}; allowed is a whole number, 0 or more")

    @property
    def shaper(self) -> Shaper:
        """The link's arithmetic."""
        return shaper(self.rate_bps, FULL_FRAME_BYTES)


def features(profile: str) -> Features:
    """Return the features of a behaviour profile.

    Raises:
        RequestError: there is no such profile.
    """
    if profile not in PROFILES:
        raise RequestError(f"there is no profile {profile!r}; allowed are {', '.join(PROFILES)}")
    return PROFILES[profile]


def parse(
    rate: str,
    qdisc: str,
    hz: int,
    profile: str,
    seed: int,
    interface: str | None = None,
    direction: str | None = None,
) -> Request:
    """Read a request from the words of the command line.

    Raises:
        RequestError: a value is not allowed.
    """
    spec = parse_qdisc(qdisc)
    if spec.kind != "hhf":
        raise RequestError(f"the qdisc is {spec.kind!r}; the model knows hhf only")
    params, vantage = HhfParams(**dict(spec.options)), Vantage(interface, direction)
    return Request(parse_rate_bps(rate), params, hz, profile, seed, vantage)
