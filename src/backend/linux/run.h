/* SPDX-License-Identifier: MIT
 *
 * One execution, from its inputs to its body: everything it owns, so that one function gives all
 * of it back.
 */
#ifndef LINUX_RUN_H
#define LINUX_RUN_H

#include "artifact/outputs.h"
#include "delta.h"
#include "procfs.h"
#include "patience.h"
#include "program.h"
#include "state.h"
#include "view.h"

struct capture {
	int fd; /* the host's end; -1: not captured, or at its end */
	bool wanted;
	uint64_t length_bytes;
};

/* A temporary root that no view holds. */
struct temp {
	int parent;
	int dir; /* -1: there is none */
	char name[48];
	char *path; /* malloc */
};

#define TEMP_NONE ((struct temp){.parent = -1, .dir = -1})

struct execution {
	struct linux_state *state;
	const struct bv_plan *plan;
	const struct bv_spec *spec;
	const struct bv_run_options *options;
	struct bv_report_body *body;
	struct choice choice;
	struct program program;
	int directory;
	int streams[3];   /* the child's ends */
	const int *given; /* the caller's of them, if not as the spec says; or NULL */
	int sources[BV_DESCRIPTORS_MAX]; /* of the declared descriptors */
	size_t source_count;
	struct capture captures[3];
	struct patience patience;
	uint64_t waited_us; /* before the launcher was told to begin */
	struct outputs outputs;
	struct procfs procfs;
	struct temp temp;
	int ruleset; /* -1: there is no Landlock */
	struct view view;
	int cgroup_base;
	int leaf;
	char leaf_name[64];
	struct linux_launcher *launcher;
	struct wire_frame frame;
	int fds[1 + WIRE_SLOTS_MAX]; /* frame memfd, then the slots'; borrowed but the first */
	size_t fd_count;
	bool started; /* the launcher said so */
	/* From then on the pidfd of what holds the tree: its namespace's init, or else the first
	 * process. */
	int child;
	bool child_ended; /* seen by it */
	bool empty;       /* the tree was seen to be, before anything of it is looked at */
	int store;        /* what the boundary keeps, when it is made; -1: nothing */
	struct wire_attestation attestation;
	uint32_t processes_missed; /* of those the launcher saw */
	struct delta *delta;       /* NULL: nobody asked */
	bool done;
	struct wire_done result;
	bool launcher_died;
	int64_t deadline_ms; /* when the launcher is not waited for any longer */
	bool cancelled;
};

/* grants.c: opens every granted root once and puts it into a Landlock ruleset and a view. */
int grants_open(struct execution *run, struct bv_error *err);

/* output.c: to the workload. */
int output_grant(struct execution *run, struct bv_error *err);
/* The value of BVISOR_OUT; malloc, NULL without memory. */
char *output_variable(const struct execution *run);
uint64_t output_limit(const struct execution *run);

/* temp.c: without a view, a directory for the temporary root; its rights; and its end, which may
 * leave a finding. */
int temp_open(struct execution *run, struct bv_error *err);
int temp_grant(struct execution *run, struct bv_error *err);
void temp_close(struct execution *run);

/* overlay.c: whether the source, as it is about to be shown, can be overlaid. */
int overlay_check(const struct bv_exposure *exposure, const struct wire_mount *mount,
	struct bv_error *err);

/* streams.c */
/* The caller's own descriptors, before anything else is opened. */
int streams_borrow(struct execution *run, struct bv_error *err);
int streams_open(struct execution *run, struct bv_error *err);
/* Reads what is there; false at the end of the stream. */
bool streams_read(struct execution *run, int stream);
/* After the tree is gone: what is still in the pipes. */
void streams_drain(struct execution *run);

void streams_fill(struct execution *run);

/* frame.c: the sealed frame and its descriptor table. */
int frame_build(struct execution *run, struct bv_error *err);

/* usage.c: what was used of each budget. */
void usage_fill(struct execution *run);

/* fill.c: the body, from what was seen. */
void fill_body(struct execution *run);

#endif
