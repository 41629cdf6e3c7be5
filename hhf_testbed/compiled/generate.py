# SPDX-License-Identifier: GPL-2.0-or-later
"""Has mypyc write the model's C code: ``python -m hhf_testbed.compiled.generate DIRECTORY``.

A process of its own, because mypyc loads the whole of mypy. ``mypyc.build`` would do all of it, but
needs setuptools from Python 3.12 on; this calls what that calls.
"""

import sys
from pathlib import Path

from mypy.build import BuildSource
from mypy.errors import CompileError
from mypy.fscache import FileSystemCache
from mypy.main import process_options
from mypy.options import Options
from mypyc.codegen import emitmodule
from mypyc.errors import Errors
from mypyc.namegen import exported_name
from mypyc.options import CompilerOptions

from hhf_testbed.compiled.recipe import GROUP, LIBRARY, MODULES, source

LIB_RT = Path(emitmodule.__file__).parents[1] / "lib-rt"
SHIM = LIB_RT / "module_shim.tmpl"


def generate(directory: Path) -> None:
    """Write all C files to a directory."""
    compiler = CompilerOptions(target_dir=str(directory), group_name=GROUP)
    cache = FileSystemCache()
    sources, options = _sources(cache)
    groups: emitmodule.Groups = [(sources, GROUP)]
    typed = emitmodule.parse_and_typecheck(sources, options, compiler, groups, cache)
    errors = Errors(options)
    _, files, _ = emitmodule.compile_modules_to_c(typed, compiler, errors, groups)
    if typed.errors or errors.num_errors:
        raise CompileError(typed.errors + errors.new_messages())
    for name, text in files[0]:
        (directory / name).write_text(text, encoding="utf-8")
    _write_shims(directory)


def _sources(cache: FileSystemCache) -> tuple[list[BuildSource], Options]:
    """Set mypy up as ``mypyc.build.get_mypy_config`` does."""
    arguments = [
        "--config-file=",
        "--strict",
        "--cache-dir=/dev/null",
        *map(str, map(source, MODULES)),
    ]
    sources, options = process_options(arguments, fscache=cache, mypyc=True)
    options.python_version = sys.version_info[:2]
    options.export_types = options.preserve_asts = True
    options.incremental = False
    for each in sources:
        options.per_module_options.setdefault(each.module, {})["mypyc"] = True
    return sorted(sources, key=lambda each: each.module), options


def _write_shims(directory: Path) -> None:
    """Write one tiny C file for each module, which finds its code in the shared library."""
    template = SHIM.read_text(encoding="utf-8")
    for module in MODULES:
        full_name = f"hhf_testbed.model.{module}"
        text = template.format(
            modname=module, libname=LIBRARY, full_modname=exported_name(full_name)
        )
        (directory / f"{full_name}.c").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    try:
        generate(Path(sys.argv[1]))
    except CompileError as error:
        sys.exit("\n".join(error.messages))
