/* SPDX-License-Identifier: MIT
 *
 * The cache: a short list, most recently used first, under one lock. Validation happens outside
 * the lock; when two threads load the same bytes at once, the second takes the first's module.
 *
 * An image is made when memory is asked for the second time: by then a store has found the memory
 * to be within its limits, and there is something to gain.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/fail.h"
#include "sys/fd.h"
#include "warm/warm.h"

#include <bvisor/api.h>

#define CACHE_BYTES_DEFAULT (UINT64_C(256) << 20)
#define CACHE_ENTRIES_DEFAULT 64
/* What takes more than this part of the room is not kept, so that it cannot push the rest out. */
#define CACHE_SHARE 4

struct cache_entry {
	struct cache_entry *next; /* used less recently */
	struct bv_digest key;
	struct bv_wasm_module *module;
	struct warm_image image;
	uint32_t users;
	uint64_t memories; /* asked for so far */
};

struct bv_wasm_cache {
	pthread_mutex_t lock;
	struct bv_wasm_cache_limits limits;
	struct bv_wasm_cache_counts counts;
	struct cache_entry *first;
	struct bv_wasm_memory_ops memory;
};

static void entry_free(struct cache_entry *entry)
{
	if (!entry)
		return;
	fd_closep(&entry->image.fd);
	bv_wasm_module_free(entry->module);
	free(entry);
}

/* What a module is known by: everything that its validation and translation depend on. */
static struct bv_digest cache_key(const struct bv_digest *digest,
	const struct bv_wasm_limits *limits)
{
	static const struct bv_wasm_limits none;
	const char *version = bv_version();
	struct bv_sha256 state;
	struct bv_digest key;
	uint64_t options[5];

	limits = limits ? limits : &none;
	options[0] = limits->module_bytes;
	options[1] = limits->engine_bytes;
	options[2] = limits->edition;
	options[3] = limits->unfused;
	options[4] = sizeof(void *);
	bv_sha256_init(&state);
	bv_sha256_update(&state, version, strlen(version) + 1);
	bv_sha256_update(&state, options, sizeof(options));
	bv_sha256_update(&state, digest->bytes, sizeof(digest->bytes));
	bv_sha256_final(&state, &key);
	return key;
}

/* ---- the list; all under the lock ---- */

/* The place that points to the entry, or to NULL. */
static struct cache_entry **cache_place(struct bv_wasm_cache *cache, const struct bv_digest *key)
{
	struct cache_entry **place = &cache->first;

	while (*place && memcmp(&(*place)->key, key, sizeof(*key)) != 0)
		place = &(*place)->next;
	return place;
}

static struct cache_entry *cache_unlink(struct cache_entry **place)
{
	struct cache_entry *entry = *place;

	*place = entry->next;
	return entry;
}

static void cache_push(struct bv_wasm_cache *cache, struct cache_entry *entry)
{
	entry->next = cache->first;
	cache->first = entry;
}

static uint64_t entry_bytes(const struct cache_entry *entry)
{
	return bv_wasm_module_bytes(entry->module) + entry->image.bytes;
}

static bool entry_is_large(const struct bv_wasm_cache *cache, const struct cache_entry *entry)
{
	return entry_bytes(entry) > cache->limits.bytes / CACHE_SHARE;
}

static void cache_measure(struct bv_wasm_cache *cache)
{
	cache->counts.bytes = 0;
	cache->counts.entries = 0;
	for (const struct cache_entry *e = cache->first; e; e = e->next) {
		cache->counts.bytes += entry_bytes(e);
		cache->counts.entries++;
	}
}

static bool cache_is_over(const struct bv_wasm_cache *cache)
{
	uint64_t bytes = 0;
	uint32_t entries = 0;

	for (const struct cache_entry *e = cache->first; e; e = e->next) {
		if (entry_is_large(cache, e))
			continue;
		bytes += entry_bytes(e);
		entries++;
	}
	return bytes > cache->limits.bytes || entries > cache->limits.entries;
}

/* Of those that nobody uses, one that is too large to be kept; or the one not used for longest, if
 * there is no room for all. NULL: they may stay. */
static struct cache_entry *cache_take_next(struct bv_wasm_cache *cache)
{
	struct cache_entry **oldest = NULL;

	for (struct cache_entry **place = &cache->first; *place; place = &(*place)->next) {
		if ((*place)->users)
			continue;
		if (entry_is_large(cache, *place))
			return cache_unlink(place);
		oldest = place;
	}
	return oldest && cache_is_over(cache) ? cache_unlink(oldest) : NULL;
}

static void cache_trim(struct bv_wasm_cache *cache)
{
	struct cache_entry *gone = cache_take_next(cache);

	for (; gone; gone = cache_take_next(cache)) {
		entry_free(gone);
		cache->counts.evictions++;
	}
}

/* The module of a key, for one more user; NULL if it is not there. */
static const struct bv_wasm_module *cache_take(struct bv_wasm_cache *cache,
	const struct bv_digest *key)
{
	struct cache_entry **place = cache_place(cache, key);
	struct cache_entry *entry;

	if (!*place)
		return NULL;
	entry = cache_unlink(place);
	entry->users++;
	cache_push(cache, entry);
	return entry->module;
}

/* ---- the calls ---- */

/* What an image may take, for its module to be kept all the same. */
static uint64_t cache_image_max(const struct bv_wasm_cache *cache,
	const struct bv_wasm_module *module)
{
	uint64_t most = cache->limits.bytes / CACHE_SHARE;
	uint64_t taken = bv_wasm_module_bytes(module);

	return taken < most ? most - taken : 0;
}

/* The image of a module, which is in use and therefore stays as it is. One thread makes it, once,
 * while the others do without. */
static struct warm_image cache_image(struct bv_wasm_cache *cache,
	const struct bv_wasm_module *module)
{
	struct warm_image image = {.fd = -1};
	struct cache_entry *entry;
	bool due;

	pthread_mutex_lock(&cache->lock);
	entry = cache->first;
	while (entry && entry->module != module)
		entry = entry->next;
	due = entry && ++entry->memories == 2;
	if (entry)
		image = entry->image;
	pthread_mutex_unlock(&cache->lock);
	if (!due)
		return image;
	image = warm_image_new(module, cache_image_max(cache, module));
	pthread_mutex_lock(&cache->lock);
	entry->image = image;
	pthread_mutex_unlock(&cache->lock);
	return image;
}

static uint8_t *cache_reserve(void *user, const struct bv_wasm_module *module, uint64_t bytes,
	uint64_t bytes_max, bool *ret_image)
{
	struct warm_image image = cache_image(user, module);
	uint8_t *base = warm_memory_map(image.bytes ? &image : NULL, bytes, bytes_max);

	*ret_image = base && image.bytes;
	return base;
}

int bv_wasm_cache_new(const struct bv_wasm_cache_limits *limits, struct bv_wasm_cache **ret,
	struct bv_error *err)
{
	struct bv_wasm_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return bv_fail(err, BV_E_NO_MEMORY, "cache", "no memory for a cache of modules");
	if (limits)
		cache->limits = *limits;
	if (!cache->limits.bytes)
		cache->limits.bytes = CACHE_BYTES_DEFAULT;
	if (!cache->limits.entries)
		cache->limits.entries = CACHE_ENTRIES_DEFAULT;
	pthread_mutex_init(&cache->lock, NULL);
	cache->memory = (struct bv_wasm_memory_ops){cache_reserve, warm_memory_grow,
		warm_memory_release, cache};
	*ret = cache;
	return BV_OK;
}

void bv_wasm_cache_free(struct bv_wasm_cache *cache)
{
	if (!cache)
		return;
	while (cache->first)
		entry_free(cache_unlink(&cache->first));
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

static int cache_make(struct bv_bytes bytes, const struct bv_wasm_limits *limits,
	const struct bv_digest *key, struct cache_entry **ret, struct bv_error *err)
{
	struct cache_entry *entry = calloc(1, sizeof(*entry));
	int code;

	if (!entry)
		return bv_fail(err, BV_E_NO_MEMORY, "cache", "no memory to keep a module");
	code = bv_wasm_module_load(bytes.data, bytes.len, limits, &entry->module, err);
	if (code) {
		free(entry);
		return code;
	}
	entry->key = *key;
	entry->image.fd = -1;
	*ret = entry;
	return BV_OK;
}

static const struct bv_wasm_module *cache_find(struct bv_wasm_cache *cache,
	const struct bv_digest *key)
{
	const struct bv_wasm_module *module;

	pthread_mutex_lock(&cache->lock);
	module = cache_take(cache, key);
	if (module)
		cache->counts.hits++;
	pthread_mutex_unlock(&cache->lock);
	return module;
}

/* One that another thread made meanwhile is as good. */
static const struct bv_wasm_module *cache_keep(struct bv_wasm_cache *cache,
	struct cache_entry *made)
{
	const struct bv_wasm_module *module;

	pthread_mutex_lock(&cache->lock);
	module = cache_take(cache, &made->key);
	if (!module) {
		cache_push(cache, made);
		module = cache_take(cache, &made->key);
		made = NULL;
		cache_trim(cache);
	}
	pthread_mutex_unlock(&cache->lock);
	entry_free(made);
	return module;
}

static int cache_add(struct bv_wasm_cache *cache, const struct bv_digest *key,
	struct bv_bytes bytes, const struct bv_wasm_limits *limits,
	const struct bv_wasm_module **ret, struct bv_error *err)
{
	struct cache_entry *made = NULL;
	int code;

	pthread_mutex_lock(&cache->lock);
	cache->counts.misses++;
	pthread_mutex_unlock(&cache->lock);
	code = cache_make(bytes, limits, key, &made, err);
	if (!code)
		*ret = cache_keep(cache, made);
	return code;
}

int warm_cache_load(struct bv_wasm_cache *cache, const struct bv_digest *digest,
	struct bv_bytes bytes, const struct bv_wasm_limits *limits,
	const struct bv_wasm_module **ret, struct bv_error *err)
{
	const struct bv_digest key = cache_key(digest, limits);
	const struct bv_wasm_module *module = cache_find(cache, &key);

	if (!module)
		return cache_add(cache, &key, bytes, limits, ret, err);
	*ret = module;
	return BV_OK;
}

int bv_wasm_cache_load(struct bv_wasm_cache *cache, const void *bytes, size_t len,
	const struct bv_wasm_limits *limits, const struct bv_wasm_module **ret,
	struct bv_error *err)
{
	const struct bv_wasm_module *module;
	struct bv_digest digest, key;
	void *own;
	int code;

	bv_sha256_once(bytes, len, &digest);
	key = cache_key(&digest, limits);
	module = cache_find(cache, &key);
	if (module) {
		*ret = module;
		return BV_OK;
	}
	/* What it is known by has to be the digest of what is loaded, whatever the caller's other
	 * threads do to the bytes meanwhile. */
	own = malloc(len ? len : 1);
	if (!own)
		return bv_fail(err, BV_E_NO_MEMORY, "cache", "no memory to read a module");
	if (len)
		memcpy(own, bytes, len);
	bv_sha256_once(own, len, &digest);
	code = warm_cache_load(cache, &digest, bv_bytes(own, len), limits, ret, err);
	free(own);
	return code;
}

void bv_wasm_cache_release(struct bv_wasm_cache *cache, const struct bv_wasm_module *module)
{
	pthread_mutex_lock(&cache->lock);
	for (struct cache_entry *e = cache->first; e; e = e->next) {
		if (e->module == module && e->users)
			e->users--;
	}
	cache_trim(cache);
	pthread_mutex_unlock(&cache->lock);
}

const struct bv_wasm_memory_ops *bv_wasm_cache_memory(struct bv_wasm_cache *cache)
{
	return &cache->memory;
}

void bv_wasm_cache_count(struct bv_wasm_cache *cache, struct bv_wasm_cache_counts *ret)
{
	pthread_mutex_lock(&cache->lock);
	cache_measure(cache);
	*ret = cache->counts;
	pthread_mutex_unlock(&cache->lock);
}
