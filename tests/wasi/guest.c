/* SPDX-License-Identifier: MIT
 *
 * The guest, its module made of bytes here, and the directories around it.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

struct function {
	const char *name;
	const char *signature;
};

static const struct function functions[] = {
#define BV_WASI_FUNCTION(name, signature) {#name, signature},
#include "wasi/functions.def"
#undef BV_WASI_FUNCTION
};

#define COUNT (sizeof(functions) / sizeof(functions[0]))

/* ---- the module ---- */

struct bytes {
	uint8_t data[16384];
	size_t len;
};

static void byte(struct bytes *out, unsigned int value)
{
	assert_true(out->len < sizeof(out->data));
	out->data[out->len++] = (uint8_t)value;
}

static void number(struct bytes *out, size_t value)
{
	do {
		byte(out, (unsigned int)(value & 0x7f) | (value > 0x7f ? 0x80u : 0));
		value >>= 7;
	} while (value);
}

static void name(struct bytes *out, const char *text)
{
	number(out, strlen(text));
	while (*text)
		byte(out, (uint8_t)*text++);
}

static void section(struct bytes *out, unsigned int id, const struct bytes *body)
{
	byte(out, id);
	number(out, body->len);
	for (size_t i = 0; i < body->len; i++)
		byte(out, body->data[i]);
}

static size_t params(const char *signature)
{
	return strcspn(signature, ":");
}

static void put_type(struct bytes *out, const char *signature)
{
	byte(out, 0x60);
	number(out, params(signature));
	for (; *signature != ':'; signature++)
		byte(out, *signature == 'i' ? BV_WASM_I32 : BV_WASM_I64);
	signature++;
	number(out, strlen(signature));
	for (; *signature; signature++)
		byte(out, BV_WASM_I32);
}

static void put_body(struct bytes *out, size_t index)
{
	struct bytes body = {.len = 0};

	byte(&body, 0);
	for (size_t i = 0; i < params(functions[index].signature); i++) {
		byte(&body, 0x20);
		number(&body, i);
	}
	byte(&body, 0x10);
	number(&body, index);
	byte(&body, 0x0b);
	number(out, body.len);
	for (size_t i = 0; i < body.len; i++)
		byte(out, body.data[i]);
}

/* Preview0 has no sock_accept. */
static const char *module_of(size_t index, bool preview0)
{
	return preview0 && strcmp(functions[index].name, "sock_accept") != 0
		? "wasi_unstable"
		: "wasi_snapshot_preview1";
}

static void make_module(struct bytes *out, bool preview0)
{
	static const uint8_t magic[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
	static struct bytes parts[6];

	memset(parts, 0, sizeof(parts));
	for (size_t p = 0; p < 6; p++)
		number(&parts[p], p == 3 ? 1 : p == 4 ? COUNT + 1 : COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		put_type(&parts[0], functions[i].signature);
		name(&parts[1], module_of(i, preview0));
		name(&parts[1], functions[i].name);
		byte(&parts[1], 0);
		number(&parts[1], i);
		number(&parts[2], i);
		name(&parts[4], functions[i].name);
		byte(&parts[4], 0);
		number(&parts[4], COUNT + i);
		put_body(&parts[5], i);
	}
	byte(&parts[3], 0);
	number(&parts[3], MEMORY_BYTES / 65536);
	name(&parts[4], "memory");
	byte(&parts[4], 2);
	number(&parts[4], 0);
	out->len = sizeof(magic);
	memcpy(out->data, magic, sizeof(magic));
	for (unsigned int p = 0; p < 6; p++) {
		static const unsigned int ids[] = {1, 2, 3, 5, 7, 10};

		section(out, ids[p], &parts[p]);
	}
}

/* ---- calling ---- */

static const struct function *find(const char *wanted)
{
	for (size_t i = 0; i < COUNT; i++) {
		if (strcmp(functions[i].name, wanted) == 0)
			return &functions[i];
	}
	fail_msg("no function %s", wanted);
	return NULL;
}

uint32_t guest_call_args(struct guest *guest, const char *wanted, const uint64_t *numbers)
{
	const struct function *function = find(wanted);
	size_t count = params(function->signature);
	union bv_wasm_value args[16] = {0};
	union bv_wasm_value result = {0};
	struct bv_wasm_func *func = NULL;
	struct bv_wasm_trap trap = {0};
	struct bv_error err = {0};

	for (size_t i = 0; i < count; i++) {
		if (function->signature[i] == 'i')
			args[i].i32 = (uint32_t)numbers[i];
		else
			args[i].i64 = numbers[i];
	}
	assert_int_equal(0,
		bv_wasm_export_func(guest->instance, wanted, strlen(wanted), &func, &err));
	assert_int_equal(0,
		bv_wasm_call(func, args, count, &result, strlen(function->signature) - count - 1,
			&trap, &err));
	guest->trap = trap.kind;
	guest->exit_status = trap.status;
	return result.i32;
}

uint32_t guest_call(struct guest *guest, const char *wanted, ...)
{
	const char *signature = find(wanted)->signature;
	uint64_t numbers[16] = {0};
	va_list list;

	va_start(list, wanted);
	for (size_t i = 0; i < params(signature); i++)
		numbers[i] = signature[i] == 'i' ? va_arg(list, uint32_t) : va_arg(list, uint64_t);
	va_end(list);
	return guest_call_args(guest, wanted, numbers);
}

uint8_t *guest_memory(struct guest *guest, uint32_t pointer)
{
	uint8_t *memory = bv_wasm_memory(guest->instance, pointer, 1);

	assert_non_null(memory);
	return memory;
}

uint32_t guest_u32(struct guest *guest, uint32_t pointer)
{
	uint32_t value;

	memcpy(&value, guest_memory(guest, pointer), sizeof(value));
	return value;
}

uint64_t guest_u64(struct guest *guest, uint32_t pointer)
{
	uint64_t value;

	memcpy(&value, guest_memory(guest, pointer), sizeof(value));
	return value;
}

void guest_put32(struct guest *guest, uint32_t pointer, uint32_t value)
{
	memcpy(guest_memory(guest, pointer), &value, sizeof(value));
}

uint32_t guest_text(struct guest *guest, const char *text)
{
	uint32_t at = SCRATCH + guest->used;
	size_t len = strlen(text);

	/* Room is used in a circle: no test passes much at once. */
	guest->used = (guest->used + (uint32_t)len + 1) % 16384;
	memcpy(guest_memory(guest, at), text, len);
	return at;
}

uint32_t guest_open(struct guest *guest, uint32_t dir, const char *path, uint32_t oflags,
	uint64_t rights, uint32_t *ret_fd)
{
	uint32_t error = guest_call(guest, "path_open", dir, 1u, guest_text(guest, path),
		(uint32_t)strlen(path), oflags, rights, rights, 0u, OUT);

	if (!error)
		*ret_fd = guest_u32(guest, OUT);
	return error;
}

/* ---- the host's side ---- */

void host_file(struct guest *guest, const char *path, const char *text)
{
	int fd = openat(guest->root_fd, path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(strlen(text), write(fd, text, strlen(text)));
	close(fd);
}

void host_mkdir(struct guest *guest, const char *path)
{
	assert_int_equal(0, mkdirat(guest->root_fd, path, 0755));
}

void host_symlink(struct guest *guest, const char *target, const char *path)
{
	assert_int_equal(0, symlinkat(target, guest->root_fd, path));
}

bool host_exists(struct guest *guest, const char *path)
{
	return faccessat(guest->root_fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

long host_size(struct guest *guest, const char *path)
{
	struct stat st;

	assert_int_equal(0, fstatat(guest->root_fd, path, &st, 0));
	return (long)st.st_size;
}

/* ---- setting up ---- */

static void denied(void *user, const struct bv_wasi_denial *d)
{
	struct guest *guest = user;

	guest->denials++;
	snprintf(guest->last_denial, sizeof(guest->last_denial), "%s %s %s %.*s", d->call,
		bv_wasi_errno_name(d->error), d->root ? d->root : "-", (int)d->path.len,
		(const char *)d->path.data);
}

static int directory(struct guest *guest, const char *path)
{
	char full[128];
	struct bv_error err = {0};
	int handle = -1;

	if (!host_exists(guest, path))
		host_mkdir(guest, path);
	snprintf(full, sizeof(full), "%s/%s", guest->root, path);
	assert_int_equal(0, bv_wasi_linux_root(full, &handle, &err));
	return handle;
}

static void start(struct guest *guest, uint32_t handles_max, const int *listener)
{
	static const char *const args[] = {"guest", "two words"};
	static const char *const env[] = {"A=1", "B=\n\"'"};
	struct bv_wasi_preopen preopens[3] =
		{{.name = "box", .handle = directory(guest, "box"), .read = true, .write = true},
			{.name = "ro", .handle = directory(guest, "ro"), .read = true},
			{.name = "wo", .handle = directory(guest, "wo"), .write = true}};
	int in[2];
	int out[2];
	struct bv_error err = {0};

	assert_int_equal(0, pipe2(in, O_CLOEXEC));
	assert_int_equal(0, pipe2(out, O_CLOEXEC));
	assert_int_equal(0, bv_wasi_linux_init(&guest->host, &guest->interrupt, &err));
	guest->input = in[1];
	guest->output = out[0];
	assert_int_equal(0,
		bv_wasi_new(&(struct bv_wasi_config){.ops = &bv_wasi_linux_ops,
				    .host = &guest->host,
				    .args = args,
				    .arg_count = 2,
				    .env = env,
				    .env_count = 2,
				    .streams = {in[0], out[1], -1},
				    .preopens = preopens,
				    .preopen_count = 3,
				    .listeners = listener,
				    .listener_count = listener != NULL,
				    .handles_max = handles_max,
				    .denied = denied,
				    .denied_user = guest},
			&guest->wasi, &err));
}

void guest_load(struct guest *guest)
{
	static struct bytes bytes;
	const struct bv_wasm_store_config config = {.interrupt = &guest->interrupt};
	struct bv_wasm_trap trap = {0};
	struct bv_error err = {0};

	make_module(&bytes, guest->preview0);
	if (!guest->module &&
		bv_wasm_module_load(bytes.data, bytes.len, NULL, &guest->module, &err))
		fail_msg("%s", err.text);
	assert_int_equal(0, bv_wasm_store_new(&config, &guest->store, &err));
	assert_int_equal(0, bv_wasi_define(guest->wasi, guest->module, guest->store, &err));
	if (bv_wasm_instantiate(guest->store, guest->module, &guest->instance, &trap, &err))
		fail_msg("%s", err.text);
}

static void stop(struct guest *guest)
{
	bv_wasm_store_free(guest->store);
	bv_wasi_free(guest->wasi);
	guest->store = NULL;
	guest->wasi = NULL;
	close(guest->input);
	close(guest->output);
}

void guest_restart(struct guest *guest, int listener)
{
	stop(guest);
	start(guest, 0, listener < 0 ? NULL : &listener);
	guest_load(guest);
}

void guest_configure(struct guest *guest, struct bv_wasi_config *config)
{
	struct bv_error err = {0};

	bv_wasm_store_free(guest->store);
	bv_wasi_free(guest->wasi);
	config->ops = &bv_wasi_linux_ops;
	config->host = &guest->host;
	config->denied = denied;
	config->denied_user = guest;
	if (bv_wasi_new(config, &guest->wasi, &err))
		fail_msg("%s", err.text);
	guest_load(guest);
}

static int setup(void **state, uint32_t handles_max, bool preview0)
{
	struct guest *guest = calloc(1, sizeof(*guest));

	if (!guest)
		return -1;
	guest->preview0 = preview0;
	strcpy(guest->root, "/tmp/bvisor-wasi.XXXXXX");
	assert_non_null(mkdtemp(guest->root));
	guest->root_fd = open(guest->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	start(guest, handles_max, NULL);
	guest_load(guest);
	host_mkdir(guest, "outside");
	host_file(guest, "outside/secret", "secret");
	*state = guest;
	return 0;
}

int guest_setup(void **state)
{
	return setup(state, 0, false);
}

int guest_setup_few_handles(void **state)
{
	return setup(state, 10, false);
}

int guest_setup_preview0(void **state)
{
	return setup(state, 0, true);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int guest_teardown(void **state)
{
	struct guest *guest = *state;

	stop(guest);
	bv_wasm_module_free(guest->module);
	close(guest->root_fd);
	nftw(guest->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(guest);
	return 0;
}
