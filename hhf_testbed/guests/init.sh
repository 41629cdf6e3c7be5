#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# PID 1 of a guest: lays memory over the host's read-only files, runs one command, powers off.
# The kernel's working directory on the host is where the two sides meet. Through hostfs the host's
# own /proc tells which it is; the kernel's command line must not, because it feeds its entropy.
#   settings  shell function insert_modules
#   command   the shell script to run
#   output    symbolic link to the one host directory that may be written
#   status    written here: the command's exit status; missing when the guest was lost
# Everything is given in files: spaces do not survive the kernel command line.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
root=/mnt/root

power_off() {
    sync # hostfs keeps written pages back like any file system
    echo o > /proc/sysrq-trigger
    while :; do sleep 1; done
}

die() {
    echo "hhf-init: $*" > /dev/console
    power_off
}

must() {
    "$@" || die "failed: $*"
}

lay_memory_over_host() {
    must mount -t tmpfs -o size=50% memory /mnt
    must mkdir /mnt/upper /mnt/work $root
    must mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay $root
    must mount -t proc proc $root/proc
    must mount -t sysfs sysfs $root/sys
    must mount -t devtmpfs devtmpfs $root/dev
    must mkdir -p $root/dev/pts $root/dev/shm $root/dev/net
    must mount -t devpts -o ptmxmode=666 devpts $root/dev/pts
    must mount -t tmpfs memory $root/dev/shm
    must mount -t tmpfs memory $root/run
    must mkdir -p $root/run/hhf/control $root/run/hhf/output
    ln -sfn /proc/self/fd $root/dev/fd
    ln -sfn /dev/pts/ptmx $root/dev/ptmx
}

control=$(readlink /proc/self/cwd) || die "the host's /proc does not show the kernel's directory"
must mount -t proc proc /proc
lay_memory_over_host
must mount -t hostfs -o "$control" none $root/run/hhf/control
. $root/run/hhf/control/settings
must mount -t hostfs -o "$control/output" none $root/run/hhf/output
insert_modules
# Not chroot: a process that joins another mount namespace (mnexec -a) would escape from it.
must mkdir -p $root/mnt/host
cd $root || die "no $root"
must pivot_root . mnt/host
cd /
must umount -l /mnt/host
echo hhf > /proc/sys/kernel/hostname
must ip link set lo up
/bin/sh /run/hhf/control/command
echo $? > /run/hhf/control/status
power_off
