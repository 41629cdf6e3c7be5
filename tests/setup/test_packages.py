# SPDX-License-Identifier: GPL-2.0-or-later
"""Missing Debian packages: found, installed, or refused with one clear sentence."""

from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
PROVISION = TOP / "setup/provision"


def last_line(text: str) -> str:
    """Return what a person reads last."""
    return text.strip().splitlines()[-1]


def test_only_what_is_missing_is_installed(machine, packages) -> None:
    machine.install(*packages[1:])
    machine.python()
    machine.fake(
        "apt-get", f'echo "apt-get $*" >>"$CALLS"; echo "echo -n installed:{packages[0]}\\ " '
        f'>>"{machine.bin}/dpkg-query"',
    )  # fmt: skip
    ended = machine.run(PROVISION)
    assert ended.returncode == 0, ended.stderr
    installs = [line for line in machine.called().splitlines() if " install " in line]
    assert "apt-get" in installs[0]
    assert installs[0].endswith(f"install --no-install-recommends {packages[0]}")


def test_a_removed_package_with_configuration_left_is_missing(machine, packages) -> None:
    machine.install(*packages)
    machine.fake("dpkg-query", f"echo -n 'config-files:{packages[0]} '")
    ended = machine.run(PROVISION, "--check")
    assert ended.returncode == 2
    assert packages[0] in ended.stderr


def test_setup_that_is_forbidden_says_what_is_missing_and_installs_nothing(machine) -> None:
    machine.install("gcc")
    machine.python()
    ended = machine.run(TOP / "hhf", "demo", HHF_NO_SETUP="1")
    assert ended.returncode == 2
    assert "missing Debian packages: libc6-dev make" in ended.stderr
    assert "sudo apt-get install --no-install-recommends libc6-dev" in ended.stderr
    assert "apt-get" not in machine.called()


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("E: Temporary failure resolving 'mirror'", "no network connection"),
        ("E: You don't have enough free space in /var/cache/apt/archives/.", "disk is full"),
        ("dpkg: error: failed to write: No space left on device", "disk is full"),
        ("E: Could not get lock /var/lib/dpkg/lock-frontend.", "another program is installing"),
        ("E: dpkg was interrupted, you must manually run ...", "dpkg --configure -a"),
        ("E: Unable to locate package mininet", "do not offer a needed package"),
        ("E: never heard of", "see above"),
    ],
)
def test_a_failing_apt_is_one_sentence_with_the_reason_and_the_log(
    machine, output: str, reason: str
) -> None:
    machine.install()
    machine.fake("apt-get", f'[[ $* == *update* ]] || {{ echo "{output}"; exit 100; }}')
    ended = machine.run(PROVISION)
    assert ended.returncode == 2
    assert last_line(ended.stderr).startswith("hhf: installing Debian packages failed: ")
    assert reason in last_line(ended.stderr)
    assert str(machine.cache / "setup.log") in last_line(ended.stderr)
    assert output.replace("\\", "") in ended.stderr


def test_lists_that_cannot_be_updated_do_not_stop_an_installation(machine, packages) -> None:
    machine.python()
    machine.install()
    installed = " ".join(f"installed:{package}" for package in packages)
    machine.fake(
        "apt-get",
        "[[ $* != *update* ]] || exit 100\n"
        f"echo 'echo -n {installed}\\ ' >{machine.bin}/dpkg-query",
    )
    ended = machine.run(PROVISION)
    assert "that failed; going on with what apt has" in ended.stderr
    assert ended.returncode == 0, ended.stderr


def test_no_network_counts_before_the_packages_that_apt_then_cannot_find(machine) -> None:
    machine.install()
    machine.fake(
        "apt-get", "case $* in *update*) echo 'W: Could not resolve host';; "
        "*) echo 'E: Unable to locate package gcc'; exit 100;; esac",
    )  # fmt: skip
    assert "no network connection" in last_line(machine.run(PROVISION).stderr)


def test_without_root_and_without_sudo_the_command_for_root_is_named(machine) -> None:
    machine.install()
    machine.fake("id", "echo 1000")
    ended = machine.run(PROVISION)
    assert ended.returncode == 2
    assert "there is no sudo here; as root run: sudo apt-get install" in last_line(ended.stderr)


def test_sudo_that_wants_a_password_without_a_terminal_is_not_waited_for(machine) -> None:
    machine.install()
    machine.fake("id", "echo 1000")
    machine.fake("sudo", "exit 1")
    ended = machine.run(PROVISION)
    assert ended.returncode == 2
    assert "no terminal to type it at" in last_line(ended.stderr)


def test_only_apt_is_run_as_root(machine) -> None:
    machine.install()
    machine.fake("id", "echo 1000")
    machine.fake("sudo", 'echo "sudo $*" >>"$CALLS"')
    machine.run(PROVISION)
    asked = [line for line in machine.called().splitlines() if line != "sudo -n true"]
    assert len(asked) == 2
    assert all(line.startswith("sudo env DEBIAN_FRONTEND=noninteractive apt-get") for line in asked)


def test_a_machine_that_is_not_debian_is_told_which_commands_to_install(machine) -> None:
    machine.python()
    ended = machine.run(PROVISION)
    assert ended.returncode == 2
    assert "this is not Debian" in last_line(ended.stderr)
    assert " flex " in last_line(ended.stderr)
