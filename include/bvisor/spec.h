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

#include <bvisor/error.h>
#include <bvisor/vocabulary.h>

/* Bounds of a spec; past them it is refused with BV_E_LIMIT. */
#define BV_ARGUMENTS_MAX 4096
#define BV_ARGUMENT_BYTES_MAX 131071   /* one argument, as Linux bounds it */
#define BV_ARGUMENTS_BYTES_MAX 1048576 /* all of them */
#define BV_PATH_BYTES_MAX 4095
#define BV_GRANTS_MAX 512
#define BV_DESTINATIONS_MAX 256
#define BV_VARIABLES_MAX 256
#define BV_ENVIRONMENT_BYTES_MAX 131072
#define BV_DESCRIPTORS_MAX 128
#define BV_DESCRIPTOR_NUMBER_MAX 65535
#define BV_EXPOSURES_MAX 128
#define BV_CAPTURE_BYTES_MAX 1073741824
#define BV_SPEC_JSON_BYTES_MAX 4194304

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

enum bv_exposure_access { BV_EXPOSE_READ = 0, BV_EXPOSE_WRITE = 1 };

struct bv_exposure {
	const char *source;
	const char *destination;
	enum bv_exposure_access access;
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
	const struct bv_exposure *exposures;
	size_t exposure_count;
	enum bv_commit commit;
	uint8_t discard;
	uint8_t list_outputs;
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
