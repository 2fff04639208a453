/* SPDX-License-Identifier: MIT
 *
 * What the host makes appear in the boundary: exposures, the temporary root, outputs. Each has a
 * destination of its own. Two that are the same, or one beneath another, would make what a path
 * means depend on the order in which they appear, and so would a grant of the very same path: both
 * are refused. A grant above or beneath one is not, because what it names is known only when it
 * is opened. The places name the caller's entries, so all of it is done before sorting.
 */
#include "contract/spec_check.h"

#include <stdlib.h>

#include "base/fail.h"

#define EXPOSURES "controls.expose_path"
#define OUTPUTS "controls.outputs"
#define TEMP "controls.temp_path"
#define GRANTS "capabilities.filesystem"

#define DESTINATIONS_MAX (BV_EXPOSURES_MAX + BV_OUTPUTS_MAX + 1)

struct destinations {
	const struct bv_spec *grants; /* has the checked grants */
	size_t count;
	const char *path[DESTINATIONS_MAX];
	struct bv_place place[DESTINATIONS_MAX];
};

/* True if the normalised path is `above` or beneath it. */
static bool within(const char *path, const char *above)
{
	size_t len = strlen(above);

	return strncmp(path, above, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

static int against(struct bv_check *check, const struct destinations *all, const char *path,
	const char *place)
{
	for (size_t i = 0; i < all->count; i++) {
		const char *other = all->path[i];

		if (strcmp(path, other) == 0)
			return bv_fail(check->err, BV_E_DUPLICATE, place,
				"\"%.80s\" is a destination already, of %s; keep one", path,
				all->place[i].text);
		if (within(path, other) || within(other, path))
			return bv_fail(check->err, BV_E_INVALID, place,
				"\"%.60s\" and \"%.60s\" of %s lie one beneath the other; put them "
				"side by side",
				path, other, all->place[i].text);
	}
	return BV_OK;
}

static int granted(struct bv_check *check, const struct destinations *all, const char *path,
	const char *place)
{
	for (size_t i = 0; i < all->grants->grant_count; i++) {
		if (strcmp(all->grants->grants[i].path, path) == 0)
			return bv_fail(check->err, BV_E_INVALID, place,
				"\"%.80s\" is also granted by \"" GRANTS
				"\", which would be hidden; keep one",
				path);
	}
	return BV_OK;
}

static int destination_take(struct bv_check *check, struct destinations *all, const char *path,
	const char *place)
{
	int code = against(check, all, path, place);

	if (!code)
		code = granted(check, all, path, place);
	if (code)
		return code;
	all->path[all->count] = path;
	(void)memcpy(all->place[all->count].text, place, strlen(place) + 1);
	all->count++;
	return BV_OK;
}

static int destination_add(struct bv_check *check, struct destinations *all, const char *path,
	const char *place)
{
	if (strcmp(path, "/") == 0)
		return bv_fail(check->err, BV_E_INVALID, place,
			"\"/\" is the boundary's own; name a path beneath it");
	return destination_take(check, all, path, place);
}

/* A module's root is a name like any other: there is nothing beneath it that is not granted. */
static bool may_be_root(const struct destinations *all, const struct bv_exposure *exposure)
{
	return all->grants->workload.kind == BV_WORKLOAD_WASM && !exposure->overlay;
}

static int exposure_access_check(struct bv_check *check, size_t index, const struct bv_exposure *in)
{
	struct bv_place access = bv_place_at(EXPOSURES, index, "access");
	struct bv_place overlay = bv_place_at(EXPOSURES, index, "overlay");
	int code = bv_check_bits(check, access.text, in->access, &bv_words_access);

	if (!code)
		code = bv_check_flag(check, overlay.text, in->overlay);
	if (code)
		return code;
	if (!in->access)
		return bv_fail(check->err, BV_E_INVALID, access.text,
			"no access is given; name read, write or execute, or leave the entry out");
	if (in->overlay && !(in->access & BV_WRITE))
		return bv_fail(check->err, BV_E_INVALID, overlay.text,
			"an overlay keeps what is written; give write too, or no overlay");
	return BV_OK;
}

static int exposure_check(struct bv_check *check, size_t index, const struct bv_exposure *in,
	struct destinations *all, struct bv_exposure *ret)
{
	struct bv_place source = bv_place_at(EXPOSURES, index, "source");
	struct bv_place destination = bv_place_at(EXPOSURES, index, "destination");
	int code = bv_check_path(check, source.text, in->source, &ret->source);

	if (!code)
		code = bv_check_path(check, destination.text, in->destination, &ret->destination);
	if (!code)
		code = exposure_access_check(check, index, in);
	if (code)
		return code;
	ret->access = in->access;
	ret->overlay = in->overlay;
	if (may_be_root(all, ret))
		return destination_take(check, all, ret->destination, destination.text);
	return destination_add(check, all, ret->destination, destination.text);
}

static int exposure_order(const void *a, const void *b)
{
	return strcmp(((const struct bv_exposure *)a)->destination,
		((const struct bv_exposure *)b)->destination);
}

static int exposures_check(struct bv_check *check, const struct bv_spec *in,
	struct destinations *all, struct bv_spec *ret)
{
	struct bv_exposure *copy;
	int code = bv_check_list(check, EXPOSURES, in->exposures, in->exposure_count,
		BV_EXPOSURES_MAX);

	if (code || !in->exposure_count)
		return code;
	copy = bv_arena_array(check->arena, in->exposure_count, sizeof(*copy));
	code = bv_check_memory(check, copy);
	for (size_t i = 0; i < in->exposure_count && !code; i++)
		code = exposure_check(check, i, &in->exposures[i], all, &copy[i]);
	if (code)
		return code;
	qsort(copy, in->exposure_count, sizeof(*copy), exposure_order);
	ret->exposures = copy;
	ret->exposure_count = in->exposure_count;
	return BV_OK;
}

static int temp_check(struct bv_check *check, const struct bv_spec *in, struct destinations *all,
	struct bv_spec *ret)
{
	int code = BV_OK;

	if (!in->temp_root && in->temp_path)
		return bv_fail(check->err, BV_E_INVALID, TEMP,
			"there is no temporary root; set \"temp_root\", or leave the path out");
	if (in->temp_root)
		code = bv_check_path(check, TEMP, in->temp_path ? in->temp_path : BV_TEMP_PATH,
			&ret->temp_path);
	if (in->temp_root && !code)
		code = destination_add(check, all, ret->temp_path, TEMP);
	return code;
}

static bool name_sound(const char *name)
{
	size_t len = strlen(name);

	return len && len <= BV_OUTPUT_NAME_BYTES_MAX && name[0] != '.' && name[0] != '-' &&
		name[0] != '_' && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

static int output_name_check(struct bv_check *check, size_t index, const char *name,
	struct bv_output *all)
{
	struct bv_place place = bv_place_at(OUTPUTS, index, "name");
	int code = bv_check_text(check, place.text, name, &all[index].name);

	if (code)
		return code;
	if (!name_sound(name))
		return bv_fail(check->err, BV_E_INVALID, place.text,
			"\"%.80s\" is no output's name: 1 to %d of a-z, 0-9, '.', '_' and '-', "
			"a letter or digit first",
			name, BV_OUTPUT_NAME_BYTES_MAX);
	for (size_t i = 0; i < index; i++) {
		if (strcmp(all[i].name, name) == 0)
			return bv_fail(check->err, BV_E_DUPLICATE, place.text,
				"\"%.80s\" is an output's name already, of entry %zu; name them "
				"apart",
				name, i);
	}
	return BV_OK;
}

static int output_check(struct bv_check *check, size_t index, const struct bv_output *in,
	struct destinations *all, struct bv_output *outputs)
{
	struct bv_place place = bv_place_at(OUTPUTS, index, "path");
	const char **path = &outputs[index].path;
	int code = output_name_check(check, index, in->name ? in->name : "out", outputs);

	if (code || !in->path)
		return code;
	code = bv_check_path(check, place.text, in->path, path);
	return code ? code : destination_add(check, all, *path, place.text);
}

static int output_order(const void *a, const void *b)
{
	return strcmp(((const struct bv_output *)a)->name, ((const struct bv_output *)b)->name);
}

static int outputs_check(struct bv_check *check, const struct bv_spec *in, struct destinations *all,
	struct bv_spec *ret)
{
	struct bv_output *copy;
	int code = bv_check_list(check, OUTPUTS, in->outputs, in->output_count, BV_OUTPUTS_MAX);

	if (code || !in->output_count)
		return code;
	copy = bv_arena_array(check->arena, in->output_count, sizeof(*copy));
	code = bv_check_memory(check, copy);
	for (size_t i = 0; i < in->output_count && !code; i++)
		code = output_check(check, i, &in->outputs[i], all, copy);
	if (code)
		return code;
	qsort(copy, in->output_count, sizeof(*copy), output_order);
	ret->outputs = copy;
	ret->output_count = in->output_count;
	ret->list_outputs = 1;
	return BV_OK;
}

int bv_check_inside(struct bv_check *check, const struct bv_spec *in, struct bv_spec *ret)
{
	struct destinations all = {.grants = ret};
	int code = exposures_check(check, in, &all, ret);

	if (!code)
		code = temp_check(check, in, &all, ret);
	if (!code)
		code = outputs_check(check, in, &all, ret);
	return code;
}
