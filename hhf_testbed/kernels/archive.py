# SPDX-License-Identifier: GPL-2.0-or-later
"""Unpacks a kernel tarball, without the drivers and documents that no UML build reads.

Every Kconfig and Makefile stays, for they are read whatever is configured. This takes about as
long as unpacking everything, and 0.3 GB of disk instead of 1.5 GB.
"""

from pathlib import Path
from typing import IO

from hhf_testbed.kernels import jobs
from hhf_testbed.progress import Reporter

_C = "*.[chS]"

OTHER_MACHINES = """
    alpha arc arm arm64 csky hexagon ia64 loongarch m68k microblaze mips nds32 nios2 openrisc
    parisc powerpc riscv s390 sh sparc xtensa
""".split()  # noqa: SIM905
"""arch/: UML takes um and x86 only."""

HARDWARE = """
    accel acpi ata atm bluetooth bus clk comedi crypto cxl dma edac extcon fpga gpio gpu hid hwmon
    hwtracing i2c i3c iio infiniband input irqchip isdn leds mailbox md media memory memstick
    message mfd misc mmc mtd mux net/can net/dsa net/ethernet net/usb net/wireless nfc ntb nvdimm
    nvme nvmem pci/controller pcmcia perf phy pinctrl platform power pwm rapidio regulator
    remoteproc rpmsg rtc s390 scsi siox slimbus soc soundwire spi spmi staging target thermal
    thunderbolt tty/serial usb ufs video w1
""".split()  # noqa: SIM905
"""drivers/: for devices that a UML machine cannot have."""

FILE_SYSTEMS = """
    afs bcachefs btrfs ceph ext4 f2fs gfs2 jfs nfs nfsd ntfs3 ocfs2 smb ubifs xfs
""".split()  # noqa: SIM905
"""fs/: need disks or servers."""

OTHER = ("Documentation/*/*", "tools/perf/*", "tools/testing/*", f"sound/{_C}", f"samples/{_C}")


def left_out() -> list[str]:
    """Return patterns in tar's sense, anchored at the top of the kernel tree."""
    machines = (
        f"arch/{name}/{what}" for name in OTHER_MACHINES for what in (_C, "boot/dts/*.dts*")
    )
    drivers = (f"drivers/{name}/{_C}" for name in HARDWARE)
    return [*OTHER, *machines, *drivers, *(f"fs/{name}/{_C}" for name in FILE_SYSTEMS)]


def unpack(
    stream: IO[bytes], size_bytes: int | None, top: str, into: Path, reporter: Reporter
) -> None:
    """Unpack the .tar.xz of ``size_bytes`` whose one top directory is ``top``.

    Without a size, the stream is a tar that is being made, and not compressed.
    Raises LabFailure when the archive is damaged or the disk full.
    """
    into.mkdir()
    excluded = [f"--exclude={top}/{pattern}" for pattern in left_out()]
    packed = ["-I", "xz -T0"] if size_bytes else []
    command = ["tar", "-x", "-f", "-", *packed, "--no-same-owner", "--strip-components=1"]
    with reporter.step("Unpacking the kernel source", total=size_bytes, unit="bytes") as step:
        jobs.feed(
            # Anchored: an unanchored pattern is tried at each slash, which costs seconds.
            [*command, "--anchored", *excluded],
            stream,
            what="unpacking the kernel source",
            directory=into,
            on_bytes=step.at,
        )
