/* SPDX-License-Identifier: MIT
 *
 * Sorting in several ways, through function pointers and recursion; all must agree.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N 20000

static uint32_t seed = 12345;

static uint32_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

static int up(const void *a, const void *b)
{
	const int32_t *x = a;
	const int32_t *y = b;

	return (*x > *y) - (*x < *y);
}

static int down(const void *a, const void *b)
{
	return up(b, a);
}

static void merge_sort(int32_t *items, int32_t *spare, size_t n)
{
	size_t half = n / 2;
	size_t i = 0;
	size_t j = half;

	if (n < 2)
		return;
	merge_sort(items, spare, half);
	merge_sort(items + half, spare, n - half);
	for (size_t k = 0; k < n; k++)
		spare[k] = j == n || (i < half && items[i] <= items[j]) ? items[i++] : items[j++];
	memcpy(items, spare, n * sizeof(*items));
}

static uint64_t digest(const int32_t *items, size_t n)
{
	uint64_t hash = 1469598103934665603u;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (uint32_t)items[i]) * 1099511628211u;
	return hash;
}

int main(void)
{
	static int32_t one[N];
	static int32_t two[N];
	static int32_t spare[N];

	for (size_t i = 0; i < N; i++)
		one[i] = two[i] = (int32_t)next() % 5000;
	qsort(one, N, sizeof(one[0]), up);
	merge_sort(two, spare, N);
	printf("%s %016llx\n", memcmp(one, two, sizeof(one)) ? "differ" : "agree",
		(unsigned long long)digest(one, N));
	qsort(one, N, sizeof(one[0]), down);
	printf("%d %d %016llx\n", one[0], one[N - 1], (unsigned long long)digest(one, N));
	for (int32_t want = -3; want <= 3; want++)
		printf("%d %s\n", want * 1000,
			bsearch(&(int32_t){want * 1000}, two, N, sizeof(two[0]), up) ? "there"
										     : "not");
	return 0;
}
