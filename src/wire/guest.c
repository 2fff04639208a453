/* SPDX-License-Identifier: MIT
 *
 * The codec of a worker's order; see guest.h.
 */
#include "wire/guest.h"

#include "wire/cursor.h"

#define HEAD_BYTES (4 + 4 + 8)

size_t wire_guest_size(const struct wire_guest *guest)
{
	size_t len = HEAD_BYTES + 4 + 8 + 8 + 4 + 4 + 4 + 4 + 4 + 4;

	len += guest->arguments.len + guest->environment.len;
	for (size_t i = 0; i < guest->preopen_count; i++)
		len += 1 + 4 + guest->preopens[i].guest.len + 4 + guest->preopens[i].host.len;
	return len <= WIRE_GUEST_BYTES_MAX ? len : 0;
}

bool wire_guest_encode(const struct wire_guest *guest, uint8_t *data, size_t len)
{
	struct wire_writer w = wire_writer(data, len);

	wire_put(&w, WIRE_GUEST_MAGIC, 4);
	wire_put(&w, WIRE_GUEST_VERSION, 4);
	wire_put(&w, len, 8);
	wire_put(&w, guest->flags, 4);
	wire_put(&w, guest->fuel_units, 8);
	wire_put(&w, guest->memory_bytes, 8);
	wire_put(&w, guest->handles_count, 4);
	wire_put(&w, guest->argument_count, 4);
	wire_put_bytes(&w, guest->arguments);
	wire_put(&w, guest->variable_count, 4);
	wire_put_bytes(&w, guest->environment);
	wire_put(&w, guest->preopen_count, 4);
	for (size_t i = 0; i < guest->preopen_count; i++) {
		const struct wire_preopen *preopen = &guest->preopens[i];

		wire_put(&w, (uint64_t)preopen->read | (uint64_t)preopen->write << 1, 1);
		wire_put_bytes(&w, preopen->guest);
		wire_put_bytes(&w, preopen->host);
	}
	return w.ok && w.at == len;
}

/* Exactly `count` terminated strings fill the block. */
static bool guest_strings_sound(struct bv_bytes block, uint32_t count)
{
	uint32_t seen = 0;

	for (size_t i = 0; i < block.len; i++)
		seen += block.data[i] == 0;
	return seen == count && (block.len == 0 || block.data[block.len - 1] == 0);
}

static void guest_get_preopen(struct wire_reader *r, struct wire_preopen *ret)
{
	uint8_t access = wire_get8(r);

	ret->read = access & 1;
	ret->write = access & 2;
	ret->guest = wire_get_bytes(r);
	ret->host = wire_get_bytes(r);
	if (access == 0 || access > 3 || ret->guest.len < 2 || ret->host.len < 2 ||
		!guest_strings_sound(ret->guest, 1) || !guest_strings_sound(ret->host, 1))
		r->ok = false;
}

bool wire_guest_decode(struct bv_bytes bytes, struct wire_guest *ret)
{
	struct wire_reader r = wire_reader(bytes);
	uint32_t magic = wire_get32(&r), version = wire_get32(&r);
	uint64_t len = wire_get64(&r);

	if (!r.ok || magic != WIRE_GUEST_MAGIC || version != WIRE_GUEST_VERSION || len != bytes.len)
		return false;
	ret->flags = wire_get32(&r);
	ret->fuel_units = wire_get64(&r);
	ret->memory_bytes = wire_get64(&r);
	ret->handles_count = wire_get32(&r);
	ret->argument_count = wire_get32(&r);
	ret->arguments = wire_get_bytes(&r);
	ret->variable_count = wire_get32(&r);
	ret->environment = wire_get_bytes(&r);
	ret->preopen_count = wire_get32(&r);
	if (ret->preopen_count > WIRE_PREOPENS_MAX)
		r.ok = false;
	for (size_t i = 0; r.ok && i < ret->preopen_count; i++)
		guest_get_preopen(&r, &ret->preopens[i]);
	return wire_end(&r) && !(ret->flags & ~(uint32_t)WIRE_GUEST_FLAGS_ALL) &&
		ret->argument_count > 0 &&
		guest_strings_sound(ret->arguments, ret->argument_count) &&
		guest_strings_sound(ret->environment, ret->variable_count);
}
