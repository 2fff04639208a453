/* SPDX-License-Identifier: MIT
 *
 * Another host user for what root runs, as far as the host has a part in it: the user namespace,
 * which a launcher made, and whether everything that is shown can be mapped by it.
 */
#ifndef LINUX_MAPPED_H
#define LINUX_MAPPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bvisor/digest.h>
#include <bvisor/spec.h>

struct linux_state;

/* Under the state's lock, but for the namespace, which stays once it is there. */
struct mapped {
	int userns;       /* -1: none */
	int mountinfo;    /* tells when mounts change */
	uint64_t changes; /* how often they did */
	bool known;       /* the answer for what has this digest */
	struct bv_digest key;
	char why[128]; /* it cannot be mapped; "": it can */
};

#define MAPPED_NONE ((struct mapped){.userns = -1, .mountinfo = -1})

/* -1: none, yet. Stays the state's. */
int mapped_userns(struct linux_state *state);
/* Everything that this spec shows; *why is written where it is not so. */
bool mapped_try(struct linux_state *state, const struct bv_spec *spec, char *why, size_t size);
/* Something of the system's. */
bool mapped_try_any(struct linux_state *state, char *why, size_t size);
/* A device that is everybody's, as /dev/null is: what devtmpfs holds can never be mapped. */
bool mapped_needless(unsigned int mode);
void mapped_close(struct mapped *mapped);

#endif
