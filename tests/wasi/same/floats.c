/* SPDX-License-Identifier: MIT
 *
 * Numbers to text and back, and arithmetic whose last bit shows.
 */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void show(double x)
{
	uint64_t bits;
	char text[64];
	double back;

	memcpy(&bits, &x, sizeof(bits));
	snprintf(text, sizeof(text), "%.17g", x);
	back = strtod(text, NULL);
	/* How %a shows a denormal is the library's choice. */
	if (isnormal(x))
		printf("%a ", x);
	printf("%s %.3f %e %g %s\n", text, x, x, x,
		isnan(x)            ? (isnan(back) ? "nan" : "lost")
			: back == x ? "back"
				    : "lost");
	printf("  %d %d %.0f %.0f %.0f %.0f\n", signbit(x) != 0, isfinite(x) != 0, floor(x),
		ceil(x), trunc(x), nearbyint(x));
	if (!isnan(x))
		printf("  %016llx\n", (unsigned long long)bits);
}

/* A sum whose error shows if anything is kept wider or rounded twice. */
static double harmonic(int n)
{
	double sum = 0;

	for (int i = 1; i <= n; i++)
		sum += 1.0 / i;
	return sum;
}

static float squares(int n)
{
	float sum = 0;

	for (int i = 1; i <= n; i++)
		sum += sqrtf((float)i) / 3.0f;
	return sum;
}

int main(void)
{
	static const double numbers[] = {0.0, -0.0, 1.0, -1.5, 0.1, 1.0 / 3, 1e21, 123456789.125,
		2.5, 3.5, -2.5, 4503599627370497.5, 9007199254740993.0, 1e-310, DBL_MIN, DBL_MAX,
		DBL_EPSILON, 1e300};
	volatile double zero = 0;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		show(numbers[i]);
	show(1 / zero);
	show(-1 / zero);
	printf("%d\n", isnan(zero / zero) != 0);
	printf("%a %a\n", harmonic(100000), (double)squares(100000));
	printf("%.40g\n", 0.1);
	printf("%a %a %a\n", strtod("0x1.8p-3", NULL), strtod("1e-400", NULL),
		strtod("1e400", NULL));
	printf("%lld %llu %d\n", (long long)-1e18, (unsigned long long)1.8e19, (int)-2147483648.0);
	return 0;
}
