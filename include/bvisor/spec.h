/* SPDX-License-Identifier: MIT
 *
 * What is asked: a workload, what it may do, what the host does around it, its budgets and the
 * evidence wanted. A `struct bv_spec` is plain data, read well with designated initialisers;
 * zero is always the strictest value, so what is not written is denied.
 *
 *     struct bv_spec spec = {
 *             .workload = {.program = "/usr/bin/id"},
 *             .grants = (struct bv_grant[]){{"/usr", BV_READ | BV_EXECUTE}}, .grant_count = 1,
 *     };
 *     bv_budgets_default(spec.budgets);
 *     code = bv_proposal_new(&spec, &proposal, &error);
 *
 * A proposal is the validated, normalised value: lists sorted, duplicates gone, so that two
 * specs that mean the same have the same bytes. It owns copies of everything and is immutable,
 * so it may be shared between threads. Text is UTF-8 without NUL; paths are absolute.
 */
#ifndef BVISOR_SPEC_H
#define BVISOR_SPEC_H

#include <bvisor/bounds.h>
#include <bvisor/error.h>
#include <bvisor/vocabulary.h>

enum bv_workload_kind {
	BV_WORKLOAD_PROCESS = 0, /* a native program or a script with #! */
	BV_WORKLOAD_WASM = 1,    /* a WebAssembly module with WASI imports */
};

struct bv_workload {
	enum bv_workload_kind kind;
	const char *program;          /* absolute path */
	const char *name;             /* argv[0]; NULL: the program's path */
	const char *const *arguments; /* argv[1] and on */
	size_t argument_count;
	const char *directory; /* working directory; NULL: "/" */
};

#define BV_READ UINT32_C(1)
#define BV_WRITE UINT32_C(2) /* includes create, remove, rename and truncate beneath */
#define BV_EXECUTE UINT32_C(4)

struct bv_grant {
	const char *path;
	uint32_t access;
};

enum bv_network {
	BV_NETWORK_DENY_ALL = 0,
	BV_NETWORK_ALLOW_LIST = 1,
	BV_NETWORK_AMBIENT = 2,
};

enum bv_transport { BV_TRANSPORT_TCP = 0, BV_TRANSPORT_UDP = 1 };

struct bv_destination {
	enum bv_transport transport;
	const char *host;    /* a name, an address, or address/prefix */
	uint16_t port_first; /* 0 to 65535 inclusive */
	uint16_t port_last;
};

enum bv_spawn {
	BV_SPAWN_DENY_NEW_TASKS = 0,
	BV_SPAWN_ALLOW_THREADS = 1,
	BV_SPAWN_ALLOW_DESCENDANTS = 2,
};

/* Exactly one of value and secret. A secret is a lease: the reference is part of the spec, the
 * value is resolved just before the launch, reaches the child and nothing else. */
struct bv_variable {
	const char *name;
	const char *value;
	const char *secret;
};

struct bv_descriptor {
	uint32_t source; /* number in the calling process when the run starts */
	uint32_t target; /* number in the workload, at least 3 */
};

enum bv_isolation {
	BV_ISOLATED = 0, /* hidden, private, baseline */
	BV_AMBIENT = 1,
};

enum bv_stream_mode {
	BV_STREAM_NULL = 0,
	BV_STREAM_CAPTURE = 1, /* outputs only: up to limit_bytes are kept, all is digested */
	BV_STREAM_INHERIT = 2, /* the caller's own */
	BV_STREAM_FILE = 3,    /* `path`, opened by the host */
};

struct bv_stream {
	enum bv_stream_mode mode;
	const char *path;
	uint64_t limit_bytes;
};

/* A host path that appears at another path inside. With `overlay`, which needs BV_WRITE, what is
 * written stays in storage that the boundary owns, and the source is untouched. */
struct bv_exposure {
	const char *source;
	const char *destination; /* neither at, above nor beneath another one, nor "/" but for a
				    module */
	uint32_t access;         /* BV_READ, BV_WRITE, BV_EXECUTE; not 0 */
	uint8_t overlay;         /* 0 or 1 */
};

#define BV_OUTPUT_VARIABLE "BVISOR_OUT" /* set by the boundary when there are outputs */
#define BV_TEMP_VARIABLE "TMPDIR"       /* with temp_root, unless the spec sets it */
#define BV_TEMP_PATH "/tmp"

/* A directory private to the boundary, empty at first, whose content the host collects. The
 * workload finds it at `path`, and by the variable BVISOR_OUT (docs/formats/spec.md). */
struct bv_output {
	const char *name; /* of [a-z0-9._-], beginning with a letter or a digit; NULL: "out" */
	const char *path; /* where the workload sees it; NULL: where the backend puts it */
};

enum bv_commit {
	BV_COMMIT_NONE = 0,
	BV_COMMIT_ATOMIC = 1,
	BV_COMMIT_DURABLE = 2,
	BV_COMMIT_BEST_EFFORT = 3,
};

enum bv_kill {
	BV_KILL_ATOMIC = 0,
	BV_KILL_BEST_EFFORT = 1,
};

/* `guarantee` is the least enforcement that is accepted for this dimension, at least mediated (what
 * 0 stands for). A waiver is given by name only: the run goes on without the limit if need be, and
 * the report says so as a finding. */
struct bv_budget {
	uint64_t limit;
	enum bv_enforcement guarantee;
	uint32_t evidence; /* claims wanted for this dimension: BV_EVIDENCE_BIT() */
	uint8_t waived;    /* 0 or 1; with 1, `guarantee` reads BV_UNSUPPORTED in a proposal */
};

struct bv_spec {
	struct bv_workload workload;

	const struct bv_grant *grants;
	size_t grant_count;
	enum bv_network network;
	const struct bv_destination *destinations; /* with BV_NETWORK_ALLOW_LIST */
	size_t destination_count;
	enum bv_spawn spawn;
	const struct bv_variable *variables;
	size_t variable_count;
	const struct bv_descriptor *descriptors;
	size_t descriptor_count;
	enum bv_isolation host_processes;
	enum bv_isolation ipc;
	enum bv_isolation kernel_surface;

	struct bv_stream streams[3]; /* stdin, stdout, stderr */
	uint8_t temp_root;           /* 0 or 1 */
	const char *temp_path;       /* with temp_root: where it appears; NULL: "/tmp" */
	const struct bv_exposure *exposures;
	size_t exposure_count;
	const struct bv_output *outputs;
	size_t output_count;
	enum bv_commit commit;
	uint8_t discard;
	uint8_t list_outputs; /* 1 in a proposal that has outputs */
	enum bv_kill kill;

	struct bv_budget budgets[BV_DIMENSION_COUNT];
	uint32_t evidence; /* claims wanted of the run: BV_EVIDENCE_BIT() */
};

struct bv_proposal;

BV_BEGIN_DECLS
/* The documented defaults, each with the guarantee `mediated`. */
BV_API void bv_budgets_default(struct bv_budget budgets[BV_DIMENSION_COUNT]);

/* Validates and normalises. The spec is only read, and not needed afterwards. */
BV_API BV_MUST_CHECK int bv_proposal_new(const struct bv_spec *spec, struct bv_proposal **ret,
	struct bv_error *err);
/* The same from JSON (docs/formats/spec.md): strict, so an unknown or duplicate key, a wrong
 * type, an overflow, bad UTF-8 or a NUL is refused with its place. */
BV_API BV_MUST_CHECK int bv_proposal_from_json(const char *text, size_t len,
	struct bv_proposal **ret, struct bv_error *err);
BV_API struct bv_proposal *bv_proposal_free(struct bv_proposal *proposal);

/* The normalised spec; lives as long as the proposal. */
BV_API const struct bv_spec *bv_proposal_spec(const struct bv_proposal *proposal);
/* Its canonical JSON, not NUL-terminated; lives as long as the proposal. */
BV_API const char *bv_proposal_json(const struct bv_proposal *proposal, size_t *ret_len);
BV_END_DECLS

#endif
