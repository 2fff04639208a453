/* SPDX-License-Identifier: MIT
 *
 * The launch frame: everything the launcher needs to run one workload, in one sealed memfd. It
 * carries a magic number, a version, its length and the SHA-256 of what follows, so that a torn
 * or foreign frame is refused before any effect.
 *
 * A decoded frame is a set of views into the mapped bytes. It names no path that stands for
 * authority: files come as descriptors, described by the slot table, and what a private view binds
 * is told by its identity (wire/mount.h).
 */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include <stdbool.h>

#include "base/bytes.h"
#include "wire/mount.h"
#include <bvisor/digest.h>

#define WIRE_FRAME_MAGIC UINT32_C(0x46565642) /* "BVVF" */
#define WIRE_FRAME_VERSION 3
#define WIRE_FRAME_BYTES_MAX ((size_t)4 << 20)
#define WIRE_STEPS_MAX 32
#define WIRE_SLOTS_MAX 160
#define WIRE_RLIMITS_MAX 16
#define WIRE_FILTER_MAX 512
#define WIRE_SELF_MAX 6

/* What a passed descriptor is for. */
enum wire_role {
	WIRE_ROLE_PROGRAM = 0,
	WIRE_ROLE_DIRECTORY = 1,
	WIRE_ROLE_STREAM = 2,    /* target 0, 1 or 2 */
	WIRE_ROLE_INHERITED = 3, /* target >= 3 */
	WIRE_ROLE_RULESET = 4,   /* a Landlock ruleset */
	WIRE_ROLE_CGROUP = 5,    /* the leaf's directory */
	WIRE_ROLE_USERNS = 6,    /* the user namespace that the child and its mounts are of */
};
#define WIRE_ROLE_COUNT 7

/* The host's user and group that user and group 0 of such a namespace are. In no range that is in
 * use by convention (systemd's UIDS-GIDS: above its containers', below 2^31). */
#define WIRE_HOST_ID UINT32_C(1879064811)

/* The type fstat must show. */
enum wire_file {
	WIRE_FILE_ANY = 0,
	WIRE_FILE_REGULAR = 1,
	WIRE_FILE_DIRECTORY = 2,
	WIRE_FILE_ANONYMOUS = 3, /* no type bits: an anonymous inode */
};
#define WIRE_FILE_COUNT 4

struct wire_slot {
	enum wire_role role;
	enum wire_file file;
	bool writable;   /* whether its access mode must include writing; RULESET and ANY: unchecked
			  */
	uint32_t target; /* number in the workload, for STREAM and INHERITED */
};

struct wire_step {
	struct bv_bytes id;
	uint32_t version;
	uint32_t phase;
	struct bv_digest parameters;
};

struct wire_rlimit {
	uint32_t resource;
	uint64_t soft;
	uint64_t hard;
};

/* The namespaces a child may be born in, in the order of an attestation. */
enum wire_namespace {
	WIRE_NAMESPACE_CGROUP = 0,
	WIRE_NAMESPACE_IPC = 1,
	WIRE_NAMESPACE_MOUNT = 2,
	WIRE_NAMESPACE_NETWORK = 3,
	WIRE_NAMESPACE_PID = 4,  /* with an init of ours */
	WIRE_NAMESPACE_USER = 5, /* one that was made before: WIRE_ROLE_USERNS */
	WIRE_NAMESPACE_UTS = 6,
};
#define WIRE_NAMESPACES 7
#define WIRE_NAMESPACE_BIT(ns) (UINT32_C(1) << (ns))

/* How the run tree is held together and killed. */
enum wire_containment {
	WIRE_CONTAIN_PROCESS = 0,   /* one process is the tree */
	WIRE_CONTAIN_CGROUP = 1,    /* a leaf of its own */
	WIRE_CONTAIN_NAMESPACE = 2, /* its pid namespace */
	WIRE_CONTAIN_SUBREAPER = 3, /* orphans come to the launcher */
};
#define WIRE_CONTAIN_COUNT 4

/* The working directory is an empty one of the view's own. */
#define WIRE_FLAG_OWN_DIRECTORY UINT32_C(1)
/* The processes of the run are to be told of. */
#define WIRE_FLAG_PROCESSES UINT32_C(2)
#define WIRE_FLAG_ALL UINT32_C(3)

struct wire_frame {
	struct bv_digest attempt;
	struct bv_digest lowering; /* what the plan says the steps hash to */
	uint32_t flags;
	enum wire_containment containment;
	uint32_t namespaces; /* new ones: WIRE_NAMESPACE_BIT() */
	/* Budgets the launcher watches; UINT64_MAX: not watched. */
	uint64_t wall_us;
	uint64_t cpu_us;
	uint64_t memory_bytes;
	uint64_t tasks_count;
	uint64_t handles_count;
	struct bv_bytes canary; /* a path no grant covers; empty: there is none */
	size_t step_count;
	struct wire_step steps[WIRE_STEPS_MAX];
	size_t slot_count;
	struct wire_slot slots[WIRE_SLOTS_MAX];
	size_t rlimit_count;
	struct wire_rlimit rlimits[WIRE_RLIMITS_MAX];
	struct bv_bytes filter; /* struct sock_filter[] */
	uint32_t self_count;    /* of its instructions that compare with the child's own id */
	uint16_t self[WIRE_SELF_MAX];
	uint32_t mount_count;      /* 0: the child sees the host's tree */
	struct bv_bytes mounts;    /* wire/mount.h */
	struct bv_bytes directory; /* with a view: where it starts, a C string */
	struct bv_bytes program;   /* with a view, if executed through it: where it is there */
	uint32_t argument_count;
	struct bv_bytes arguments; /* NUL-terminated strings, one after the other */
	uint32_t variable_count;
	struct bv_bytes environment; /* the same, NAME=VALUE */
};

enum wire_result {
	WIRE_OK = 0,
	WIRE_TRUNCATED = 1,
	WIRE_MALFORMED = 2,
	WIRE_DIGEST = 3,
	WIRE_VERSION = 4,
};

/* Bytes needed for a frame; 0 if it is past the maximum. */
size_t wire_frame_size(const struct wire_frame *frame);
/* Encodes into exactly wire_frame_size() bytes; false if it does not fit. */
bool wire_frame_encode(const struct wire_frame *frame, uint8_t *data, size_t len);
/* *ret is written on WIRE_OK only, and borrows from `bytes`. */
enum wire_result wire_frame_decode(struct bv_bytes bytes, struct wire_frame *ret);

#endif
