// SPDX-License-Identifier: GPL-2.0-or-later
/* The frames that left, as a packet socket shows them in shared memory. */
#ifndef RING_H
#define RING_H
void open_ring(void);
void look(void);
void put_lost(void);
#endif
