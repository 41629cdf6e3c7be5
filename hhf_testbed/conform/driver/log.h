// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel did: records of fixed size, and the answers that some of them point into. */
#ifndef LOG_H
#define LOG_H
#include <stdint.h>
#include <stdio.h>

enum { REC_START, REC_DONE, REC_DEPART, REC_LOST, REC_TIME };

struct record {
	uint64_t ns;		/* START, DEPART, TIME: since boot; DONE: offset in the answers */
	uint32_t kind;
	uint32_t value;		/* DONE: errno; DEPART: number of the op that sent it */
};

extern FILE *replies;

void die(const char *what);
void open_log(void);
void put(uint32_t kind, uint64_t ns, uint32_t value);
void save_log(const char *log_path, const char *replies_path);
#endif
