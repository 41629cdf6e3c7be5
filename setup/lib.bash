# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034 # the variables are for the scripts that source this
#
# What ./hhf and setup/provision agree on. Sourced, with $top set to the checkout.

# Raised when setup/provision makes the Python environment in another way from the same lock file.
recipe=1

say() { printf 'hhf: %s\n' "$*" >&2; }
fail() { say "$*"; exit 2; }

on_debian() { command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; }

# Fills $packages and, in the same order, $commands from the one list.
read_packages() {
  local package command _
  packages=() commands=()
  while read -r package command _; do
    [[ $package && $package != \#* ]] || continue
    packages+=("$package") commands+=("$command")
  done <"$top/setup/debian-packages"
}

# Fills $missing with the packages that are not installed; one call, because every start pays for it.
find_missing_packages() {
  local installed package
  missing=()
  on_debian || return 0
  installed=" $(dpkg-query -W -f '${db:Status-Status}:${Package} ' "${packages[@]}" 2>/dev/null || true)"
  for package in "${packages[@]}"; do
    [[ $installed == *" installed:$package "* ]] || missing+=("$package")
  done
}

# Sets $cache by the rule of hhf_testbed/paths.py.
find_cache() {
  if [[ ${HHF_CACHE-} ]]; then
    cache=$HHF_CACHE
  elif [[ ${XDG_CACHE_HOME-} ]]; then
    cache=$XDG_CACHE_HOME/hhf-testbed
  elif [[ ${HOME-} ]]; then
    cache=$HOME/.cache/hhf-testbed
  else
    fail "HOME is not set; set it, or set HHF_CACHE to a directory for kernels and the Python environment"
  fi
  [[ $cache == /* ]] || cache=$PWD/$cache
}

# Sets $python and $venv. Debian's own interpreter: another python3 may come first in PATH.
find_environment() {
  local digest
  python=$(readlink -f -- "${HHF_PYTHON:-/usr/bin/python3}" || true)
  digest=$(sha256sum <"$top/setup/requirements.lock")
  venv=$cache/venv-${python##*/}-${digest:0:12}-$recipe
}

# The environment is made in place and marked last, so a half-made one is never used.
environment_ready() { [[ -e $venv/complete && -x $venv/bin/python ]]; }
