#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A heavy hitter that went away keeps its place in table T for ever, so the next is not admitted.
# Needs root, iproute2, ping and the module sch_hhf. Exit status 1: the bug is there.
set -e
ip link add bug0 type dummy
ip link set bug0 addrgenmode none # no IPv6 packets of its own
ip address add 10.9.0.1/24 dev bug0
ip link set bug0 up
# One place in table T. A heavy hitter sends more than 1000 bytes in 40 ms, and is forgotten after
# 100 ms. (Kernels that lose the hh_limit of "add" take that of "change".)
tc qdisc add dev bug0 root handle 1: hhf admit_bytes 1000 evict_timeout 100ms
tc qdisc change dev bug0 root handle 1: hhf hh_limit 1
frames() {
    ip neighbour replace "$1" lladdr 02:00:00:00:00:02 dev bug0
    ping -q -c 3 -i 0.002 -W 1 -s 958 "$1" > /dev/null || :
}
frames 10.9.0.2
tc -s qdisc show dev bug0
sleep 10 # a hundred times the time-out
for host in 3 4 5; do # one of them might by chance (1 in 1024) have the slot of the first
    frames 10.9.0.$host
done
echo "--- ten seconds later, three others have sent as much"
tc -s qdisc show dev bug0
seen=$(tc -s qdisc show dev bug0 | sed -n 's/.*hh_overlimit \([0-9]*\) tot_hh \([0-9]*\).*/\1 \2/p')
ip link delete bug0
set -- $seen
[ "$1" -eq 0 ] || { echo "BUG: $2 flow was ever admitted, $1 packets of others were not" && exit 1; }
echo "as it should be: $2 flows were admitted"
