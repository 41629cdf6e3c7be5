// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "log.h"

FILE *replies;
static FILE *log_file;
static char *log_data, *reply_data;
static size_t log_bytes, reply_bytes;

void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

/* Kept in memory until the end, because writing a file may let time pass. */
static FILE *open_memory(char **data, size_t *bytes)
{
	FILE *file = open_memstream(data, bytes);

	if (!file)
		die("memory");
	return file;
}

void open_log(void)
{
	log_file = open_memory(&log_data, &log_bytes);
	replies = open_memory(&reply_data, &reply_bytes);
}

void put(uint32_t kind, uint64_t ns, uint32_t value)
{
	struct record record = { ns, kind, value };

	if (fwrite(&record, sizeof(record), 1, log_file) != 1)
		die("writing the log");
}

static void save(const char *path, FILE *file, char **data, size_t *bytes)
{
	FILE *target = fopen(path, "wb");

	if (!target || fclose(file) || fwrite(*data, 1, *bytes, target) != *bytes ||
	    fclose(target))
		die(path);
}

void save_log(const char *log_path, const char *replies_path)
{
	save(log_path, log_file, &log_data, &log_bytes);
	save(replies_path, replies, &reply_data, &reply_bytes);
}
