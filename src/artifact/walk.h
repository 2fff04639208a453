/* SPDX-License-Identifier: MIT
 *
 * Walking a directory that somebody hostile has written, and may still be writing. Everything is
 * opened relative to a descriptor, one name at a time, by calls that follow no link and leave
 * neither the directory nor its file system; what a thing is is decided by its opened descriptor.
 * So a name that is swapped in between can hide a file from the walk, and never lead it out.
 */
#ifndef ARTIFACT_WALK_H
#define ARTIFACT_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define WALK_DEPTH_MAX 64
#define WALK_PATH_MAX 4095

struct walk {
	/* The tree; borrowed. */
	int root;
	/* Names looked at at most, of whatever kind; beyond, the walk is not complete. */
	size_t names_max;
	/* A regular file with one name, open for reading and only borrowed. */
	void (*file)(void *context, int fd, const char *path, const struct stat *st);
	/* Anything else but a directory, or one that cannot be looked into. `path` is as it stands
	 * there: any bytes. */
	void (*refused)(void *context, const char *path, const char *why);
	/* A directory whose content was seen, also the root (""). May be NULL. */
	void (*left)(void *context, int fd, const char *path);
	void *context;

	/* Only add up what everything occupies, by its name; nothing but directories is opened, and
	 * nothing is called. */
	bool measure;

	/* What came of it. */
	size_t names;
	uint64_t bytes; /* with `measure` */
	bool complete;
	const char *missed; /* why not */
};

void walk_tree(struct walk *walk);

/* Opens one name in a directory without following anything. -1 with errno. */
int walk_open(int directory, const char *name, uint64_t flags);
/* A descriptor of its own with its own place in the directory. */
int walk_reopen(int directory);

#endif
