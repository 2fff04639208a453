/* SPDX-License-Identifier: MIT
 *
 * What a commit notes before it makes any name, so that the next decision about the attempt clears
 * away what it left when it was cut short, and the next commit goes on where it stood. The note is
 * a symbolic link in the attempt's directory, where nothing of a workload's may write, by a name
 * that no output can have: it is there whole or not at all, and needs no room on a disk that is
 * full.
 */
#ifndef ARTIFACT_RESUME_H
#define ARTIFACT_RESUME_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "artifact/destination.h"
#include "artifact/store.h"

#define RESUME_NONCE_HEX 24
#define RESUME_BESIDE_BYTES 64

struct resume {
	char nonce[RESUME_NONCE_HEX + 1]; /* in the names beside the places */
	uint64_t device;                  /* of the directory that is taken out into */
	uint64_t inode;
	char path[PATH_MAX]; /* where it was; "" if that is not known */
	bool naming;         /* all that can fail is done: places may have been taken */
};

/* The name beside the place of a row. Nobody can know it before: a workload that named an artifact
 * like it would have its bytes take another's place. */
const char *resume_beside(const struct resume *resume, size_t index, char out[RESUME_BESIDE_BYTES]);
/* Clears away what a commit before left beside the places, here and elsewhere, and notes this one:
 * as the one before if that was into this directory too. */
int resume_begin(const struct bv_artifacts *artifacts, int staged, int directory,
	struct resume *ret, struct bv_error *err);
/* From now on places are taken. */
int resume_naming(int staged, enum bv_commit kind, struct resume *resume, struct bv_error *err);
/* A commit before gave the row its place, which has what it is to be there; it is as durable as
 * that kind is. */
bool resume_taken(int staged, enum bv_commit kind, int here, const char *name,
	const struct bv_artifact_row *row);
/* Nothing was done that would have to be known. */
void resume_forget(int staged, const struct resume *resume);
/* What a commit left beside the places goes, and its note; what has its place keeps it. */
void resume_clear(const struct bv_artifacts *artifacts, int staged);

#endif
