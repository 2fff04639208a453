/* SPDX-License-Identifier: MIT
 *
 * The ledger's layout, writer beside reader; see ledger.h.
 *
 *   head     magic, bytes used, entries dropped, 0: four bytes each
 *   entry    kind (2 bytes), length of what follows (2 bytes), and that
 *   attempt  count (8 bytes, first, because it changes in place), denied, call, error, root, path
 */
#include "wire/ledger.h"

#include "wire/cursor.h"

#define HEAD_BYTES 16
#define ENTRY_BYTES 4
#define ENTRY_MAX 8192
/* Room that attempts do not take, so that the end always fits. */
#define END_ROOM 2048

static void put_at(struct wire_ledger *ledger, size_t at, uint64_t value, size_t width)
{
	struct wire_writer w = wire_writer(ledger->data + at, width);

	wire_put(&w, value, width);
}

static uint64_t get_at(struct bv_bytes bytes, size_t at, size_t width)
{
	struct wire_reader r = wire_reader(bytes);

	r.at = at;
	return wire_get(&r, width);
}

void wire_ledger_begin(struct wire_ledger *ledger, uint8_t *data, size_t size)
{
	*ledger = (struct wire_ledger){.data = data, .size = size, .used = HEAD_BYTES};
	put_at(ledger, 4, ledger->used, 4);
	put_at(ledger, 8, 0, 4);
	put_at(ledger, 0, WIRE_LEDGER_MAGIC, 4);
}

/* A writer for the contents of the next entry. */
static struct wire_writer entry_open(struct wire_ledger *ledger, size_t spare)
{
	size_t taken = ledger->used + ENTRY_BYTES + spare;
	size_t room = taken < ledger->size ? ledger->size - taken : 0;

	return wire_writer(ledger->data + ledger->used + ENTRY_BYTES,
		room < ENTRY_MAX ? room : ENTRY_MAX);
}

/* It counts only once it is whole. */
static bool entry_close(struct wire_ledger *ledger, enum wire_entry_kind kind,
	const struct wire_writer *w)
{
	if (!w->ok)
		return false;
	put_at(ledger, ledger->used, kind, 2);
	put_at(ledger, ledger->used + 2, w->at, 2);
	ledger->used += ENTRY_BYTES + w->at;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	put_at(ledger, 4, ledger->used, 4);
	return true;
}

void wire_ledger_started(struct wire_ledger *ledger)
{
	struct wire_writer w = entry_open(ledger, END_ROOM);

	entry_close(ledger, WIRE_ENTRY_STARTED, &w);
}

static void attempt_put(struct wire_writer *w, const struct wire_attempt *attempt)
{
	struct bv_bytes path = attempt->path;

	if (path.len > WIRE_LEDGER_PATH_MAX)
		path.len = WIRE_LEDGER_PATH_MAX;
	wire_put(w, 1, 8);
	wire_put(w, attempt->denied, 1);
	wire_put(w, attempt->call, 4);
	wire_put(w, attempt->error, 4);
	wire_put_bytes(w, attempt->root);
	wire_put_bytes(w, path);
}

static bool attempt_get(struct wire_reader *r, struct wire_attempt *ret)
{
	struct wire_attempt attempt = {.count = wire_get64(r)};
	uint8_t denied = wire_get8(r);

	attempt.denied = denied;
	attempt.call = wire_get32(r);
	attempt.error = wire_get32(r);
	attempt.root = wire_get_bytes(r);
	attempt.path = wire_get_bytes(r);
	*ret = attempt;
	return wire_end(r) && denied < 2 && attempt.count && attempt.call < WIRE_CALLS_MAX &&
		attempt.root.len <= WIRE_LEDGER_PATH_MAX &&
		attempt.path.len <= WIRE_LEDGER_PATH_MAX;
}

/* FNV-1a */
static uint32_t hash_bytes(const uint8_t *data, size_t len)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ data[i]) * 16777619u;
	return hash;
}

void wire_ledger_attempt(struct wire_ledger *ledger, const struct wire_attempt *attempt)
{
	struct wire_writer w = entry_open(ledger, END_ROOM);
	struct bv_bytes all = bv_bytes(ledger->data, ledger->size);
	uint32_t *recent;
	size_t at;

	attempt_put(&w, attempt);
	if (!w.ok) {
		put_at(ledger, 8, get_at(all, 8, 4) + 1, 4);
		return;
	}
	recent = &ledger->recent[hash_bytes(w.data + 8, w.at - 8) % WIRE_LEDGER_RECENT];
	at = *recent;
	if (at && get_at(all, at + 2, 2) == w.at &&
		memcmp(ledger->data + at + ENTRY_BYTES + 8, w.data + 8, w.at - 8) == 0) {
		put_at(ledger, at + ENTRY_BYTES, get_at(all, at + ENTRY_BYTES, 8) + 1, 8);
		return;
	}
	*recent = (uint32_t)ledger->used;
	entry_close(ledger, WIRE_ENTRY_ATTEMPT, &w);
}

/* ---- the end ---- */

static void end_put(struct wire_writer *w, const struct wire_guest_end *end)
{
	wire_put(w, end->kind, 1);
	wire_put(w, end->status, 4);
	wire_put(w, end->trap, 4);
	wire_put(w, end->function, 4);
	wire_put(w, end->offset, 8);
	wire_put(w, end->code, 4);
	wire_put(w, end->errnum, 4);
	wire_put_bytes(w, bv_bytes_str(end->place));
	wire_put_bytes(w, bv_bytes_str(end->text));
	wire_put(w, end->fuel_units, 8);
	wire_put(w, end->memory_bytes, 8);
	wire_put(w, end->engine_bytes, 8);
	wire_put(w, end->handles_count, 4);
	wire_put(w, end->call_count, 4);
	for (uint32_t i = 0; i < end->call_count; i++) {
		wire_put(w, end->calls[i].good, 8);
		wire_put(w, end->calls[i].bad, 8);
	}
}

/* A C string from hostile bytes: one that has a terminator inside, or is too long, is none. */
static void text_get(struct wire_reader *r, char *ret, size_t size)
{
	struct bv_bytes text = wire_get_bytes(r);

	if (!r->ok || text.len >= size || (text.len && memchr(text.data, 0, text.len))) {
		r->ok = false;
		return;
	}
	if (text.len)
		memcpy(ret, text.data, text.len);
	ret[text.len] = 0;
}

static bool end_get(struct wire_reader *r, struct wire_guest_end *ret)
{
	struct wire_guest_end end = {.kind = (enum wire_guest_end_kind)wire_get8(r)};

	end.status = wire_get32(r);
	end.trap = wire_get32(r);
	end.function = wire_get32(r);
	end.offset = wire_get64(r);
	end.code = wire_get32(r);
	end.errnum = wire_get32(r);
	text_get(r, end.place, sizeof(end.place));
	text_get(r, end.text, sizeof(end.text));
	end.fuel_units = wire_get64(r);
	end.memory_bytes = wire_get64(r);
	end.engine_bytes = wire_get64(r);
	end.handles_count = wire_get32(r);
	end.call_count = wire_get32(r);
	if (end.call_count > WIRE_CALLS_MAX)
		return false;
	for (uint32_t i = 0; i < end.call_count; i++) {
		end.calls[i].good = wire_get64(r);
		end.calls[i].bad = wire_get64(r);
	}
	if (!wire_end(r) || end.kind >= WIRE_GUEST_END_COUNT)
		return false;
	*ret = end;
	return true;
}

void wire_ledger_end(struct wire_ledger *ledger, const struct wire_guest_end *end)
{
	struct wire_writer w = entry_open(ledger, 0);

	end_put(&w, end);
	entry_close(ledger, WIRE_ENTRY_END, &w);
}

/* ---- reading ---- */

static bool entry_get(enum wire_entry_kind kind, struct wire_reader *r, struct wire_entry *ret)
{
	ret->kind = kind;
	switch (kind) {
	case WIRE_ENTRY_STARTED:
		return r->len == 0;
	case WIRE_ENTRY_ATTEMPT:
		return attempt_get(r, &ret->attempt);
	case WIRE_ENTRY_END:
		return end_get(r, &ret->end);
	}
	return false;
}

bool wire_ledger_next(struct bv_bytes ledger, size_t *cursor, struct wire_entry *ret)
{
	size_t at = *cursor ? *cursor : HEAD_BYTES;
	struct wire_reader head = wire_reader(ledger);
	uint32_t magic = wire_get32(&head), used = wire_get32(&head);
	struct wire_reader entry;
	size_t len;

	if (!head.ok || magic != WIRE_LEDGER_MAGIC || used > ledger.len || at > used ||
		used - at < ENTRY_BYTES)
		return false;
	len = (size_t)get_at(ledger, at + 2, 2);
	if (len > ENTRY_MAX || len > used - at - ENTRY_BYTES)
		return false;
	entry = wire_reader(bv_bytes(ledger.data + at + ENTRY_BYTES, len));
	if (!entry_get((enum wire_entry_kind)get_at(ledger, at, 2), &entry, ret))
		return false;
	*cursor = at + ENTRY_BYTES + len;
	return true;
}

uint32_t wire_ledger_dropped(struct bv_bytes ledger)
{
	return ledger.len < HEAD_BYTES ? 0 : (uint32_t)get_at(ledger, 8, 4);
}
