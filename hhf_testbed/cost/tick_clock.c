// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads the time-stamp counter and the host's clock at the same moment, as near as can be: of some
 * readings the one that was least disturbed.
 */
#include <stdint.h>
#include <time.h>

#define READINGS 100

static uint64_t now_ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

int read_both(uint64_t *ticks, uint64_t *ns)
{
	uint64_t least = UINT64_MAX;
	struct timespec now;
	int i;

	for (i = 0; i < READINGS; i++) {
		uint64_t before = now_ticks(), took;

		if (clock_gettime(CLOCK_MONOTONIC_RAW, &now))
			return -1;
		took = now_ticks() - before;
		if (took >= least)
			continue;
		least = took;
		*ticks = before + took / 2;
		*ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	}
	return 0;
}
