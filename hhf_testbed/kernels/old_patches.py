# SPDX-License-Identifier: GPL-2.0-or-later
"""Further changes that only kernels before 6.1 need, to start from the host's files at all.

In a file of its own: its text is part of the key of old kernels, and of no other's.
"""

import re
from pathlib import Path

# Private, because making them public would change the text of patches.py, hence every kernel's key.
from hhf_testbed.kernels.patches import _once, _read

NEEDED_BEFORE = (6, 1)
"""First series that is known to need none of them."""


def apply_all(tree: Path) -> None:
    """Apply every patch to ``tree``. Raises LabFailure when one does not fit."""
    mount_root_without_block_devices(tree)
    open_below_an_overlay(tree)


def mount_root_without_block_devices(tree: Path) -> None:
    """Let a kernel without CONFIG_BLOCK mount its root.

    Until 5.15 mount_root() (init/do_mounts.c) does nothing without block devices, even for a file
    system that needs none, such as hostfs: "Requested init failed (error -2)". The code it leaves
    out works without them.
    """
    pattern = (
        r"#ifdef CONFIG_BLOCK\n"
        r'(\t\{\n\t\tint err = create_dev\("/dev/root", ROOT_DEV\);\n(?:.*\n)*?\t\}\n)#endif\n'
    )
    edit(tree / "init" / "do_mounts.c", pattern, r"\1", unless="mount_nodev_root")


def open_below_an_overlay(tree: Path) -> None:
    """Let a hostfs file be opened through an overlay above it.

    hostfs_open() of 5.10 takes the name from the path that was opened, which is the overlay's, and
    looks it up on the host: every program of the guest is "not found". 6.1 asks file_dentry(),
    as is done here.
    """
    pattern = r"(hostfs_open\(.*\n(?:.*\n)*?\tname = dentry_name\()file->f_path\.dentry(\);)"
    edit(
        tree / "fs" / "hostfs" / "hostfs_kern.c",
        pattern,
        r"\1file_dentry(file)\2",
        unless="file_dentry(file)",
    )


def edit(file: Path, pattern: str, replacement: str, *, unless: str) -> None:
    """Replace the one match of ``pattern``; leave a file alone that has the text ``unless``."""
    before = _read(file)
    if unless in before:
        return
    text, count = re.subn(pattern, replacement, before)
    _once(count, file, f"place for {replacement!r}")
    file.write_text(text)
