/* SPDX-License-Identifier: MIT
 *
 * Linear memory: addresses for the most it may become are reserved without access, what it is now
 * may be read and written. A fresh mapping for each instance, never a used one: nothing of an
 * earlier guest can be left in it. Nothing here is ever executable.
 */
#include "warm/warm.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys/fd.h"
#include "sys/memfd.h"

/* Below this, copying costs no more than mapping. */
#define WARM_IMAGE_MIN 4096
/* Beyond it there is none: whoever made a module says where its segments stand, and the image is
 * kept, and is written without a look at the time. */
#define WARM_IMAGE_MAX ((uint64_t)16 << 20)

static uint64_t warm_pages(uint64_t bytes)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

/* ---- images ---- */

static bool warm_image_fill(int fd, const struct bv_wasm_module *module, uint64_t bytes)
{
	void *image;

	if (ftruncate(fd, (off_t)bytes))
		return false;
	image = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (image == MAP_FAILED)
		return false;
	bv_wasm_image_write(module, image);
	munmap(image, (size_t)bytes);
	/* A private mapping shows later changes of the file's untouched pages: there are none. */
	return fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) ==
		0;
}

struct warm_image warm_image_new(const struct bv_wasm_module *module, uint64_t bytes_max)
{
	struct warm_image image = {.fd = -1};
	uint64_t bytes = warm_pages(bv_wasm_image_bytes(module));
	CLEANUP_FD int fd = -1;

	if (bytes < WARM_IMAGE_MIN || bytes > WARM_IMAGE_MAX || bytes > bytes_max)
		return image;
	fd = sys_memfd("bvisor-wasm-image", bytes);
	if (fd < 0 || !warm_image_fill(fd, module, bytes))
		return image;
	image.fd = fd_take(&fd);
	image.bytes = bytes;
	return image;
}

/* ---- memory ---- */

static bool warm_open(uint8_t *base, const struct warm_image *image, uint64_t bytes)
{
	uint64_t imaged = image ? image->bytes : 0;

	if (bytes > imaged &&
		mprotect(base + imaged, (size_t)(bytes - imaged), PROT_READ | PROT_WRITE))
		return false;
	return !imaged ||
		mmap(base, (size_t)imaged, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
			image->fd, 0) != MAP_FAILED;
}

static uint64_t warm_reserved(uint64_t bytes_max)
{
	return warm_pages(bytes_max ? bytes_max : 1);
}

uint8_t *warm_memory_map(const struct warm_image *image, uint64_t bytes, uint64_t bytes_max)
{
	void *base = mmap(NULL, (size_t)warm_reserved(bytes_max), PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (base == MAP_FAILED)
		return NULL;
	if (warm_open(base, image, bytes))
		return base;
	munmap(base, (size_t)warm_reserved(bytes_max));
	return NULL;
}

uint8_t *warm_memory_grow(void *user, uint8_t *base, uint64_t bytes_old, uint64_t bytes_new,
	uint64_t bytes_max)
{
	(void)user, (void)bytes_max;
	if (mprotect(base + bytes_old, (size_t)(bytes_new - bytes_old), PROT_READ | PROT_WRITE))
		return NULL;
	return base;
}

void warm_memory_release(void *user, uint8_t *base, uint64_t bytes, uint64_t bytes_max)
{
	(void)user, (void)bytes;
	munmap(base, (size_t)warm_reserved(bytes_max));
}
