# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Long commands: their output goes to $log, one line about them to the terminal. Sourced.

# quietly WHAT COMMAND...: runs the command; returns its status.
quietly() {
  local what=$1 since=$SECONDS status=0 watcher=
  shift
  say "$what ..."
  if [[ -t 2 ]]; then
    show_last_line & # in the background, so that Ctrl-C still reaches the command itself
    watcher=$!
  fi
  "$@" >>"$log" 2>&1 </dev/null || status=$?
  if [[ $watcher ]]; then
    kill "$watcher" 2>/dev/null || true
    wait "$watcher" 2>/dev/null || true
    printf '\r\033[K' >&2
  fi
  ((status)) || say "$what: done in $((SECONDS - since)) s"
  return "$status"
}

show_last_line() {
  exec 9>&- # a forgotten watcher must not hold the lock
  while kill -0 "$$" 2>/dev/null; do
    printf '\r\033[K     %s' "$(tail -n 1 -- "$log" | tr -d '\r' | cut -c -70)" >&2
    sleep 0.3
  done
}

# give_up WHAT: shows the end of the log, then says in one sentence what failed and why. Exits.
give_up() {
  tail -n 5 -- "$log" | sed 's/^/     /' >&2
  fail "$1 failed: $(reason); the full output is in $log"
}

# The likely reason, from the log. The first match counts: without a network apt also fails to
# locate packages, and pip also finds no matching version.
reason() {
  if logged 'no space left|enough free space|disk quota'; then
    echo "the disk is full"
  elif logged 'could not resolve|temporary failure|name resolution|could not connect|unreachable|connection (failed|refused|timed out)|newconnectionerror|cannot initiate the connection'; then
    echo "there is no network connection to the package server"
  elif logged 'could not get lock|unable to (acquire|lock)'; then
    echo "another program is installing packages and did not finish in time; try again later"
  elif logged 'dpkg was interrupted|unmet dependencies|held broken packages'; then
    echo "the package system is in disorder; 'sudo dpkg --configure -a' and 'sudo apt-get -f install' mend most of that"
  elif logged 'unable to locate package|no installation candidate'; then
    echo "apt's sources do not offer a needed package; Debian 12 or 13 with its 'main' component is needed"
  elif logged 'do not match the hashes|no matching distribution'; then
    echo "the package server does not offer the pinned versions"
  else
    echo "see above"
  fi
}

logged() { grep -qiE "$1" -- "$log"; }
