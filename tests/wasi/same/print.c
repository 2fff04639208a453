/* SPDX-License-Identifier: MIT
 *
 * The formatted output's corners, 64-bit arithmetic, and what arrives from the caller.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

int main(int argc, char **argv)
{
	int n = 0;
	int a = 0;
	char word[16] = "";

	for (int i = 1; i < argc; i++)
		printf("[%s]", argv[i]);
	printf("\n%s\n", getenv("WORD") ? getenv("WORD") : "none");
	printf("%d %u %x %X %o %c %s %%\n", INT_MIN, UINT_MAX, 0xbeef, 0xBEEF, 0777, 'c', "str");
	printf("%5d|%-5d|%05d|%+d|% d|%#x|%#o\n", 42, 42, 42, 42, 42, 42, 42);
	printf("%.3s|%10.3s|%-10.3s|%*d|%.*d\n", "abcdef", "abcdef", "abcdef", 6, 7, 3, 7);
	printf("%lld %llu %" PRIx64 " %zu %hhd\n", LLONG_MIN, ULLONG_MAX, UINT64_C(1) << 63,
		(size_t)12, (signed char)300);
	printf("count%n", &n);
	printf(" %d\n", n);
	printf("%d", sscanf("17 word", "%d %15s", &a, word));
	printf(" %d %s\n", a, word);
	for (uint64_t i = 0; i < 8; i++)
		printf("%016" PRIx64 "%c", mix(i), i % 4 == 3 ? '\n' : ' ');
	printf("%" PRId64 " %" PRId64 " %" PRIu64 "\n", INT64_MIN / 7, INT64_MIN % 7,
		UINT64_MAX / 3);
	for (int i = 0; i < 3000; i++)
		printf("%d%s", i, i % 20 == 19 ? "\n" : " ");
	fprintf(stderr, "to the error stream\n");
	return argc > 2 ? 42 : 1;
}
