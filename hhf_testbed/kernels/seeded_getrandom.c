/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replaces getrandom() by a generator with a known seed, so that two runs of a User-Mode Linux
 * kernel see the same "entropy": UML has no other source (arch/um/drivers/random.c, os_getrandom
 * in arch/um/os-Linux/util.c).
 *
 * Preload it into the kernel's process. HHF_SEED holds the seed, 0 to 2^64-1, decimal or 0x hex.
 *
 * Generator: splitmix64. Guy L. Steele, Doug Lea and Christine H. Flood, "Fast splittable
 * pseudorandom number generators", OOPSLA 2014; constants as in Sebastiano Vigna's public-domain
 * splitmix64.c. Not for secrets.
 */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static uint64_t state;

__attribute__((constructor)) static void read_seed(void)
{
	const char *text = getenv("HHF_SEED");
	char *end = NULL;

	errno = 0;
	if (text && isdigit((unsigned char)text[0]))
		state = strtoull(text, &end, 0);
	if (!end || *end || errno) {
		fprintf(stderr, "seeded_getrandom: HHF_SEED must be a number from 0 to 2^64-1, not \"%s\"\n",
			text ? text : "");
		_exit(2);
	}
}

static uint64_t next(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* Fills any size at once; the flags (GRND_NONBLOCK, GRND_RANDOM) make no difference here. */
ssize_t getrandom(void *buffer, size_t size, unsigned int flags)
{
	unsigned char *at = buffer;
	size_t left = size;

	(void)flags;
	while (left) {
		uint64_t word = next();
		size_t part = left < sizeof(word) ? left : sizeof(word);

		memcpy(at, &word, part);
		at += part;
		left -= part;
	}
	return size;
}
