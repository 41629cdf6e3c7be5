# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Makes the Python environment $venv from setup/requirements.lock. Sourced by setup/provision.

need_mb=600 # measured: 370 MB, and the same again in pip's cache for what it downloads

make_environment() {
  local free_mb
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "$python is not Python 3.11 or later; set HHF_PYTHON to one that is"
  free_mb=$(df --output=avail -B1M -- "$cache" | tail -n 1)
  ((free_mb >= need_mb)) ||
    fail "only $((free_mb)) MB are free in $cache, and the Python environment needs $need_mb; make room, or set HHF_CACHE to another disk"
  rm -rf -- "$venv" # half-made
  quietly "making the Python environment" build_environment || give_up "making the Python environment"
}

# Steps are chained: this runs where 'set -e' has no effect.
#
# A compiled module of our own (say, the model by mypyc) does not belong here: it depends on the
# checkout, not on the lock file. It goes to a directory of its own beside $venv, named by the hash of
# its source, after this and before PYTHONPATH is set in ./hhf.
build_environment() {
  "$python" -m venv -- "$venv" &&
    install_lock &&
    compile_all &&
    link_mininet &&
    : >"$venv/complete"
}

install_lock() {
  local pip=("$venv/bin/python" -m pip --disable-pip-version-check --no-input)
  export PIP_USER=0 # a user's own setting would be refused inside an environment
  "${pip[@]}" install --require-hashes --only-binary :all: --no-compile --progress-bar off \
    --retries 2 --timeout 30 -r "$top/setup/requirements.lock" &&
    # Python 3.11 puts it there unasked. It would replace distutils, which Mininet imports, by its own.
    "${pip[@]}" uninstall -y setuptools
}

# On all CPUs, which pip would not do. Packages ship files of older syntax: those may fail.
compile_all() { "$venv/bin/python" -m compileall -q -j 0 "$venv/lib" || true; }

# Mininet comes from Debian. Only this package of the system's is let in, not all of them: others
# would depend on the machine (pytest, for one, loads every plug-in that it can see).
link_mininet() {
  local found
  found=$("$python" -I -c 'import mininet; print(mininet.__path__[0])') &&
    ln -s -- "$found" "$(echo "$venv"/lib/python3*/site-packages)/mininet"
}
