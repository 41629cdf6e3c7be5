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
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "clock.h"
#include "frame.h"
#include "log.h"
#include "request.h"
#include "ring.h"

enum { OP_START, OP_REQUEST, OP_KEY, OP_SEND };

struct op {
	uint64_t at_ns;		/* after the last START; OP_START: not before, since boot */
	uint32_t kind;
	uint32_t a;		/* SEND: flow; REQUEST: offset */
	uint32_t b;		/* SEND: bytes; REQUEST: bytes */
	uint32_t ifindex;
};

#define START_OFFSET_NS 500000ULL	/* the middle of a tick at HZ 1000, within one at all HZ */
#define STEPS_PER_LOOK 16		/* some kinds take 1.3 us each, so 21 us */

static uint64_t start_ns;

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

static uint32_t carry_out(const struct op *op, uint32_t number, const char *requests)
{
	if (op->kind == OP_SEND)
		return send_frame(op->a, op->b, op->ifindex, number);
	if (op->kind == OP_REQUEST)
		return ask(requests + op->a, op->b);
	return read_key();
}

static void play(const struct op *op, uint32_t number, const char *requests)
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

int main(int argc, char **argv)
{
	size_t bytes, request_bytes;
	struct op *ops;
	char *requests;

	if (argc != 6)
		return 2;
	hz = strtoull(argv[1], NULL, 10);
	ops = slurp(argv[2], &bytes);
	requests = slurp(argv[3], &request_bytes);
	prctl(PR_SET_TIMERSLACK, 1);
	open_log();
	open_ring();
	open_sender();
	open_netlink();
	for (uint32_t number = 0; number < bytes / sizeof(*ops); number++)
		play(&ops[number], number, requests);
	put_lost();
	save_log(argv[4], argv[5]);
	return 0;
}
