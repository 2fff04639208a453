/* SPDX-License-Identifier: MIT
 *
 * What host and launcher say to each other over one SOCK_SEQPACKET: one message a packet. A
 * message is a tagged struct; one routine walks its fields for both directions, so encoding and
 * decoding cannot disagree.
 *
 *     launcher  HELLO                          once, after start
 *     host      PROBE [cgroup directory]       launcher  PROBED
 *     host      RUN  frame, descriptors        launcher  STORE (if there is one), STARTED (if it
 *                                                        got that far), PROCESSES (if asked
 *                                                        for), DONE
 *     host      KILL                           while a run is under way
 *
 * The end of the socket is a message too: the launcher kills what it runs and leaves.
 */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include "wire/frame.h"

#define WIRE_PROTOCOL 3
#define WIRE_MESSAGE_BYTES_MAX 4096
#define WIRE_TRANSCRIPT_MAX 32
#define WIRE_CGROUP_MAX 256
#define WIRE_CAPABILITY_SETS 5

enum wire_type {
	WIRE_HELLO = 0,
	WIRE_PROBE = 1,
	WIRE_PROBED = 2,
	WIRE_RUN = 3,
	WIRE_KILL = 4,
	WIRE_STARTED = 5,
	WIRE_DONE = 6,
	WIRE_PROCESSES = 7,
	WIRE_STORE = 8, /* with a descriptor of the boundary's storage */
};
#define WIRE_TYPE_COUNT 9

/* Canaries: each restriction is applied in a child that must then fail. */
enum wire_canary {
	WIRE_CANARY_LANDLOCK = 0,  /* an open outside the ruleset is refused */
	WIRE_CANARY_SECCOMP = 1,   /* a filtered call is refused */
	WIRE_CANARY_SCOPE = 2,     /* a signal out of the domain is refused */
	WIRE_CANARY_NAMESPACE = 3, /* a pid namespace dies with its init */
	WIRE_CANARY_CGROUP = 4,    /* a child is born in a leaf, and dies by cgroup.kill */
	WIRE_CANARY_CPU = 5,       /* cpu.stat of the leaf counts what that child used */
	WIRE_CANARY_PIDS = 6,      /* pids.max refuses that child a second task */
	WIRE_CANARY_MEMORY = 7,    /* memory.max kills a child that touches more */
	WIRE_CANARY_VIEW = 8,      /* a root of its own, and the host's is gone */
	WIRE_CANARY_PROC = 9,      /* a /proc of its own namespace in it */
	WIRE_CANARY_NETWORK = 10,  /* a network without any interface that is up */
	WIRE_CANARY_OVERLAY = 11,  /* an overlay that keeps all kinds of changes from its source */
	WIRE_CANARY_MAPPED = 12,   /* a user namespace for another host user, which comes along */
};
#define WIRE_CANARY_COUNT 13
#define WIRE_CANARY_BIT(canary) (UINT32_C(1) << (canary))

struct wire_finding {
	uint8_t state;  /* enum bv_fact_state's numbers */
	int32_t errnum; /* why it is absent */
};

/* Read from the child's own kernel state, from outside, after its last step. */
struct wire_attestation {
	uint32_t pid;
	uint32_t parent;
	uint32_t uid;
	uint32_t gid;
	uint8_t seccomp_mode;
	uint8_t no_new_privs;
	uint32_t seccomp_filters;
	uint32_t threads;
	uint64_t capabilities[WIRE_CAPABILITY_SETS]; /* inheritable permitted effective bounding
							ambient */
	uint64_t namespaces[WIRE_NAMESPACES];        /* inodes: cgroup ipc mnt net pid user uts */
	uint32_t descriptor_count;
	uint8_t descriptors_exact; /* exactly the planned ones */
	uint32_t mount_count;      /* of the private view, all as planned; 0: there is none */
	int32_t canary_errno;      /* what opening the canary path gave; 0: there is no such path */
	char cgroup[WIRE_CGROUP_MAX];
};

enum wire_stage {
	WIRE_STAGE_NONE = 0,
	WIRE_STAGE_FRAME = 1,    /* the frame did not decode; errnum: enum wire_result */
	WIRE_STAGE_SLOTS = 2,    /* a descriptor is not what its slot says; step: slot */
	WIRE_STAGE_LOWERING = 3, /* unknown step, or not the plan's digest; step: step */
	WIRE_STAGE_CLONE = 4,
	WIRE_STAGE_STEP = 5, /* `step` of the schedule failed in the child */
	WIRE_STAGE_ATTEST =
		6, /* the kernel's state could not be read, or is not the plan's; step: which */
};
#define WIRE_STAGE_COUNT 7

/* Why the run ended. */
enum wire_ended {
	WIRE_ENDED_SELF = 0,  /* the workload exited or crashed, or was killed from outside */
	WIRE_ENDED_SETUP = 1, /* before the program started: stage, step, errnum */
	WIRE_ENDED_WALL = 2,
	WIRE_ENDED_CPU = 3,
	WIRE_ENDED_MEMORY = 4,
	WIRE_ENDED_TASKS = 5,
	WIRE_ENDED_HANDLES = 6,
	WIRE_ENDED_CANCEL = 7,
	WIRE_ENDED_BLIND = 8, /* a watched budget could no longer be read */
};
#define WIRE_ENDED_COUNT 9

struct wire_moment {
	uint32_t at_us;
	uint8_t state; /* launcher/machine.def */
	uint8_t event;
};

struct wire_done {
	enum wire_ended ended;
	enum wire_stage stage;
	uint32_t step;
	uint32_t item; /* of a table the step works through */
	int32_t errnum;
	uint32_t wait_status; /* as from wait4; meaningful if `reaped` */
	uint8_t reaped;
	uint8_t drained;     /* the run tree was seen to be empty */
	uint32_t stragglers; /* tasks alive when the workload ended */
	uint64_t wall_us;
	uint64_t cpu_us;
	uint64_t memory_bytes; /* largest resident set of any process, from wait4 */
	uint64_t sampled_memory_bytes;
	uint64_t sampled_tasks_count;
	uint64_t sampled_handles_count;
	uint64_t leaf_memory_bytes; /* the leaf's own account; 0: it has none */
	uint64_t leaf_tasks_count;
	uint64_t oom_kills;
	uint8_t storage_known;
	uint64_t storage_bytes; /* the largest seen */
	uint32_t samples;
	uint32_t moment_count;
	struct wire_moment moments[WIRE_TRANSCRIPT_MAX];
};

#define WIRE_PROCESS_NAME 16
#define WIRE_PROCESSES_MAX 64

struct wire_process {
	uint32_t pid; /* as /proc numbers it */
	uint32_t parent;
	uint64_t began_us; /* after the start of the run */
	uint64_t ended_us;
	uint8_t ended;
	char name[WIRE_PROCESS_NAME];
};

/* A part of the processes that were seen. */
struct wire_census {
	uint32_t count;
	uint32_t missed; /* that did not fit */
	struct wire_process processes[WIRE_PROCESSES_MAX];
};

struct wire_message {
	enum wire_type type;
	union {
		struct {
			uint32_t protocol;
			uint32_t namespace_errnum; /* why it has no namespaces of its own */
		} hello;                           /* HELLO */
		uint32_t canaries;                 /* PROBE: WIRE_CANARY_BIT() */
		struct wire_finding findings[WIRE_CANARY_COUNT]; /* PROBED */
		struct wire_attestation attestation;             /* STARTED */
		struct wire_done done;                           /* DONE */
		struct wire_census census;                       /* PROCESSES */
	} body;                                                  /* RUN, KILL and STORE have none */
};

/* Returns the length, or 0 if it does not fit. */
size_t wire_message_encode(const struct wire_message *message, uint8_t *data, size_t capacity);
enum wire_result wire_message_decode(struct bv_bytes bytes, struct wire_message *ret);

#endif
