#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# An evict_timeout near 2^32 microseconds is none: a heavy hitter has expired one tick later.
# Needs root, iproute2, ping and the module sch_hhf. Exit status 1: the bug is there.
set -e
ip link add bug0 type dummy
ip link set bug0 addrgenmode none # no IPv6 packets of its own
ip address add 10.9.0.1/24 dev bug0
ip link set bug0 up
ip neighbour add 10.9.0.2 lladdr 02:00:00:00:00:02 dev bug0
seen=""
for timeout in 4200s 4294967295us; do
    tc qdisc replace dev bug0 root handle 1: hhf
    tc qdisc delete dev bug0 root
    tc qdisc add dev bug0 root handle 1: hhf admit_bytes 1000 evict_timeout $timeout
    ping -q -c 5 -i 0.1 -W 1 -s 958 10.9.0.2 > /dev/null || : # each packet alone passes no 1000
    ping -q -c 5 -i 0.1 -W 1 -s 1058 10.9.0.2 > /dev/null || :
    tc -s qdisc show dev bug0
    seen="$seen $(tc -s qdisc show dev bug0 | sed -n 's/.*tot_hh \([0-9]*\).*/\1/p')"
done
ip link delete bug0
set -- $seen
echo "admissions with 4200 s: $1, with 4294.967295 s: $2"
[ "$1" -eq "$2" ] || { echo "BUG: with the longer time-out the flow is forgotten at once" && exit 1; }
