# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest needs no privilege: any user may start one, and owns what comes out of it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from hhf_testbed.kernels import Kernel
from hhf_testbed.paths import package_dir

pytestmark = pytest.mark.guest
NOBODY = 65534
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]

START = """
import json, sys
from pathlib import Path
from hhf_testbed import guests
from hhf_testbed.kernels import Kernel
given = json.loads(sys.argv[1])
kernel = Kernel(**{**given, "directory": Path(given["directory"])})
script = "id -u; mnexec -n true && echo namespace; echo seen > /run/hhf/output/file"
command = guests.GuestCommand(("sh", "-c", script), Path(sys.argv[2]), wall_deadline_s=60)
done = guests.run(kernel, command)
sys.stdout.buffer.write(done.stdout + done.stderr)
sys.exit(done.status)
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory of that user, where pytest's own is only for the user who runs it."""
    path = Path(tempfile.mkdtemp(prefix="hhf-user-"))
    (path / "output").mkdir()
    if os.geteuid() == 0:
        for directory in path, path / "output":
            os.chown(directory, NOBODY, NOBODY)
    yield path
    shutil.rmtree(path)


def test_an_ordinary_user_can_run_a_guest_and_owns_its_output(kernel: Kernel, place: Path) -> None:
    prefix = AS_NOBODY if os.geteuid() == 0 else []
    import_it = [*prefix, sys.executable, "-P", "-c", "import hhf_testbed.guests"]
    env = {"PATH": os.environ["PATH"], "HOME": str(place), "PYTHONPATH": str(package_dir().parent)}
    if subprocess.run(import_it, env=env, cwd="/", capture_output=True, check=False).returncode:
        pytest.skip(f"the checkout or its Python is not readable to user {NOBODY}")
    copy = place / "kernel"
    shutil.copytree(kernel.directory, copy, ignore=shutil.ignore_patterns("tree"))
    given = json_of(replace(kernel, directory=copy))
    argv = [*prefix, sys.executable, "-P", "-c", START, given, str(place / "output")]
    done = subprocess.run(argv, env=env, cwd="/", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "0\nnamespace\n"), done.stderr
    file = place / "output" / "file"
    assert file.read_text() == "seen\n"
    assert file.stat().st_uid == (NOBODY if prefix else os.geteuid())


def json_of(kernel: Kernel) -> str:
    return json.dumps(asdict(kernel), default=str)
