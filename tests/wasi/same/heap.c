/* SPDX-License-Identifier: MIT
 *
 * Allocates, grows, checks and frees blocks of all sizes in a random order; then more than there
 * is, which must fail and leave the rest usable.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 512

static uint32_t seed = 99;

static uint32_t next(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

struct slot {
	unsigned char *block;
	size_t len;
	unsigned char fill;
};

static int whole(const struct slot *slot)
{
	for (size_t i = 0; i < slot->len; i++) {
		if (slot->block[i] != slot->fill)
			return 0;
	}
	return 1;
}

int main(void)
{
	static struct slot slots[SLOTS];
	unsigned long broken = 0;
	unsigned long aligned = 0;
	unsigned long grown = 0;
	void *volatile huge;

	for (unsigned int i = 0; i < 20000; i++) {
		struct slot *slot = &slots[next() % SLOTS];
		size_t len = next() % 8 ? next() % 200 : next() % 20000;
		unsigned char *block;

		if (slot->block && !whole(slot))
			broken++;
		if (slot->block && next() % 3 == 0) {
			free(slot->block);
			*slot = (struct slot){0};
			continue;
		}
		block = realloc(slot->block, len + 1);
		if (!block)
			return 2;
		grown += len > slot->len;
		aligned += (uintptr_t)block % 8 == 0;
		slot->block = block;
		slot->len = len;
		slot->fill = (unsigned char)next();
		memset(block, slot->fill, len);
	}
	for (unsigned int i = 0; i < SLOTS; i++) {
		broken += slots[i].block && !whole(&slots[i]);
		free(slots[i].block);
	}
	huge = malloc((size_t)-1 - 100000);
	printf("broken %lu, grown %lu, %s, huge %s\n", broken, grown,
		aligned ? "aligned" : "unaligned", huge ? "given" : "refused");
	huge = calloc(1, 1 << 20);
	printf("then %s\n",
		huge && !memcmp(huge, (char *)huge + 1, (1 << 20) - 1) ? "zeroes" : "none");
	free(huge);
	return 0;
}
