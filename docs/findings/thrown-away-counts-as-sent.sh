#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Packets that "tc qdisc change" throws away are counted as sent, and not as dropped.
# Needs root, iproute2, ping, and the modules sch_hhf and sch_htb. Exit status 1: the bug is there.
set -e
ip link add bug0 type dummy
ip link set bug0 addrgenmode none # no IPv6 packets of its own
ip address add 10.9.0.1/24 dev bug0
ip link set bug0 up
ip neighbour add 10.9.0.2 lladdr 02:00:00:00:00:02 dev bug0
tc qdisc add dev bug0 root handle 1: htb default 1
tc class add dev bug0 parent 1: classid 1:1 htb rate 80bit burst 1b quantum 1500 # 10 bytes a second
tc qdisc add dev bug0 parent 1:1 handle 2: hhf
ping -q -c 10 -i 0.002 -W 1 10.9.0.2 > /dev/null || : # one leaves, nine wait
tc qdisc change dev bug0 parent 1:1 handle 2: hhf limit 1
tc -s qdisc show dev bug0 parent 1:1
ip -s link show bug0
sent=$(tc -s qdisc show dev bug0 parent 1:1 | sed -n 's/^ Sent [0-9]* bytes \([0-9]*\) pkt (dropped \([0-9]*\),.*/\1 \2/p')
left=$(cat /sys/class/net/bug0/statistics/tx_packets)
ip link delete bug0
set -- $sent
echo "hhf says that it sent $1 and dropped $2; $left left the interface"
[ "$1" -eq "$left" ] || { echo "BUG: what was thrown away counts as sent" && exit 1; }
