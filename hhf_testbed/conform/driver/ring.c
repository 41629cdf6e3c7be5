// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include "clock.h"
#include "frame.h"
#include "log.h"
#include "ring.h"

#define RING_FRAMES 65536u
#define RING_FRAME_BYTES 128u		/* header, address and 62 bytes of the frame */
#define BLOCK_BYTES 65536u

static unsigned char *ring;
static unsigned int ring_at;
static int from_wire;
static uint64_t realtime_offset_ns;

void open_ring(void)
{
	struct tpacket_req request = { BLOCK_BYTES, RING_FRAMES / (BLOCK_BYTES / RING_FRAME_BYTES),
				       RING_FRAME_BYTES, RING_FRAMES };
	int version = TPACKET_V2;

	from_wire = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	if (from_wire < 0 ||
	    setsockopt(from_wire, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) ||
	    setsockopt(from_wire, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)))
		die("packet ring");
	ring = mmap(NULL, (size_t)RING_FRAMES * RING_FRAME_BYTES, PROT_READ | PROT_WRITE,
		    MAP_SHARED, from_wire, 0);
	if (ring == MAP_FAILED)
		die("mapping the packet ring");
	realtime_offset_ns = clock_ns(CLOCK_REALTIME);
	realtime_offset_ns -= clock_ns(CLOCK_MONOTONIC) - 256;	/* the second reading is one later */
}

/* Write down every frame that has left since the last look. */
void look(void)
{
	for (;;) {
		struct tpacket2_hdr *slot = (void *)(ring + (size_t)ring_at * RING_FRAME_BYTES);
		unsigned char *data = (unsigned char *)slot + slot->tp_mac;
		uint32_t number;

		if (!(*(volatile uint32_t *)&slot->tp_status & TP_STATUS_USER))
			return;
		if (slot->tp_snaplen >= NUMBER_AT + 4 && !memcmp(data, TO, 6)) {
			memcpy(&number, data + NUMBER_AT, 4);
			put(REC_DEPART, slot->tp_sec * SECOND + slot->tp_nsec - realtime_offset_ns,
			    number);
		}
		slot->tp_status = TP_STATUS_KERNEL;
		ring_at = (ring_at + 1) % RING_FRAMES;
	}
}

/* Say how many frames did not fit. */
void put_lost(void)
{
	struct tpacket_stats lost;
	socklen_t size = sizeof(lost);

	if (getsockopt(from_wire, SOL_PACKET, PACKET_STATISTICS, &lost, &size))
		die("packet statistics");
	put(REC_LOST, 0, lost.tp_drops);
}
