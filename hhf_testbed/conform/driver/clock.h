// SPDX-License-Identifier: GPL-2.0-or-later
/* The guest's clock, in nanoseconds. Each reading lets 256 ns pass. */
#ifndef CLOCK_H
#define CLOCK_H
#include <stdint.h>
#include <time.h>

#define SECOND 1000000000ULL

extern uint64_t hz;

uint64_t clock_ns(clockid_t id);
void sleep_until(uint64_t ns);
uint64_t off_edge(uint64_t ns);
void tell_time(int awake);
#endif
