/* SPDX-License-Identifier: MIT
 *
 * SHA-256 from FIPS 180-4 (sections 4.1.2, 5 and 6.2), for targets without libsodium. It hashes
 * public bytes only, so it need not hide its timing. A test holds it against the other variant.
 */
#include "base/digest.h"

#include <string.h>

#define BLOCK 64

struct sha256 {
	uint32_t hash[8];
	uint64_t total; /* bytes taken so far */
	uint8_t block[BLOCK];
};

_Static_assert(sizeof(struct sha256) <= sizeof(struct bv_sha256), "state must fit");
_Static_assert(_Alignof(struct sha256) <= _Alignof(struct bv_sha256), "and align");

/* First 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constants[64] = {0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5,
	0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
	0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152,
	0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e,
	0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624,
	0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3,
	0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/* The same of the square roots of the first eight primes. */
static const uint32_t initial_hash[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
	0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static struct sha256 *inner(struct bv_sha256 *state)
{
	return (struct sha256 *)(void *)state->state;
}

static uint32_t rotate(uint32_t x, unsigned int n)
{
	return x >> n | x << (32 - n);
}

static uint32_t read_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void write_be32(uint8_t *p, uint32_t x)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(x >> (24 - 8 * i));
}

static void schedule_expand(uint32_t w[64], const uint8_t *block)
{
	for (size_t t = 0; t < 16; t++)
		w[t] = read_be32(block + 4 * t);
	for (size_t t = 16; t < 64; t++) {
		uint32_t a = w[t - 15], b = w[t - 2];
		uint32_t s0 = rotate(a, 7) ^ rotate(a, 18) ^ a >> 3;
		uint32_t s1 = rotate(b, 17) ^ rotate(b, 19) ^ b >> 10;

		w[t] = s1 + w[t - 7] + s0 + w[t - 16];
	}
}

static void compress(uint32_t hash[8], const uint8_t *block)
{
	uint32_t w[64], v[8];

	schedule_expand(w, block);
	memcpy(v, hash, sizeof(v));
	for (size_t t = 0; t < 64; t++) {
		uint32_t s1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25);
		uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
		uint32_t t1 = v[7] + s1 + choice + round_constants[t] + w[t];
		uint32_t s0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22);
		uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);

		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + s0 + majority;
	}
	for (size_t i = 0; i < 8; i++)
		hash[i] += v[i];
}

void bv_sha256_init(struct bv_sha256 *state)
{
	struct sha256 *s = inner(state);

	memset(s, 0, sizeof(*s));
	memcpy(s->hash, initial_hash, sizeof(s->hash));
}

void bv_sha256_update(struct bv_sha256 *state, const void *data, size_t len)
{
	struct sha256 *s = inner(state);
	const uint8_t *bytes = data;

	while (len) {
		size_t held = (size_t)(s->total % BLOCK);
		size_t n = len < BLOCK - held ? len : BLOCK - held;

		memcpy(s->block + held, bytes, n);
		s->total += n;
		bytes += n;
		len -= n;
		if (held + n == BLOCK)
			compress(s->hash, s->block);
	}
}

void bv_sha256_final(struct bv_sha256 *state, struct bv_digest *ret)
{
	static const uint8_t padding[BLOCK] = {0x80};
	struct sha256 *s = inner(state);
	uint64_t bits = s->total * 8;
	size_t held = (size_t)(s->total % BLOCK);
	uint8_t length[8];

	write_be32(length, (uint32_t)(bits >> 32));
	write_be32(length + 4, (uint32_t)bits);
	/* One bit, then zeros, so that the length ends a block. */
	bv_sha256_update(state, padding, held < 56 ? 56 - held : BLOCK + 56 - held);
	bv_sha256_update(state, length, sizeof(length));
	for (size_t i = 0; i < 8; i++)
		write_be32(ret->bytes + 4 * i, s->hash[i]);
}
