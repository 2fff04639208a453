/* SPDX-License-Identifier: MIT
 *
 * Both variants of SHA-256 against NIST's examples and against each other, for every length
 * around the block boundaries and every way to cut the input in two.
 */
#include "unit.h"

#include <sodium/crypto_hash_sha256.h>

#include "portable.h"

struct variant {
	void (*init)(struct bv_sha256 *state);
	void (*update)(struct bv_sha256 *state, const void *data, size_t len);
	void (*final)(struct bv_sha256 *state, struct bv_digest *ret);
};

static const struct variant variants[] = {
	{bv_sha256_init, bv_sha256_update, bv_sha256_final},
	{portable_init, portable_update, portable_final},
};

/* NIST's example values for SHA-256; `times` repeats the text. */
static const struct {
	const char *text;
	int times;
	const char *hex;
} vectors[] = {
	{"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	{"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	{"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"
	 "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
		1, "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
	{"a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

static void nist_vectors_hold(void **state)
{
	(void)state;
	for (size_t v = 0; v < 2; v++) {
		for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
			struct bv_sha256 hash;
			struct bv_digest digest;
			char hex[BV_DIGEST_HEX];

			variants[v].init(&hash);
			for (int n = 0; n < vectors[i].times; n++)
				variants[v].update(&hash, vectors[i].text, strlen(vectors[i].text));
			variants[v].final(&hash, &digest);
			assert_ptr_equal(bv_digest_hex(&digest, hex), hex);
			assert_string_equal(hex, vectors[i].hex);
		}
	}
}

static void digest_in_two(const struct variant *variant, const uint8_t *data, size_t len,
	size_t cut, struct bv_digest *ret)
{
	struct bv_sha256 hash;

	variant->init(&hash);
	variant->update(&hash, data, cut);
	variant->update(&hash, data + cut, len - cut);
	variant->final(&hash, ret);
}

static void variants_agree_on_every_length_and_cut(void **state)
{
	struct edge edge = edge_open();
	uint8_t data[300];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 167 + 13);
	for (size_t len = 0; len <= sizeof(data); len++) {
		const uint8_t *p = edge_put(&edge, data, len);
		struct bv_digest once;

		bv_sha256_once(p, len, &once);
		for (size_t cut = 0; cut <= len; cut++) {
			struct bv_digest digest;

			digest_in_two(&variants[0], p, len, cut, &digest);
			assert_memory_equal(&digest, &once, sizeof(once));
			digest_in_two(&variants[1], p, len, cut, &digest);
			assert_memory_equal(&digest, &once, sizeof(once));
		}
	}
	edge_close(&edge);
}

static void no_data_may_be_null(void **state)
{
	struct bv_digest digest;

	(void)state;
	digest_in_two(&variants[1], NULL, 0, 0, &digest);
	bv_sha256_once(NULL, 0, &digest);
	assert_int_equal(digest.bytes[0], 0xe3);
}

/* Hashing half a GiB would be slow, so both are told that they already did. */
static void lengths_past_32_bits_of_bits_agree(void **state)
{
	static const uint8_t block[64] = "the length in bits needs its upper word";
	const uint64_t skipped_bytes = (uint64_t)5 << 30;
	struct bv_digest digest[2];
	struct bv_sha256 sodium, portable;

	(void)state;
	bv_sha256_init(&sodium);
	bv_sha256_update(&sodium, block, sizeof(block));
	((crypto_hash_sha256_state *)(void *)&sodium)->count += 8 * skipped_bytes;
	bv_sha256_final(&sodium, &digest[0]);
	portable_init(&portable);
	portable_update(&portable, block, sizeof(block));
	portable_skip(&portable, skipped_bytes);
	portable_final(&portable, &digest[1]);
	assert_memory_equal(&digest[0], &digest[1], sizeof(digest[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nist_vectors_hold),
		cmocka_unit_test(variants_agree_on_every_length_and_cut),
		cmocka_unit_test(no_data_may_be_null),
		cmocka_unit_test(lengths_past_32_bits_of_bits_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
