/* SPDX-License-Identifier: MIT
 *
 * SHA-256 by the SHA extensions of x86 (Intel SDM volume 2: SHA256RNDS2, SHA256MSG1, SHA256MSG2).
 * The instructions keep the eight words as the pairs ABEF and CDGH. Whether they are there is
 * read from what glibc found at start-up: asking the processor again is slow in a virtual machine.
 */
#include "base/blocks.h"

#include <immintrin.h>
#include <sys/platform/x86.h>

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

struct pair {
	__m128i abef;
	__m128i cdgh;
};

#define WITH_SHA __attribute__((target("sha,sse4.1")))

WITH_SHA static struct pair blocks_load(const uint32_t hash[8])
{
	__m128i dcba = _mm_loadu_si128((const __m128i *)(const void *)hash);
	__m128i hgfe = _mm_loadu_si128((const __m128i *)(const void *)(hash + 4));
	__m128i cdab = _mm_shuffle_epi32(dcba, 0xb1), efgh = _mm_shuffle_epi32(hgfe, 0x1b);

	return (struct pair){_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xf0)};
}

WITH_SHA static void blocks_store(struct pair pair, uint32_t hash[8])
{
	__m128i feba = _mm_shuffle_epi32(pair.abef, 0x1b),
		dchg = _mm_shuffle_epi32(pair.cdgh, 0xb1);

	_mm_storeu_si128((__m128i *)(void *)hash, _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((__m128i *)(void *)(hash + 4), _mm_alignr_epi8(dchg, feba, 8));
}

/* Sixteen times four rounds; from the fifth on the message words are scheduled from the four
 * registers before (FIPS 180-4, 6.2.2). */
WITH_SHA static struct pair blocks_one(struct pair pair, const uint8_t *data)
{
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	struct pair start = pair;
	__m128i words[4];

#pragma GCC unroll 16
	for (int i = 0; i < 16; i++) {
		__m128i *word = &words[i % 4], rounds;

		if (i < 4)
			*word = _mm_shuffle_epi8(_mm_loadu_si128(
							 (const __m128i *)(const void *)(data +
								 16 * i)),
				big_endian);
		else
			*word = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(*word,
									   words[(i + 1) % 4]),
							     _mm_alignr_epi8(words[(i + 3) % 4],
								     words[(i + 2) % 4], 4)),
				words[(i + 3) % 4]);
		rounds = _mm_add_epi32(*word,
			_mm_loadu_si128((const __m128i *)(const void *)(round_constants + 4 * i)));
		pair.cdgh = _mm_sha256rnds2_epu32(pair.cdgh, pair.abef, rounds);
		pair.abef = _mm_sha256rnds2_epu32(pair.abef, pair.cdgh,
			_mm_shuffle_epi32(rounds, 0x0e));
	}
	return (struct pair){_mm_add_epi32(pair.abef, start.abef),
		_mm_add_epi32(pair.cdgh, start.cdgh)};
}

bool bv_sha256_blocks(uint32_t hash[8], const uint8_t *data, size_t count)
{
	struct pair pair;

	if (!CPU_FEATURE_ACTIVE(SHA) || !CPU_FEATURE_ACTIVE(SSE4_1))
		return false;
	pair = blocks_load(hash);
	for (size_t i = 0; i < count; i++)
		pair = blocks_one(pair, data + 64 * i);
	blocks_store(pair, hash);
	return true;
}
