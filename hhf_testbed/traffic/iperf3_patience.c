/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded into iperf3, so that it waits where it would spin and reads in larger pieces. Neither
 * changes what is on the wire, only how often the program asks the kernel: on a kernel whose clock
 * stands still while it computes, asking is all that costs.
 *
 * 1. iperf3 3.12 keeps calling select() on streams that are ready for something that it does not
 *    want to do: a server that has sent everything, on a writable stream, until its client ends the
 *    test (iperf_run_server); a client that has everything, on a stream that the server closed,
 *    until the results arrive (iperf_run_client). Each such turn returns at once, some hundred
 *    thousand times per second of waiting. Here a caller that asked several times without reading
 *    or writing anything in between rests for one millisecond before it may ask again.
 *
 * 2. A receiver is woken for every segment and makes six calls for it. With SO_RCVLOWAT it is woken
 *    for every BATCH bytes. TCP acknowledges as before (__tcp_ack_snd_check, net/ipv4/tcp_input.c,
 *    acknowledges every second segment also while less than sk_rcvlowat bytes wait). Only streams
 *    that move much get it: those on which MUCH bytes were read.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE = 8, REST_US = 1000, BATCH = 32 * 1024, MUCH = 512 * 1024, FDS = 64 };

static int idle_calls;
static size_t bytes_read[FDS];

ssize_t write(int fd, const void *buffer, size_t size)
{
	static ssize_t (*real_write)(int, const void *, size_t);

	if (!real_write)
		real_write = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
	idle_calls = 0;
	return real_write(fd, buffer, size);
}

ssize_t read(int fd, void *buffer, size_t size)
{
	static ssize_t (*real_read)(int, void *, size_t);
	ssize_t got;

	if (!real_read)
		real_read = (ssize_t (*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
	got = real_read(fd, buffer, size);
	if (got > 0)
		idle_calls = 0;
	if (got > 0 && fd >= 0 && fd < FDS && bytes_read[fd] < MUCH) {
		int batch = BATCH;

		bytes_read[fd] += got;
		if (bytes_read[fd] >= MUCH)
			setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &batch, sizeof(batch));
	}
	return got;
}

int select(int count, fd_set *reads, fd_set *writes, fd_set *errors, struct timeval *timeout)
{
	static int (*real_select)(int, fd_set *, fd_set *, fd_set *, struct timeval *);

	if (!real_select)
		real_select = (int (*)(int, fd_set *, fd_set *, fd_set *, struct timeval *))
			dlsym(RTLD_NEXT, "select");
	if (++idle_calls > PATIENCE)
		usleep(REST_US);
	return real_select(count, reads, writes, errors, timeout);
}
