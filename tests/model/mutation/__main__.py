# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes every mutant of the model and runs the model's tests on each: what do they not notice?

    python -m tests.model.mutation [--jobs N] [FILE ...]

FILE is a file of the model, such as ``wdrr``; without any, all are meant.

Exit status 0: each mutant was killed, or is named in equivalent.toml. 1: some survive, or the list
is out of date. 2: the tests fail without any mutation, so nothing was learned.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from .equivalents import Name, named

try:
    from .killing import cpu_limit_s, survivors
    from .mutants import MODEL, mutants, unchanged
except ModuleNotFoundError as missing:
    print(f"{missing.name} is missing; python -m pip install -e '.[dev,mutation]' brings it")
    sys.exit(2)


def main() -> int:
    """Test the model's tests; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.model.mutation")
    parser.add_argument("--jobs", type=int, default=1, help="mutants tested at a time")
    parser.add_argument("files", nargs="*", metavar="FILE", help="default: all of the model")
    arguments = parser.parse_args()
    paths = [MODEL / f"{Path(name).stem}.py" for name in arguments.files]
    for path in paths:
        if not path.is_file():
            parser.error(f"{path} does not exist")
    sys.dont_write_bytecode = False  # each child would compile the tests anew
    with tempfile.TemporaryDirectory() as sys.pycache_prefix:
        return check(paths or sorted(MODEL.glob("*.py")), max(1, arguments.jobs))


def check(paths: list[Path], jobs: int) -> int:
    """Mutate the files; print what survives and what is wrong with the list of equivalents."""
    limit_s = cpu_limit_s(unchanged(paths[0]))
    if not limit_s:
        print("the model's tests fail without any mutation: pytest tests/model")
        return 2
    equivalent = named({path.name for path in paths})
    alive: set[Name] = set()
    killed: set[Name] = set()
    for path in paths:
        made = list(mutants(path))
        survived = {mutant.name for mutant in survivors(made, jobs, limit_s)}
        print(f"{path.name:24}{len(made):5} mutants, {len(survived):3} alive", flush=True)
        for name in sorted(survived - equivalent):
            print("SURVIVES: {} {}\n    {}\n    {}".format(*name), flush=True)
        alive |= survived
        killed |= {mutant.name for mutant in made} - survived
    return report(alive, killed, equivalent)


def report(alive: set[Name], killed: set[Name], equivalent: set[Name]) -> int:
    """Print the verdict; return the exit status."""
    for name in sorted(equivalent - alive):
        fate = "A TEST KILLS IT" if name in killed else "IT DOES NOT EXIST"
        print("NAMED EQUIVALENT, BUT {}: {} {}\n    {}\n    {}".format(fate, *name))
    print(
        f"{len(alive) + len(killed)} mutants: {len(killed)} killed, "
        f"{len(alive & equivalent)} equivalent (named), {len(alive - equivalent)} survive"
    )
    return int(alive != equivalent)


if __name__ == "__main__":
    sys.exit(main())
