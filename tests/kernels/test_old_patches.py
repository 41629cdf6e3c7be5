# SPDX-License-Identifier: GPL-2.0-or-later
import pytest

from hhf_testbed.errors import LabFailure
from hhf_testbed.kernels import old_patches

MOUNTS = """void __init mount_root(void)
{
#ifdef CONFIG_CIFS_ROOT
	mount_cifs_root();
#endif
#ifdef CONFIG_BLOCK
	{
		int err = create_dev("/dev/root", ROOT_DEV);

		if (err < 0)
			pr_emerg("Failed");
	}
#endif
}
"""
HOSTFS = """static int hostfs_readdir(struct file *file)
{
	name = dentry_name(file->f_path.dentry);
}

static int hostfs_open(struct inode *ino, struct file *file)
{
	int r;

	name = dentry_name(file->f_path.dentry);
}
"""


@pytest.fixture
def tree(tmp_path):
    for name, text in (("init/do_mounts.c", MOUNTS), ("fs/hostfs/hostfs_kern.c", HOSTFS)):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_root_is_mounted_without_block_devices_and_nothing_else_changes(tree):
    old_patches.apply_all(tree)
    block = MOUNTS[MOUNTS.index("\t{") : MOUNTS.index("\t}\n#endif")]
    expected = MOUNTS.replace("#ifdef CONFIG_BLOCK\n", "").replace("\t}\n#endif", "\t}")
    assert (tree / "init/do_mounts.c").read_text() == expected
    assert block in expected


def test_only_the_opening_of_a_file_takes_the_name_below_an_overlay(tree):
    old_patches.apply_all(tree)
    before, after = HOSTFS.split("static int hostfs_open")
    expected = before + "static int hostfs_open" + after.replace(
        "file->f_path.dentry", "file_dentry(file)"
    )  # fmt: skip
    assert (tree / "fs/hostfs/hostfs_kern.c").read_text() == expected


@pytest.mark.parametrize(
    ("name", "newer"),
    [("init/do_mounts.c", "mount_nodev_root();"),
     ("fs/hostfs/hostfs_kern.c", "dentry_name(file_dentry(file));")],
)  # fmt: skip
def test_a_tree_that_does_not_need_it_is_left_alone(tree, name, newer):
    (tree / name).write_text(newer)
    old_patches.apply_all(tree)
    assert (tree / name).read_text() == newer


@pytest.mark.parametrize("name", ["init/do_mounts.c", "fs/hostfs/hostfs_kern.c"])
@pytest.mark.parametrize("times", [0, 2])
def test_another_shape_stops_the_build(tree, name, times):
    text = (tree / name).read_text()
    (tree / name).write_text(text * times)
    with pytest.raises(LabFailure, match=f"cannot patch .*{name}: expected exactly one"):
        old_patches.apply_all(tree)
