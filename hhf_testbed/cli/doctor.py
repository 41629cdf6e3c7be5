# SPDX-License-Identifier: GPL-2.0-or-later
"""``hhf doctor``: what is missing, and the exact command that mends it."""

import click

import hhf_testbed.doctor


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the checks for a program to read.")
def doctor(as_json: bool) -> int:
    """Say what is missing, and the command that mends it.

    Exit status: 0 if all that is needed is there, 2 if not.
    """
    return hhf_testbed.doctor.report(as_json=as_json)
