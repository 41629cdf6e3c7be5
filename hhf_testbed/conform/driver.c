// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plays scenarios to the kernel it runs on, and writes down what the kernel did, in true order.
 *
 *     driver HZ PROGRAM REQUESTS LOG REPLIES
 *
 * PROGRAM is an array of struct op, made by program.py; REQUESTS holds the netlink messages that
 * its REQUEST ops point into. LOG becomes an array of struct record; REPLIES what netlink answered.
 *
 * Why the order is true: in virtual time only two things let time pass, sleeping and reading the
 * clock in process context (timer_read, arch/um/kernel/time.c), and a qdisc runs with bottom halves
 * off. So what the ring holds after sendto() and did not hold before it, left because of it and
 * after it. The ring is shared memory; looking costs no system call and no time.
 *
 * Why the jiffies are true: some sends do let about 1 us pass (seen while the class is throttled),
 * and the kernel's own threads some more. So the clock is read after each sleep and every few
 * steps; no step is taken near a tick, and the time is written down for the model.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { OP_START, OP_REQUEST, OP_KEY, OP_SEND };
enum { REC_START, REC_DONE, REC_DEPART, REC_LOST, REC_TIME };

struct op {
	uint64_t at_ns;		/* after the last START; OP_START: not before, since boot */
	uint32_t kind;
	uint32_t a;		/* SEND: flow; REQUEST: offset */
	uint32_t b;		/* SEND: bytes; REQUEST: bytes */
	uint32_t ifindex;
};

struct record {
	uint64_t ns;		/* START, DEPART, TIME: since boot; DONE: offset in REPLIES */
	uint32_t kind;
	uint32_t value;		/* DONE: errno; DEPART: number of the op that sent it */
};

#define SECOND 1000000000ULL
#define START_OFFSET_NS 500000ULL	/* the middle of a tick at HZ 1000, within one at all HZ */
#define BEFORE_EDGE_NS 60000ULL		/* no step so near before a tick, nor so near after it: */
#define AFTER_EDGE_NS 20000ULL		/* the model must not doubt in which jiffy it falls */
#define STEPS_PER_LOOK 16		/* some kinds take 1.3 us each, so 21 us */
#define MAX_FRAME (65536 + 14)
#define RING_FRAMES 65536u
#define RING_FRAME_BYTES 128u		/* header, address and 62 bytes of the frame */
#define BLOCK_BYTES 65536u
#define REPLY_BYTES 65536

static const unsigned char TO[6] = { 2, 'h', 'h', 'f', 0, 2 };
static const unsigned char FROM[6] = { 2, 'h', 'h', 'f', 0, 1 };
static unsigned char frame[MAX_FRAME];
static unsigned char *ring;
static unsigned int ring_at;
static int to_wire, from_wire, netlink;
static FILE *log_file, *replies;
static uint64_t realtime_offset_ns, start_ns, hz;

static void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static void put(uint32_t kind, uint64_t ns, uint32_t value)
{
	struct record record = { ns, kind, value };

	if (fwrite(&record, sizeof(record), 1, log_file) != 1)
		die("writing the log");
}

static uint64_t clock_ns(clockid_t id)
{
	struct timespec now;

	if (clock_gettime(id, &now))
		die("clock_gettime");
	return now.tv_sec * SECOND + now.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
	struct timespec until = { ns / SECOND, ns % SECOND };

	if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL))
		die("clock_nanosleep");
}

/* Write down every frame that has left since the last look. */
static void look(void)
{
	for (;;) {
		struct tpacket2_hdr *slot = (void *)(ring + (size_t)ring_at * RING_FRAME_BYTES);
		unsigned char *data = (unsigned char *)slot + slot->tp_mac;
		uint32_t number;

		if (!(*(volatile uint32_t *)&slot->tp_status & TP_STATUS_USER))
			return;
		if (slot->tp_snaplen >= 46 && !memcmp(data, TO, 6)) {
			memcpy(&number, data + 42, 4);
			put(REC_DEPART, slot->tp_sec * SECOND + slot->tp_nsec - realtime_offset_ns,
			    number);
		}
		slot->tp_status = TP_STATUS_KERNEL;
		ring_at = (ring_at + 1) % RING_FRAMES;
	}
}

static void open_ring(void)
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
}

static void open_sockets(void)
{
	int bytes = 1 << 30;	/* what waits in the qdisc counts against the sender's buffer */

	open_ring();
	to_wire = socket(AF_PACKET, SOCK_RAW, 0);
	if (to_wire < 0 || setsockopt(to_wire, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)))
		die("packet socket");
	netlink = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	if (netlink < 0)
		die("netlink socket");
}

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

static uint32_t send_frame(const struct op *op, uint32_t number)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP),
				  .sll_ifindex = op->ifindex, .sll_halen = 6 };
	uint16_t total = htons(op->b - 14), udp = htons(op->b - 34);

	memcpy(frame + 16, &total, 2);
	frame[28] = frame[34] = op->a >> 8;
	frame[29] = frame[35] = op->a;
	memcpy(frame + 38, &udp, 2);
	memcpy(frame + 42, &number, 4);
	if (sendto(to_wire, frame, op->b, 0, (void *)&to, sizeof(to)) == (ssize_t)op->b)
		return 0;
	return errno;
}

static uint32_t ask(char *message, uint32_t bytes)
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

static uint32_t read_key(void)
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

/* The given time, or one safely after the tick that it is too near to. */
static uint64_t off_edge(uint64_t ns)
{
	uint64_t tick = (ns + BEFORE_EDGE_NS) * hz / SECOND;
	uint64_t safe = (tick * SECOND + hz - 1) / hz + AFTER_EDGE_NS;

	return safe > ns ? safe : ns;
}

/*
 * Read the clock, wait if a tick is near, and write down what time it is. ``awake``: no sleep since
 * the last time; then a tick between the two would leave the steps between in doubt.
 */
static void tell_time(int awake)
{
	static uint64_t told;
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (awake && now * hz / SECOND != told * hz / SECOND) {
		errno = ETIME;
		die("steps without a sleep took so long that a tick passed");
	}
	while (off_edge(now) != now) {
		sleep_until(off_edge(now));
		look();
		now = clock_ns(CLOCK_MONOTONIC);
	}
	told = now;
	put(REC_TIME, now, 0);
}

static void begin(const struct op *op)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	uint64_t next = (now / SECOND + 1) * SECOND + START_OFFSET_NS;

	if (op->at_ns && op->at_ns < now) {
		errno = ETIME;
		die("a scenario that starts at a fixed time came too late");
	}
	start_ns = op->at_ns ? off_edge(op->at_ns) : next;
	put(REC_START, start_ns, 0);
	sleep_until(start_ns);
	look();
}

static uint32_t carry_out(const struct op *op, uint32_t number, char *requests)
{
	if (op->kind == OP_SEND)
		return send_frame(op, number);
	if (op->kind == OP_REQUEST)
		return ask(requests + op->a, op->b);
	return read_key();
}

static void play(const struct op *op, uint32_t number, char *requests)
{
	static uint64_t waited_until_ns;
	static int steps;
	uint64_t offset = ftell(replies);
	uint32_t error;

	if (op->kind == OP_START) {
		begin(op);
		waited_until_ns = steps = 0;
		return;
	}
	if (op->at_ns > waited_until_ns) {
		waited_until_ns = op->at_ns;
		sleep_until(start_ns + op->at_ns);
		steps = 0;
	}
	/* Not between two requests: those of one sample belong together. */
	if (op->at_ns && (steps == 0 || op->kind != op[-1].kind ||
			  (op->kind == OP_SEND && steps % STEPS_PER_LOOK == 0)))
		tell_time(steps);
	steps++;
	look();
	error = carry_out(op, number, requests);
	put(REC_DONE, offset, error);
	look();
}

static void *slurp(const char *path, size_t *bytes)
{
	struct stat about;
	int file = open(path, O_RDONLY);
	char *data;
	size_t done = 0;
	ssize_t got;

	if (file < 0 || fstat(file, &about) || !(data = malloc(about.st_size + 1)))
		die(path);
	while ((got = read(file, data + done, about.st_size - done)) > 0)
		done += got;
	close(file);
	*bytes = done;
	return data;
}

/* Kept in memory until the end, because writing a file may let time pass. */
static FILE *open_memory(char **data, size_t *bytes)
{
	FILE *file = open_memstream(data, bytes);

	if (!file)
		die("memory");
	return file;
}

static void save(const char *path, FILE *file, char **data, size_t *bytes)
{
	FILE *target = fopen(path, "wb");

	if (!target || fclose(file) || fwrite(*data, 1, *bytes, target) != *bytes ||
	    fclose(target))
		die(path);
}

int main(int argc, char **argv)
{
	struct tpacket_stats lost;
	socklen_t size = sizeof(lost);
	size_t bytes, request_bytes, log_bytes, reply_bytes;
	char *log_data, *reply_data;
	struct op *ops;
	char *requests;

	if (argc != 6)
		return 2;
	hz = strtoull(argv[1], NULL, 10);
	ops = slurp(argv[2], &bytes);
	requests = slurp(argv[3], &request_bytes);
	log_file = open_memory(&log_data, &log_bytes);
	replies = open_memory(&reply_data, &reply_bytes);
	prctl(PR_SET_TIMERSLACK, 1);
	open_sockets();
	make_headers();
	realtime_offset_ns = clock_ns(CLOCK_REALTIME);
	realtime_offset_ns -= clock_ns(CLOCK_MONOTONIC) - 256;	/* the second reading is one later */
	for (uint32_t number = 0; number < bytes / sizeof(*ops); number++)
		play(&ops[number], number, requests);
	if (getsockopt(from_wire, SOL_PACKET, PACKET_STATISTICS, &lost, &size))
		die("packet statistics");
	put(REC_LOST, 0, lost.tp_drops);
	save(argv[4], log_file, &log_data, &log_bytes);
	save(argv[5], replies, &reply_data, &reply_bytes);
	return 0;
}
