// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>
#include "frame.h"
#include "log.h"

#define MAX_FRAME (65536 + 14)

const unsigned char TO[6] = { 2, 'h', 'h', 'f', 0, 2 };
static const unsigned char FROM[6] = { 2, 'h', 'h', 'f', 0, 1 };
static unsigned char frame[MAX_FRAME];
static int to_wire;

/* Ethernet, IPv4 and UDP, for the flow: see five_tuple in flow_hash.py. */
static void make_headers(void)
{
	memcpy(frame, TO, 6);
	memcpy(frame + 6, FROM, 6);
	frame[12] = 0x08;
	frame[14] = 0x45;
	frame[22] = 64;		/* time to live */
	frame[23] = 17;		/* UDP */
	frame[26] = 10;		/* source 10.1.x.y, x.y being the flow */
	frame[27] = 1;
	frame[30] = 10;		/* destination 10.2.0.1 */
	frame[31] = 2;
	frame[33] = 1;
	frame[36] = 0x10;	/* destination port 4096 */
}

void open_sender(void)
{
	int bytes = 1 << 30;	/* what waits in the qdisc counts against the sender's buffer */

	to_wire = socket(AF_PACKET, SOCK_RAW, 0);
	if (to_wire < 0 || setsockopt(to_wire, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)))
		die("packet socket");
	make_headers();
}

uint32_t send_frame(uint32_t flow, uint32_t bytes, uint32_t ifindex, uint32_t number)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP),
				  .sll_ifindex = ifindex, .sll_halen = 6 };
	uint16_t total = htons(bytes - 14), udp = htons(bytes - 34);

	memcpy(frame + 16, &total, 2);
	frame[28] = frame[34] = flow >> 8;
	frame[29] = frame[35] = flow;
	memcpy(frame + 38, &udp, 2);
	memcpy(frame + NUMBER_AT, &number, 4);
	if (sendto(to_wire, frame, bytes, 0, (void *)&to, sizeof(to)) == (ssize_t)bytes)
		return 0;
	return errno;
}
