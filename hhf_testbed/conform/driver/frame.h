// SPDX-License-Identifier: GPL-2.0-or-later
/* The frames that are sent: of a flow, of a length, with the number of the op that sends it. */
#ifndef FRAME_H
#define FRAME_H
#include <stdint.h>

#define NUMBER_AT 42

extern const unsigned char TO[6];

void open_sender(void);
uint32_t send_frame(uint32_t flow, uint32_t bytes, uint32_t ifindex, uint32_t number);
#endif
