# SPDX-License-Identifier: GPL-2.0-or-later
"""Which source package a name stands for: this machine's own apt first, then other suites."""

from collections.abc import Iterable

from hhf_testbed.errors import LabFailure, RequestError
from hhf_testbed.kernels import apt, names, private_apt, suites
from hhf_testbed.kernels.apt import Offer
from hhf_testbed.kernels.names import Name
from hhf_testbed.kernels.private_apt import PrivateRoot
from hhf_testbed.progress import Reporter


def known(name: Name | None) -> Offer | None:
    """Return the offer behind a name, or the newest of this machine, by the lists that are here."""
    own = apt.offers()
    if name is None:
        return own[-1] if own else None
    if name.suite == "" and (offer := _pick(own, name.series)):
        return offer
    offers = (_pick(root.offers(), name.series) for root in _roots(name))
    return next(filter(None, offers), None)


def resolve(name: Name | None, reporter: Reporter) -> Offer:
    """Return the offer behind a name; other suites are asked only if they must be.

    Raises RequestError for a name that nobody offers, LabFailure when a suite cannot be asked.
    """
    offer = known(name)
    if offer and not offer.suite:
        return offer
    if name is None:
        raise RequestError(
            "no kernel source to be had: apt on this machine offers no linux-source-* package;"
            " on Debian, 'sudo apt-get update' fetches apt's lists"
        )
    for root in _roots(name):
        _renew(root, name, reporter)
        if offer := _pick(root.offers(), name.series):
            return offer
    raise unknown(name)


def label(offer: Offer) -> str:
    """Return the shortest name that stands for an offer on this machine."""
    plain = known(names.parse(offer.series))
    same = plain is not None and plain.version == offer.version
    return offer.series if same else f"{offer.series}-{offer.suite}"


def unknown(name: Name) -> RequestError:
    """Return the error for a name that nobody offers, with the choices."""
    asked = f"{name.series}-{name.suite}" if name.suite else name.series
    elsewhere = "".join(f"; {suite} offers {text}" for suite, text in elsewhere_text().items())
    own = ", ".join(offer.series for offer in apt.offers()) or "none"
    return RequestError(f"unknown kernel {asked!r}: apt on this machine offers {own}{elsewhere}")


def elsewhere_text() -> dict[str, str]:
    """Return by suite what its private root offers, or that it has not been asked yet."""
    return {
        root.suite: ", ".join(offer.series for offer in root.offers()) or "none"
        if root.asked()
        else "not asked yet"
        for root in private_apt.roots()
    }


def _roots(name: Name) -> list[PrivateRoot]:
    """Return the roots to ask: the most promising first, for asking takes megabytes."""
    if name.suite:
        return [PrivateRoot(name.suite)]
    roots = [PrivateRoot(suite) for suite in suites.order(name.series)]
    return sorted(roots, key=lambda root: _pick(root.offers(), name.series) is None)


def _renew(root: PrivateRoot, name: Name, reporter: Reporter) -> None:
    if root.fresh():
        return
    try:
        root.refresh(reporter)
    except LabFailure as failure:
        if not root.asked():
            own = ", ".join(offer.series for offer in apt.offers()) or "none"
            raise LabFailure(
                f"kernel {name.series} is not among those of this machine's apt ({own}), and"
                f" Debian's {root.suite} cannot be asked: {failure}"
            ) from None
        reporter.say(f"{failure}\nGoing on with the older lists of {root.suite}.")


def _pick(offers: Iterable[Offer], series: str) -> Offer | None:
    return next((offer for offer in offers if offer.series == series), None)
