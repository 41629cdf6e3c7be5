// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>
#include "log.h"
#include "request.h"

#define REPLY_BYTES 65536

static int netlink;

void open_netlink(void)
{
	netlink = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	if (netlink < 0)
		die("netlink socket");
}

/* Answers with errno; all else that the kernel says is written down. */
uint32_t ask(const char *message, uint32_t bytes)
{
	static char reply[REPLY_BYTES];

	if (send(netlink, message, bytes, 0) != (ssize_t)bytes)
		die("sending to netlink");
	for (;;) {
		ssize_t got = recv(netlink, reply, sizeof(reply), MSG_DONTWAIT);
		struct nlmsghdr *head = (void *)reply;

		if (got < 0)
			die("netlink did not answer");
		if (head->nlmsg_type == NLMSG_ERROR)
			return -((struct nlmsgerr *)NLMSG_DATA(head))->error;
		if (fwrite(reply, got, 1, replies) != 1)
			die("writing the replies");
	}
}

uint32_t read_key(void)
{
	char text[4096];
	int file = open("/proc/hhf_key", O_RDONLY);
	ssize_t got = file < 0 ? -1 : read(file, text, sizeof(text));

	if (got < 0)
		return errno;
	close(file);
	fwrite(text, got, 1, replies);
	return 0;
}
