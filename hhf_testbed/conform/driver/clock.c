// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include "clock.h"
#include "log.h"
#include "ring.h"

#define BEFORE_EDGE_NS 60000ULL		/* no step so near before a tick, nor so near after it: */
#define AFTER_EDGE_NS 20000ULL		/* the model must not doubt in which jiffy it falls */

uint64_t hz;

uint64_t clock_ns(clockid_t id)
{
	struct timespec now;

	if (clock_gettime(id, &now))
		die("clock_gettime");
	return now.tv_sec * SECOND + now.tv_nsec;
}

void sleep_until(uint64_t ns)
{
	struct timespec until = { ns / SECOND, ns % SECOND };

	if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL))
		die("clock_nanosleep");
}

/* The given time, or one safely after the tick that it is too near to. */
uint64_t off_edge(uint64_t ns)
{
	uint64_t tick = (ns + BEFORE_EDGE_NS) * hz / SECOND;
	uint64_t safe = (tick * SECOND + hz - 1) / hz + AFTER_EDGE_NS;

	return safe > ns ? safe : ns;
}

/*
 * Read the clock, wait if a tick is near, and write down what time it is. ``awake``: no sleep since
 * the last time; then a tick between the two would leave the steps between in doubt.
 */
void tell_time(int awake)
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
