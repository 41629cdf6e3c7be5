# SPDX-License-Identifier: GPL-2.0-or-later
"""The tarball inside a Debian kernel source package: installed already, or fetched through apt.

The download needs no root: ``apt-get download`` works for any user, checks the package's
signature chain, and leaves the machine's packages alone.
"""

import hashlib
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from filelock import FileLock

from hhf_testbed.errors import LabFailure
from hhf_testbed.kernels import jobs, lock, private_apt
from hhf_testbed.kernels.apt import Offer
from hhf_testbed.paths import cache_dir
from hhf_testbed.progress import Reporter

INSTALLED = Path("/usr/src")


@contextmanager
def tarball(offer: Offer, reporter: Reporter) -> Iterator[tuple[IO[bytes], int]]:
    """Give the stream of linux-source-X.tar.xz and its size in bytes. Raises LabFailure."""
    installed = INSTALLED / f"{offer.package}.tar.xz"
    if installed.is_file() and _installed_version(offer) == offer.version:
        reporter.say(f"Source: {installed} (installed, {offer.version})")
        with installed.open("rb") as stream:
            yield stream, installed.stat().st_size
    else:
        with _inside(_package(offer, reporter)) as found:
            yield found


def root() -> Path:
    """Directory of all downloads, in one directory for each package."""
    return cache_dir() / "downloads"


def lock_of(store: Path) -> FileLock:
    """Return the lock under which one of them is filled or removed."""
    return FileLock(store.parent / f"{store.name}.lock")


def _installed_version(offer: Offer) -> str:
    query = ["dpkg-query", "-W", "-f=${db:Status-Status} ${Version}", offer.package]
    done = subprocess.run(query, capture_output=True, text=True, check=False)
    status, _, version = done.stdout.partition(" ")
    return version if status == "installed" else ""


def _package(offer: Offer, reporter: Reporter) -> Path:
    store = root() / "-".join(filter(None, (offer.package, offer.suite)))
    root().mkdir(parents=True, exist_ok=True)
    waiting = f"Another command is downloading {offer.package}; waiting for it."
    with lock.holding(lock_of(store), waiting, reporter):
        return _kept_or_fetched(offer, store, reporter)


def _kept_or_fetched(offer: Offer, store: Path, reporter: Reporter) -> Path:
    kept = next(iter(store.glob("*.deb")), None)
    if kept and _sha256(kept) == offer.sha256:
        reporter.say(f"Source: {kept.name} (downloaded before)")
        return kept
    shutil.rmtree(store, ignore_errors=True)  # an older version, or a download cut short
    store.mkdir(parents=True)
    _fetch(offer, store, reporter)
    return next(store.glob("*.deb"))


def _fetch(offer: Offer, store: Path, reporter: Reporter) -> None:
    with reporter.step(f"Downloading {offer.identity}", unit="bytes") as step:

        def look() -> None:
            done = sum(file.stat().st_size for file in store.rglob("*") if file.is_file())
            step.at(done, offer.size_bytes)

        options = private_apt.PrivateRoot(offer.suite).options if offer.suite else _as_root()
        jobs.run(
            ["apt-get", "-q", *options, "download", f"{offer.package}={offer.version}"],
            what=f"downloading {offer.identity}",
            hint=_hint(offer),
            directory=store,
            on_idle=look,
        )


def _hint(offer: Offer) -> str:
    renewed = "hhf kernel list --refresh" if offer.suite else "sudo apt-get update"
    return f"is the network up? '{renewed}' renews apt's lists"


def _as_root() -> list[str]:
    # apt run by root drops to the user _apt, who may not write into root's cache, and warns.
    return ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []


@contextmanager
def _inside(package: Path) -> Iterator[tuple[IO[bytes], int]]:
    """Stream the tarball out of the package: no second copy on disk."""
    command = ["dpkg-deb", "--fsys-tarfile", str(package)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as dpkg:
        try:
            with tarfile.open(fileobj=dpkg.stdout, mode="r|") as outer:
                member = next(item for item in outer if item.name.endswith(".tar.xz"))
                stream = outer.extractfile(member)
                assert stream is not None
                yield stream, member.size
        except (tarfile.TarError, StopIteration) as error:
            raise LabFailure(f"{package} holds no kernel source tarball ({error})") from error
        finally:
            dpkg.kill()  # what follows the tarball in the package is of no interest


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
