/* SPDX-License-Identifier: MIT
 *
 * Making a guest's WASI from its configuration, and serving its calls. Every call comes through
 * one door, wasi_serve(), which is also the one place where refused attempts are reported.
 */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/fail.h"
#include "base/utf8.h"
#include "wasi/table.h"

static const char *const module_names[2] = {"wasi_snapshot_preview1", "wasi_unstable"};

/* A descriptor's own path, a slash, and the longest one of a call. */
#define REPORT_PATH (BV_WASI_FD_PATH + BV_WASI_PATH_MAX + 2)

#define FUNCTION_COUNT (sizeof(functions) / sizeof(functions[0]))

static const struct {
	const char *name;
	const char *signature;
	enum bv_wasi_errno (*serve)(struct bv_wasi *wasi, const union bv_wasm_value *args);
} functions[] = {
#define BV_WASI_FUNCTION(name, signature) {#name, signature, bv_wasi_##name},
#include "wasi/functions.def"
#undef BV_WASI_FUNCTION
};

const char *bv_wasi_errno_name(enum bv_wasi_errno error)
{
	switch (error) {
	case BV_WASI_SUCCESS:
		return "SUCCESS";
#define BV_WASI_ERRNO(name, number) \
	case BV_WASI_##name: \
		return #name;
#include "wasi/errno.def"
#undef BV_WASI_ERRNO
	case BV_WASI_NOTCAPABLE:
		return "NOTCAPABLE";
	}
	return "UNKNOWN";
}

const char *bv_wasi_function_name(uint32_t function)
{
	return function < FUNCTION_COUNT ? functions[function].name : NULL;
}

const char *bv_wasi_function_signature(uint32_t function)
{
	return function < FUNCTION_COUNT ? functions[function].signature : NULL;
}

/* ---- serving ---- */

static bool is_denial(enum bv_wasi_errno error)
{
	return error == BV_WASI_NOTCAPABLE || error == BV_WASI_ACCES || error == BV_WASI_PERM ||
		error == BV_WASI_ROFS;
}

/* Beneath the granted directory: where the descriptor is, and where the call goes from there. */
static struct bv_bytes report_path(const struct bv_wasi *wasi, const struct bv_wasi_fd *fd,
	char text[REPORT_PATH])
{
	static const char *const streams[] = {"stdin", "stdout", "stderr"};
	const struct bv_wasi_path *path = &wasi->paths[wasi->call_path];
	const char *where = fd && fd->open ? fd->path : "";
	size_t len;

	if (fd && fd->open && fd->shared && wasi->call_fd < 3)
		where = streams[wasi->call_fd];
	if (!where[0] || !path->len)
		return where[0] ? bv_bytes(where, strlen(where)) : bv_bytes(path->text, path->len);
	len = strlen(where);
	memcpy(text, where, len);
	text[len] = '/';
	memcpy(text + len + 1, path->text, path->len);
	return bv_bytes(text, len + 1 + path->len);
}

/* What was asked for, and of which granted directory. */
void bv_wasi_report(const struct bv_wasi *wasi, enum bv_wasi_errno error)
{
	char text[REPORT_PATH];
	struct bv_wasi_denial denial = {
		.function = wasi->call,
		.call = functions[wasi->call].name,
		.error = error,
		.fd = wasi->call_fd,
	};
	const struct bv_wasi_fd *fd = NULL;

	if (wasi->call_fd < wasi->fd_known)
		fd = &wasi->fds[wasi->call_fd];
	denial.path = report_path(wasi, fd, text);
	if (fd && fd->open && fd->root < wasi->root_count)
		denial.root = wasi->roots[fd->root];
	if (wasi->denied && is_denial(error))
		wasi->denied(wasi->denied_user, &denial);
	if (wasi->served)
		wasi->served(wasi->served_user, &denial);
}

static enum bv_wasm_host_result wasi_serve(struct bv_wasm_instance *caller, void *user,
	const union bv_wasm_value *args, union bv_wasm_value *results, int32_t *status)
{
	const struct bv_wasi_bound *bound = user;
	struct bv_wasi *wasi = bound->wasi;
	enum bv_wasi_errno error;

	wasi->caller = caller;
	wasi->preview0 = bound->preview0;
	wasi->call = bound->index;
	wasi->call_fd = BV_WASI_NO_FD;
	wasi->call_path = 0;
	wasi->paths[0].len = 0;
	wasi->paths[1].len = 0;
	error = functions[bound->index].serve(wasi, args);
	if (wasi->exiting) {
		*status = (int32_t)wasi->exit_status;
		wasi->exiting = false;
		return BV_WASM_HOST_EXIT;
	}
	if (wasi->served || (wasi->denied && is_denial(error)))
		bv_wasi_report(wasi, error);
	results[0].i32 = error;
	return BV_WASM_HOST_RETURN;
}

static bool define_named(const char *name, size_t len, const char *ours)
{
	return strlen(ours) == len && memcmp(name, ours, len) == 0;
}

/* Most modules import a few of them, and each one that is defined costs something. */
static void define_choose(const struct bv_wasm_module *module, bool *wanted)
{
	struct bv_wasm_extern import;

	for (size_t i = 0; bv_wasm_import(module, i, &import); i++) {
		bool old = define_named(import.module, import.module_len, module_names[1]);

		if (import.kind != BV_WASM_FUNC ||
			(!old && !define_named(import.module, import.module_len, module_names[0])))
			continue;
		for (uint32_t f = 0; f < FUNCTION_COUNT; f++)
			if (define_named(import.name, import.name_len, functions[f].name))
				wanted[f + (old ? FUNCTION_COUNT : 0)] = true;
	}
}

int bv_wasi_define(struct bv_wasi *wasi, const struct bv_wasm_module *module,
	struct bv_wasm_store *store, struct bv_error *err)
{
	struct bv_wasm_host_func defined[2 * FUNCTION_COUNT];
	bool wanted[2 * FUNCTION_COUNT] = {false};
	size_t count = 0;

	define_choose(module, wanted);
	for (uint32_t i = 0; i < 2 * FUNCTION_COUNT; i++) {
		const struct bv_wasi_bound *bound = &wasi->bound[i];

		if (!wanted[i] ||
			(bound->preview0 && functions[bound->index].serve == bv_wasi_sock_accept))
			continue;
		defined[count++] = (struct bv_wasm_host_func){
			.module = module_names[bound->preview0],
			.name = functions[bound->index].name,
			.signature = functions[bound->index].signature,
			.fn = wasi_serve,
			.user = &wasi->bound[i],
		};
	}
	return bv_wasm_store_define(store, defined, count, err);
}

/* ---- making ---- */

static int no_memory(struct bv_error *err)
{
	return bv_fail(err, BV_E_NO_MEMORY, "wasi", "no memory for the guest's WASI state");
}

static int copy_strings(const char *const *from, size_t count, struct bv_wasi_strings *to,
	const char *place, struct bv_error *err)
{
	size_t total = 0;
	char *at;

	for (size_t i = 0; i < count; i++) {
		if (!from[i])
			return bv_fail_at(err, BV_E_MISSING, i, place, "entry %zu is NULL", i);
		if (!bv_size_add(total, strlen(from[i]) + 1, &total) ||
			total > BV_WASI_STRINGS_BYTES_MAX)
			return bv_fail_at(err, BV_E_LIMIT, i, place, "more than %u bytes in all",
				BV_WASI_STRINGS_BYTES_MAX);
	}
	to->bytes = malloc(total + 1);
	if (!to->bytes)
		return no_memory(err);
	at = to->bytes;
	for (size_t i = 0; i < count; i++)
		at = (char *)memcpy(at, from[i], strlen(from[i]) + 1) + strlen(from[i]) + 1;
	to->len = (uint32_t)total;
	to->count = (uint32_t)count;
	return 0;
}

static int check_preopens(const struct bv_wasi_config *config, uint32_t max, struct bv_error *err)
{
	if (max < 3 || max > BV_WASI_HANDLES_MAX)
		return bv_fail(err, BV_E_INVALID, "wasi.handles", "%u is not between 3 and %u", max,
			BV_WASI_HANDLES_MAX);
	if (config->preopen_count > max - 3 ||
		config->listener_count > max - 3 - config->preopen_count)
		return bv_fail(err, BV_E_LIMIT, "wasi.handles",
			"%zu directories and %zu listeners do not fit in %u descriptors",
			config->preopen_count, config->listener_count, max);
	for (size_t i = 0; i < config->preopen_count; i++) {
		const struct bv_wasi_preopen *p = &config->preopens[i];

		if (!p->name || !p->name[0] || strlen(p->name) > BV_WASI_PATH_MAX ||
			!bv_utf8_valid(bv_bytes_str(p->name)))
			return bv_fail_at(err, BV_E_INVALID, i, "wasi.preopens",
				"directory %zu needs a name in UTF-8 of 1 to %d bytes", i,
				BV_WASI_PATH_MAX);
		if (!p->read && !p->write)
			return bv_fail_at(err, BV_E_INVALID, i, "wasi.preopens",
				"directory %zu grants neither read nor write", i);
	}
	return 0;
}

static int stat_handle(struct bv_wasi *wasi, int handle, const char *place,
	struct bv_wasi_stat *ret, struct bv_error *err)
{
	enum bv_wasi_errno error = wasi->ops->stat(wasi->host, handle, ret);

	if (error)
		return bv_fail(err, BV_E_OS, place, "cannot look at a handle: %s",
			bv_wasi_errno_name(error));
	return 0;
}

static int add_stream(struct bv_wasi *wasi, uint32_t number, int handle, struct bv_error *err)
{
	struct bv_wasi_fd *fd = &wasi->fds[number];
	struct bv_wasi_stat st = {0};
	int code;

	if (handle < 0)
		return 0;
	code = stat_handle(wasi, handle, "wasi.streams", &st, err);
	if (code)
		return code;
	if (st.type == BV_WASI_TYPE_DIRECTORY)
		return bv_fail_at(err, BV_E_INVALID, number, "wasi.streams",
			"stream %u is a directory", number);
	/* A device that is no terminal must not look like one: see bv_wasi_rights_of_type(). */
	fd->type = st.type == BV_WASI_TYPE_CHARACTER_DEVICE && !st.is_terminal
		? BV_WASI_TYPE_UNKNOWN
		: st.type;
	fd->handle = handle;
	fd->shared = true;
	fd->base = bv_wasi_rights_of_type(fd->type, false) & bv_wasi_rights_stream(number == 0);
	fd->open = true;
	bv_wasi_fd_opened(wasi);
	return 0;
}

static int add_preopen(struct bv_wasi *wasi, const struct bv_wasi_preopen *preopen,
	struct bv_error *err)
{
	struct bv_wasi_fd *fd = &wasi->fds[3 + wasi->root_count];
	struct bv_wasi_stat st = {0};
	int code = stat_handle(wasi, preopen->handle, "wasi.preopens", &st, err);

	if (code)
		return code;
	if (st.type != BV_WASI_TYPE_DIRECTORY)
		return bv_fail(err, BV_E_INVALID, "wasi.preopens", "\"%s\" is not a directory",
			preopen->name);
	wasi->roots[wasi->root_count] = strdup(preopen->name);
	if (!wasi->roots[wasi->root_count])
		return no_memory(err);
	*fd = (struct bv_wasi_fd){
		.open = true,
		.is_preopen = true,
		.handle = preopen->handle,
		.type = st.type,
		.root = wasi->root_count++,
		.base = bv_wasi_rights_directory(preopen->read, preopen->write),
		.inheriting = bv_wasi_rights_directory(preopen->read, preopen->write) |
			bv_wasi_rights_file(preopen->read, preopen->write),
	};
	bv_wasi_fd_opened(wasi);
	return 0;
}

static int add_listener(struct bv_wasi *wasi, uint32_t number, int handle, struct bv_error *err)
{
	struct bv_wasi_stat st = {0};
	int code = stat_handle(wasi, handle, "wasi.listeners", &st, err);

	if (code)
		return code;
	if (st.type != BV_WASI_TYPE_SOCKET_STREAM)
		return bv_fail(err, BV_E_INVALID, "wasi.listeners",
			"descriptor %u is not a stream socket", number);
	wasi->fds[number] = (struct bv_wasi_fd){
		.open = true,
		.shared = true,
		.listener = true,
		.handle = handle,
		.type = st.type,
		.root = BV_WASI_NO_ROOT,
		.base = bv_wasi_rights_of_type(st.type, true),
		.inheriting = bv_wasi_rights_of_type(st.type, false),
	};
	bv_wasi_fd_opened(wasi);
	return 0;
}

static int fill(struct bv_wasi *wasi, const struct bv_wasi_config *config, struct bv_error *err)
{
	int code = copy_strings(config->args, config->arg_count, &wasi->args, "wasi.args", err);
	uint32_t next = 3 + (uint32_t)config->preopen_count;

	if (!code)
		code = copy_strings(config->env, config->env_count, &wasi->env, "wasi.env", err);
	for (uint32_t i = 0; i < 3 && !code; i++)
		code = add_stream(wasi, i, config->streams[i], err);
	for (size_t i = 0; i < config->preopen_count && !code; i++)
		code = add_preopen(wasi, &config->preopens[i], err);
	for (uint32_t i = 0; i < config->listener_count && !code; i++)
		code = add_listener(wasi, next + i, config->listeners[i], err);
	return code;
}

static void release(struct bv_wasi *wasi)
{
	for (uint32_t i = 0; i < wasi->root_count; i++)
		free(wasi->roots[i]);
	free(wasi->roots);
	free(wasi->fds);
	free(wasi->bound);
	free(wasi->args.bytes);
	/* Secrets are among them. */
	if (wasi->env.bytes)
		explicit_bzero(wasi->env.bytes, wasi->env.len);
	free(wasi->env.bytes);
	/* And in the paths that were passed last, if the guest put them there. */
	explicit_bzero(wasi, sizeof(*wasi));
	free(wasi);
}

static struct bv_wasi *allocate(const struct bv_wasi_config *config, uint32_t max)
{
	struct bv_wasi *wasi = malloc(sizeof(*wasi));

	if (!wasi)
		return NULL;
	memset(wasi, 0, offsetof(struct bv_wasi, paths));
	wasi->ops = config->ops;
	wasi->host = config->host;
	wasi->denied = config->denied;
	wasi->denied_user = config->denied_user;
	wasi->served = config->served;
	wasi->served_user = config->served_user;
	wasi->fd_max = max;
	wasi->fd_known = 3 + (uint32_t)(config->preopen_count + config->listener_count);
	wasi->fds = malloc(max * sizeof(*wasi->fds));
	wasi->bound = calloc(2 * FUNCTION_COUNT, sizeof(*wasi->bound));
	wasi->roots = calloc(config->preopen_count + 1, sizeof(*wasi->roots));
	if (!wasi->fds || !wasi->bound || !wasi->roots) {
		release(wasi);
		return NULL;
	}
	for (uint32_t i = 0; i < wasi->fd_known; i++)
		wasi->fds[i] = bv_wasi_fd_none;
	for (uint32_t i = 0; i < 2 * FUNCTION_COUNT; i++)
		wasi->bound[i] = (struct bv_wasi_bound){.wasi = wasi,
			.index = i % FUNCTION_COUNT,
			.preview0 = i >= FUNCTION_COUNT};
	return wasi;
}

int bv_wasi_new(const struct bv_wasi_config *config, struct bv_wasi **ret, struct bv_error *err)
{
	uint32_t max = config->handles_max ? config->handles_max : BV_WASI_HANDLES_DEFAULT;
	struct bv_wasi *wasi;
	int code = check_preopens(config, max, err);

	if (code)
		return code;
	wasi = allocate(config, max);
	if (!wasi)
		return no_memory(err);
	code = fill(wasi, config, err);
	if (code) {
		release(wasi);
		return code;
	}
	*ret = wasi;
	return 0;
}

uint32_t bv_wasi_handles_most(const struct bv_wasi *wasi)
{
	return wasi->fd_most;
}

void bv_wasi_free(struct bv_wasi *wasi)
{
	if (!wasi)
		return;
	for (uint32_t i = 0; i < wasi->fd_known; i++) {
		if (wasi->fds[i].open)
			bv_wasi_fd_close_entry(wasi, &wasi->fds[i]);
	}
	release(wasi);
}
