# SPDX-License-Identifier: GPL-2.0-or-later
"""Changes to the kernel tree before it is configured: one function per fact, with its reason.

Each must match exactly once, or recognise that the tree does not need it. The text of this file
is part of a kernel's key, so that a change here rebuilds.
"""

import re
from pathlib import Path

from hhf_testbed.errors import LabFailure

HZ_CHOICES = (100, 250, 300, 1000)
"""Ticks per second that distributions use (kernel/Kconfig.hz)."""


def apply_all(tree: Path, hz: int) -> None:
    """Apply every patch to ``tree``. Raises LabFailure when one does not fit."""
    set_hz(tree, hz)
    raise_fp_size(tree)


def set_hz(tree: Path, hz: int) -> None:
    """Set HZ, in ticks per second.

    UML has HZ as a constant without a prompt, 100, which no fragment can change. HHF measures
    its time in jiffies, so HZ changes what it does.
    """
    file = tree / "arch" / "um" / "Kconfig"
    pattern = r"(^config HZ\n\tint\n\tdefault )\d+$"
    text, count = re.subn(pattern, rf"\g<1>{hz}", _read(file), flags=re.MULTILINE)
    _once(count, file, "config HZ with a default and no prompt")
    file.write_text(text)


def raise_fp_size(tree: Path) -> None:
    """Make room for the registers of CPUs with AMX, whose xsave area is about 11 KB.

    UML before 6.13 keeps them in a fixed buffer of 2696 bytes, and boot ends with "ptrace set fp
    regs failed, errno = 14" where the host's area is larger. Later kernels ask the host.
    """
    file = tree / "arch" / "x86" / "um" / "user-offsets.c"
    before = _read(file)
    if "FP_XSTATE_MAGIC1" not in before:
        return
    text, count = re.subn(r"(HOST_FP_SIZE, )2696\)", r"\g<1>12288)", before)
    _once(count, file, "HOST_FP_SIZE of 2696 bytes")
    file.write_text(text)


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except FileNotFoundError:
        raise LabFailure(
            f"{file} is missing: this is no kernel tree with User-Mode Linux"
        ) from None


def _once(count: int, file: Path, what: str) -> None:
    if count != 1:
        raise LabFailure(
            f"cannot patch {file}: expected exactly one {what}, found {count};"
            " this kernel is not known yet (hhf_testbed/kernels/patches.py)"
        )
