/* SPDX-License-Identifier: MIT
 *
 * What a module's active data segments make of zeroed memory, for an embedder that keeps it. There
 * is an image only if every offset is known without an instance and every segment fits, so that
 * instantiation could not have done otherwise.
 */
#include "engine/constexpr.h"

static uint64_t image_unknown(void *user, uint32_t index)
{
	(void)index;
	*(bool *)user = false;
	return 0;
}

/* Where a segment goes; false if only an instance knows. */
static bool image_offset(const struct bv_wasm_module *module, const struct bv_module_data *data,
	uint64_t *ret)
{
	bool known = true;
	const struct bv_constexpr_env env = {.module = module,
		.global = image_unknown,
		.func = image_unknown,
		.user = &known};

	*ret = (uint32_t)bv_constexpr_eval(&env, data->offset.at, NULL);
	return known;
}

uint64_t bv_wasm_image_bytes(const struct bv_wasm_module *module)
{
	uint64_t max = (uint64_t)module->memory.min * BV_PAGE_BYTES;
	uint64_t bytes = 0;
	uint64_t to = 0;

	if (module->memory_count == module->import_memory_count)
		return 0;
	for (uint32_t i = 0; i < module->data_count; i++) {
		const struct bv_module_data *data = &module->datas[i];

		if (data->mode != BV_SEGMENT_ACTIVE)
			continue;
		if (!image_offset(module, data, &to) || to + data->bytes.len > max)
			return 0;
		if (data->bytes.len && to + data->bytes.len > bytes)
			bytes = to + data->bytes.len;
	}
	return bytes;
}

void bv_wasm_image_write(const struct bv_wasm_module *module, uint8_t *image)
{
	uint64_t to = 0;

	for (uint32_t i = 0; i < module->data_count; i++) {
		const struct bv_module_data *data = &module->datas[i];

		if (data->mode == BV_SEGMENT_ACTIVE && data->bytes.len &&
			image_offset(module, data, &to))
			memcpy(image + to, data->bytes.data, data->bytes.len);
	}
}
