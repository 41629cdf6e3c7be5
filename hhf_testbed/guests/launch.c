/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starts a program that ends with its parent, sees the same addresses each time, stays on one
 * processor, and can write only where it was told.
 *
 *     launch [--cpu N] [--fd TO=FROM]... [--writable DIR]... PROGRAM [ARGUMENT]...
 *
 * Writing is confined by Landlock (Linux 5.13, Documentation/userspace-api/landlock.rst). A kernel
 * without it, or with it switched off, starts the program unconfined.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

enum { MOST = 16, HIGH = 32 };

static const char *writable[MOST];
static int writable_count;
static int to[MOST], from[MOST], pair_count;

static void die(const char *what)
{
	fprintf(stderr, "launch: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void stay_on(int processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static void note_pair(const char *pair)
{
	if (pair_count == MOST || sscanf(pair, "%d=%d", &to[pair_count], &from[pair_count]) != 2)
		die(pair);
	pair_count++;
}

/* Out of the way first: one's new number may be another's old one. */
static void renumber(void)
{
	int i;

	for (i = 0; i < pair_count; i++)
		if ((from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, HIGH)) < 0)
			die("fcntl");
	for (i = 0; i < pair_count; i++)
		if (dup2(from[i], to[i]) < 0)
			die("dup2");
}

/* Everything that changes a file or a directory, as far as this kernel's Landlock knows it. */
static __u64 write_rights(int version)
{
	__u64 rights = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
		LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
		LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
		LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
		LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

	if (version >= 2)
		rights |= LANDLOCK_ACCESS_FS_REFER;
	if (version >= 3)
		rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
	return rights;
}

static void allow(int rules, const char *directory, __u64 rights)
{
	struct landlock_path_beneath_attr beneath = { .allowed_access = rights };

	beneath.parent_fd = open(directory, O_PATH | O_CLOEXEC);
	if (beneath.parent_fd < 0 ||
	    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0))
		die(directory);
	close(beneath.parent_fd);
}

static void confine(void)
{
	struct landlock_ruleset_attr attr = { 0 };
	int version = syscall(SYS_landlock_create_ruleset, NULL, 0,
			      LANDLOCK_CREATE_RULESET_VERSION);
	int rules, i;

	if (version < 1)
		return;
	attr.handled_access_fs = write_rights(version);
	rules = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (rules < 0)
		die("landlock_create_ruleset");
	for (i = 0; i < writable_count; i++)
		allow(rules, writable[i], attr.handled_access_fs);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_landlock_restrict_self, rules, 0))
		die("landlock_restrict_self");
	close(rules);
}

int main(int argc, char **argv)
{
	int i = 1;

	for (; i + 1 < argc && !strncmp(argv[i], "--", 2); i += 2) {
		if (!strcmp(argv[i], "--cpu"))
			stay_on(atoi(argv[i + 1]));
		else if (!strcmp(argv[i], "--fd"))
			note_pair(argv[i + 1]);
		else if (!strcmp(argv[i], "--writable") && writable_count < MOST)
			writable[writable_count++] = argv[i + 1];
		else
			break;
	}
	if (i >= argc || personality(ADDR_NO_RANDOMIZE) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL))
		die("usage, personality or prctl");
	renumber();
	if (writable_count)
		confine();
	execvp(argv[i], argv + i);
	die(argv[i]);
}
