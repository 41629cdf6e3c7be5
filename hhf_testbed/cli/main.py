# SPDX-License-Identifier: GPL-2.0-or-later
"""The command ``hhf``: finds commands by name, and turns every way of ending into an exit status.

Exit status: 0 the claim holds, 1 it does not, 2 nothing was learned. As shells have it, 130 stands
for Ctrl-C, 141 for a reader that went away, 143 for SIGTERM and 129 for a terminal that did.
"""

import errno
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from types import FrameType
from typing import Final, NoReturn

import click

import hhf_testbed
from hhf_testbed import paths
from hhf_testbed.errors import LabError

COMMANDS: Final = {
    "demo": ("demo", "Compare pfifo, fq_codel and hhf under load, with the model beside them."),
    "exec": ("exec_", "Run one command in a guest."),
    "shell": ("shell", "Open the Mininet prompt in a guest."),
    "regress": ("regress", "Try every claim about hhf on a kernel, or on a changed sch_hhf.c."),
    "mutate": ("mutate", "Put small faults into sch_hhf.c: does the regression suite see them?"),
    "conform": ("conform", "Compare the kernel with the model, packet for packet."),
    "verify": ("verify", "Run again from a run's record and compare every byte."),
    "report": ("report", "Draw the report again from stored data."),
    "replay": ("replay", "Say what HHF would do to captured traffic."),
    "xray": ("xray", "Show what goes on inside HHF over time, of a run or of captured traffic."),
    "model": ("model", "Compare kernels' behaviour in words; compile and time the model."),
    "kernel": ("kernel", "List, build and locate kernels."),
    "doctor": ("doctor", "Say what is missing, and the command that mends it."),
    "test": ("test", "Check everything that must hold before a change lands."),
}
"""Command: the module in ``hhf_testbed.cli`` that has it under the same name, and its help line.

The help line is here so that ``hhf --help`` imports no command.
"""

INTERRUPTED: Final = 128 + 2
READER_GONE: Final = 128 + 13
DISK_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is used, and not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Name the commands whose module exists."""
        return [name for name, (module, _) in COMMANDS.items() if find_spec(_full(module))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command, or nothing if there is none of that name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = COMMANDS[cmd_name][0]
        command = getattr(import_module(_full(module)), module)
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the arguments name."""
        if args[0] not in (known := self.list_commands(ctx)):
            ctx.fail(f"There is no command {args[0]!r}; allowed are {', '.join(known)}.")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])


def _full(module: str) -> str:
    return f"hhf_testbed.cli.{module}"


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(hhf_testbed.__version__, prog_name="hhf")
def hhf() -> None:
    """A testbed for the Linux kernel's HHF packet scheduler.

    Exit status: 0 the claim holds, 1 it does not, 2 the lab failed or the request was wrong.
    """


def main() -> None:
    """Run the command line of this process and exit."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:  # nohup stays nohup
            signal.signal(number, _unwind)
    sys.exit(run(sys.argv[1:]))


def _unwind(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
    """Let a signal end everything as Ctrl-C does, so that guests and scratch directories go too."""
    raise SystemExit(128 + number)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status."""
    try:
        status = _invoke(arguments)
        sys.stdout.flush()
        return status
    except (KeyboardInterrupt, click.Abort):
        return _end(INTERRUPTED, "interrupted")
    except BrokenPipeError:
        # As Python's notes on SIGPIPE advise: what is still buffered must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    except LabError as error:
        return _end(2, str(error))
    except Exception as error:
        return _end(2, _explain(error))


def _invoke(arguments: Sequence[str]) -> int:
    """Do what ``click.Group.main`` does, which would end a broken pipe with exit status 1."""
    try:
        with hhf.make_context("hhf", list(arguments)) as context:
            status = hhf.invoke(context)
    except click.exceptions.Exit as exit_:
        status = exit_.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        status = error.exit_code
    except click.ClickException as error:
        status = _end(2, _usage(error))
    return status if type(status) is int else 0


def _usage(error: click.ClickException) -> str:
    """Say in one sentence what was wrong with the request, and where to read what is allowed."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "hhf"
    return f"{error.format_message()} See '{path} --help'."


def _end(status: int, sentence: str) -> int:
    print(f"hhf: {sentence}", file=sys.stderr)
    return status


def _explain(error: Exception) -> str:
    """Say in one sentence what an exception means that no command turned into a ``LabError``."""
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        return f"the disk is full: {error.filename or error.strerror}; make room and run it again"
    if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("hhf_testbed"):
        return f"the Python module {error.name} is missing; 'hhf doctor' says how to mend that"
    if os.environ.get("HHF_DEBUG"):
        traceback.print_exception(error)
        return "this is a bug in hhf-testbed; the traceback is above"
    return f"this is a bug in hhf-testbed ({type(error).__name__}); {_keep_traceback(error)}"


def _keep_traceback(error: Exception) -> str:
    """Write the traceback to a file in the cache, and say where it is."""
    try:
        directory = paths.cache_dir()
        directory.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="bug-", suffix=".txt", dir=directory)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"hhf-testbed {hhf_testbed.__version__}, Python {sys.version}\n")
            file.write(f"{sys.argv}\n")
            traceback.print_exception(error, file=file)
    except OSError as failure:
        return f"set HHF_DEBUG=1 to see the traceback (it could not be kept: {failure})"
    return f"the traceback is in {name}"


if __name__ == "__main__":
    main()
