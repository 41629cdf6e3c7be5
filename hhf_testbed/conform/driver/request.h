// SPDX-License-Identifier: GPL-2.0-or-later
/* What is asked of the kernel besides sending: netlink messages, and the secret hash keys. */
#ifndef REQUEST_H
#define REQUEST_H
#include <stdint.h>

void open_netlink(void);
uint32_t ask(const char *message, uint32_t bytes);
uint32_t read_key(void);
#endif
