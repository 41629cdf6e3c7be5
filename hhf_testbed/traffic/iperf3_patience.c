/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded into iperf3 clients: lets them wait instead of spin.
 *
 * Between connecting its data stream and the server's go-ahead, iperf3 3.12 calls select() with
 * the stream in the write set (iperf_run_client in iperf_client_api.c). The stream is writable and
 * nothing is written yet, so select() returns at once, again and again. On a kernel whose clock
 * stands still while it computes, one such round trip is some hundred thousand calls.
 *
 * Here a client that asked several times without writing anything in between waits until it can
 * read, at most one millisecond. The go-ahead comes by a read, so nothing happens later than before.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

enum { PATIENCE = 4, WAIT_US = 1000 };

static int calls_without_write;

ssize_t write(int fd, const void *buffer, size_t size)
{
	static ssize_t (*real_write)(int, const void *, size_t);

	if (!real_write)
		real_write = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
	calls_without_write = 0;
	return real_write(fd, buffer, size);
}

int select(int count, fd_set *reads, fd_set *writes, fd_set *errors, struct timeval *timeout)
{
	static int (*real_select)(int, fd_set *, fd_set *, fd_set *, struct timeval *);
	struct timeval wait = { 0, WAIT_US };
	fd_set wanted;

	if (!real_select)
		real_select = (int (*)(int, fd_set *, fd_set *, fd_set *, struct timeval *))
			dlsym(RTLD_NEXT, "select");
	if (!reads || !writes || ++calls_without_write <= PATIENCE)
		return real_select(count, reads, writes, errors, timeout);
	if (timeout && timeout->tv_sec == 0 && timeout->tv_usec < WAIT_US)
		wait = *timeout;
	wanted = *reads;
	if (real_select(count, &wanted, NULL, NULL, &wait) > 0) {
		struct timeval now = { 0, 0 };

		return real_select(count, reads, writes, errors, &now);
	}
	return real_select(count, reads, writes, errors, timeout);
}
