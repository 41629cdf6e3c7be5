# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Installs the Debian packages in $missing. Sourced by setup/provision.

# The last settings keep a machine without a network from waiting for minutes.
apt=(env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300
  -o Acquire::Retries=2 -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30)

provide_packages() {
  if ! on_debian; then
    require_commands
  elif ((${#missing[@]})); then
    say "to be installed from Debian: ${missing[*]}"
    become_root
    update_lists
    quietly "installing Debian packages: ${#missing[@]} and what they need" \
      "${root[@]}" "${apt[@]}" install --no-install-recommends "${missing[@]}" ||
      give_up "installing Debian packages"
    find_missing_packages
    ((${#missing[@]} == 0)) || fail "apt installed without an error, yet these are missing: ${missing[*]}"
  fi
}

# Sets $root, the prefix that makes a command run as root. Only apt-get is run with it.
become_root() {
  root=()
  (($(id -u))) || return 0
  command -v sudo >/dev/null ||
    fail "installing Debian packages needs root, and there is no sudo here; as root run: $(install_command)"
  root=(sudo)
  sudo -n true 2>/dev/null && return
  [[ -t 0 ]] ||
    fail "sudo wants a password, and there is no terminal to type it at; first run: $(install_command)"
  say "apt-get needs root for this, so sudo asks for your password; nothing else is run as root"
  sudo -v || fail "sudo did not give root, which apt-get needs; have an administrator run: $(install_command)"
}

# Always before installing: old lists name versions that are gone. If it fails, installing may still
# work from what apt already has; if that fails too, the log tells why.
update_lists() {
  local tries=0
  until quietly "updating apt's package lists" "${root[@]}" "${apt[@]}" \
    -o APT::Update::Error-Mode=any update; do
    # DPkg::Lock::Timeout does not cover the lock on the lists.
    if ! tail -n 3 -- "$log" | grep -q 'lists/lock' || ((tries++ == 30)); then
      say "that failed; going on with what apt has"
      apt+=(-o Acquire::Retries=0)
      return 0
    fi
    sleep 2
  done
}

install_command() { echo "sudo apt-get install --no-install-recommends ${missing[*]}"; }

# Not Debian: nothing can be installed here, but everything may be there.
require_commands() {
  local command absent=()
  for command in "${commands[@]}"; do
    [[ $command == - ]] || PATH=$PATH:/usr/sbin:/sbin command -v "$command" >/dev/null || absent+=("$command")
  done
  ((${#absent[@]} == 0)) ||
    fail "this is not Debian (there is no apt-get), so install these commands yourself: ${absent[*]}"
}
