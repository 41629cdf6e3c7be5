#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# HTB loses count of the bytes below it when hhf drops a packet of another length.
# Needs root, iproute2, ping, and the modules sch_hhf and sch_htb. Exit status 1: the bug is there.
set -e
ip link add bug0 type dummy
ip link set bug0 addrgenmode none # no IPv6 packets of its own
ip address add 10.9.0.1/24 dev bug0
ip link set bug0 up
ip neighbour add 10.9.0.2 lladdr 02:00:00:00:00:02 dev bug0
tc qdisc add dev bug0 root handle 1: htb default 1
tc class add dev bug0 parent 1: classid 1:1 htb rate 80bit burst 1b quantum 1500 # 10 bytes a second
tc qdisc add dev bug0 parent 1:1 handle 2: hhf limit 2
echo_request() { ping -q -c 1 -W 1 -s "$1" 10.9.0.2 > /dev/null || :; }
echo_request 142 # 184 bytes leave at once; the class then waits for 18 s
echo_request 18  # 60 bytes wait
echo_request 18
echo_request 958 # 1000 bytes wait, so one of 60 is dropped: NET_XMIT_CN
tc -s qdisc show dev bug0
sleep 200 # until both have left
echo "--- all have left"
tc -s qdisc show dev bug0
backlog=$(tc -s qdisc show dev bug0 root | sed -n 's/^ backlog //p')
ip link delete bug0
case $backlog in
    "0b 0p"*) echo "as it should be: htb has backlog $backlog" ;;
    *) echo "BUG: nothing waits, and htb has backlog $backlog" && exit 1 ;;
esac
