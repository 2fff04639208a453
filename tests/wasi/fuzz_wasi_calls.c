/* SPDX-License-Identifier: MIT
 *
 * Any bytes as calls of a guest's, over the real host operations in a directory of its own. The
 * guest's memory holds paths with ways out in them, and vectors; each call is one byte for the
 * function and one for each argument, which picks a number from a table. Whatever comes:
 *  - nothing outside the granted directories changes, and no new name appears there;
 *  - rights of the directory that is only read never contain one that writes;
 *  - what is open for the guest is all that is open, and is closed at the end.
 *
 * Nothing waits, and no file gets large: those operations are replaced.
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wasi/linux/linux.h"
#include "wasi/state.h"

#define BYTES_MAX 65536u
#define CALLS_MAX 64u
#define TEXT 1024u
#define VECS 512u
#define WRITING \
	(BV_WASI_RIGHT_FD_WRITE | BV_WASI_RIGHT_PATH_CREATE_FILE | \
		BV_WASI_RIGHT_PATH_UNLINK_FILE | BV_WASI_RIGHT_PATH_RENAME_SOURCE | \
		BV_WASI_RIGHT_PATH_LINK_SOURCE | BV_WASI_RIGHT_PATH_FILESTAT_SET_SIZE)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char root[] = "/tmp/bvisor-fuzz-wasi.XXXXXX"; /* made once, then anew for each input */
static struct bv_wasm_module *module;
static struct bv_wasi_host_ops ops;

static void require(bool holds)
{
	if (!holds)
		abort();
}

static const struct {
	const char *signature;
	enum bv_wasi_errno (*serve)(struct bv_wasi *wasi, const union bv_wasm_value *args);
} functions[] = {
#define BV_WASI_FUNCTION(name, signature) {signature, bv_wasi_##name},
#include "wasi/functions.def"
#undef BV_WASI_FUNCTION
};

/* ---- operations that would wait or grow ---- */

static enum bv_wasi_errno no_poll(void *host, struct bv_wasi_wait *waits, size_t count,
	uint64_t timeout_ns)
{
	(void)host;
	(void)waits;
	(void)count;
	(void)timeout_ns;
	return BV_WASI_INTR;
}

static enum bv_wasi_errno small_size(void *host, int handle, uint64_t size)
{
	return size > BYTES_MAX ? BV_WASI_FBIG : bv_wasi_linux_ops.set_size(host, handle, size);
}

static enum bv_wasi_errno small_allocate(void *host, int handle, uint64_t offset, uint64_t len)
{
	if (offset > BYTES_MAX || len > BYTES_MAX)
		return BV_WASI_FBIG;
	return bv_wasi_linux_ops.allocate(host, handle, offset, len);
}

static enum bv_wasi_errno no_sync(void *host, int handle, bool data_only)
{
	(void)host;
	(void)handle;
	(void)data_only;
	return BV_WASI_SUCCESS;
}

/* ---- the world ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int place(const char *name)
{
	char path[256];
	struct bv_error err = {0};
	int handle = -1;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	require(mkdir(path, 0755) == 0);
	require(bv_wasi_linux_root(path, &handle, &err) == 0);
	return handle;
}

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "w");
	require(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void lead(const char *target, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	require(symlink(target, path) == 0);
}

static struct bv_wasi *world(struct bv_wasi_linux *host)
{
	struct bv_wasi_preopen preopens[2];
	struct bv_wasi *wasi = NULL;
	struct bv_error err = {0};

	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	require(mkdir(root, 0700) == 0);
	preopens[0] = (struct bv_wasi_preopen){"box", place("box"), true, true};
	preopens[1] = (struct bv_wasi_preopen){"ro", place("ro"), true, false};
	close(place("outside"));
	put("outside/s", "secret");
	put("ro/s", "secret");
	put("box/s", "mine");
	lead("../outside", "box/e");
	lead("../outside/s", "box/l");
	lead("/tmp", "ro/e");
	require(bv_wasi_linux_init(host, NULL, &err) == 0);
	require(bv_wasi_new(&(struct bv_wasi_config){.ops = &ops,
				    .host = host,
				    .streams = {open("/dev/null", O_RDONLY | O_CLOEXEC),
					    open("/dev/null", O_WRONLY | O_CLOEXEC), -1},
				    .preopens = preopens,
				    .preopen_count = 2,
				    .handles_max = 12},
			&wasi, &err) == 0);
	return wasi;
}

static unsigned int names_in(const char *name)
{
	char path[256];
	unsigned int n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	dir = opendir(path);
	require(dir != NULL);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void unchanged(const char *name)
{
	char path[256];
	char text[16] = "";
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/%s/s", root, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	require(fd >= 0 && read(fd, text, sizeof(text)) == 6 && strcmp(text, "secret") == 0);
	require(fstat(fd, &st) == 0 && st.st_nlink == 1);
	close(fd);
}

/* ---- the guest ---- */

static struct bv_wasm_store *guest(struct bv_wasi *wasi)
{
	/* Cut anywhere it is a path: pieces of it are what the arguments point to. */
	static const char text[] = "s/../e/s/./a/b/../../../outside/s//l/e/../s\0/tmp/x";
	const struct bv_wasm_store_config config = {0};
	struct bv_wasm_store *store = NULL;
	struct bv_wasm_trap trap = {0};
	uint8_t *memory;

	require(bv_wasm_store_new(&config, &store, NULL) == 0);
	require(bv_wasm_instantiate(store, module, &wasi->caller, &trap, NULL) == 0);
	memory = bv_wasm_memory(wasi->caller, 0, 65536);
	memcpy(memory + TEXT, text, sizeof(text));
	/* Three vectors: fine, empty, and past the end. */
	memcpy(memory + VECS,
		"\0\x20\0\0\x10\0\0\0"
		"\0\x20\0\0\0\0\0\0"
		"\xf0\xff\0\0\xff\0\0\0",
		24);
	return store;
}

static uint32_t number(uint8_t pick)
{
	static const uint32_t odd[] = {TEXT, VECS, 64, 128, 4096, 8192, 65528, 65532, 65535, 65536,
		0x7fffffff, 0x80000000u, UINT32_MAX, UINT32_MAX - 7, 24, 48};

	/* Small numbers are descriptors, flags and lengths; then come places in the text. */
	if (pick < 32)
		return pick;
	if (pick < 96)
		return TEXT + pick - 32u;
	return odd[pick % 16];
}

static uint64_t wide(uint8_t pick)
{
	static const uint64_t odd[] = {0, 1, 7, 4096, BYTES_MAX, INT64_MAX, (uint64_t)INT64_MIN,
		UINT64_MAX, (UINT64_C(1) << 30) - 1, BV_WASI_RIGHT_FD_READ, BV_WASI_RIGHT_FD_WRITE,
		BV_WASI_RIGHT_PATH_OPEN, UINT64_C(1) << 32, UINT64_MAX - 5, 2, 3};

	return pick < 128 ? odd[pick % 16] : UINT64_C(1) << (pick % 30);
}

static size_t call(struct bv_wasi *wasi, const uint8_t *data, size_t size)
{
	size_t index = data[0] % (sizeof(functions) / sizeof(functions[0]));
	const char *signature = functions[index].signature;
	union bv_wasm_value args[16] = {0};
	size_t n = strcspn(signature, ":");

	if (size <= n)
		return size;
	for (size_t i = 0; i < n; i++) {
		if (signature[i] == 'i')
			args[i].i32 = number(data[1 + i]);
		else
			args[i].i64 = wide(data[1 + i]);
	}
	(void)functions[index].serve(wasi, args);
	return n + 1;
}

static void check(const struct bv_wasi *wasi)
{
	for (uint32_t i = 0; i < wasi->fd_known; i++) {
		const struct bv_wasi_fd *fd = &wasi->fds[i];

		require(fd->open ? fcntl(fd->handle, F_GETFD) >= 0 : fd->handle == -1);
		if (fd->open && fd->root == 1)
			require(!((fd->base | fd->inheriting) & WRITING));
	}
}

static void set_up(void)
{
	static const uint8_t bytes[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 5, 3, 1, 0, 1};

	if (module)
		return;
	require(mkdtemp(root) != NULL);
	ops = bv_wasi_linux_ops;
	ops.poll = no_poll;
	ops.set_size = small_size;
	ops.allocate = small_allocate;
	ops.sync = no_sync;
	require(bv_wasm_module_load(bytes, sizeof(bytes), NULL, &module, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bv_wasi_linux host = {0};
	struct bv_wasm_store *store;
	struct bv_wasi *wasi;
	int before;
	int after;

	set_up();
	before = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(before);
	wasi = world(&host);
	store = guest(wasi);
	for (unsigned int n = 0; size && n < CALLS_MAX; n++) {
		size_t used = call(wasi, data, size);

		data += used;
		size -= used;
	}
	check(wasi);
	bv_wasm_store_free(store);
	bv_wasi_free(wasi);
	require(names_in("outside") == 3 && names_in("ro") == 4);
	unchanged("outside");
	unchanged("ro");
	/* The lowest free number is what it was: nothing was left open below it, or leaked. */
	after = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(after);
	require(after == before);
	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}
