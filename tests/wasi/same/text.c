/* SPDX-License-Identifier: MIT
 *
 * Words of the input, counted and sorted; and the library's string functions over each line.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 4096

struct word {
	char text[32];
	unsigned int count;
};

static struct word words[WORDS_MAX];
static size_t word_count;

static int by_count(const void *a, const void *b)
{
	const struct word *x = a;
	const struct word *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->text, y->text);
}

static void add(const char *text)
{
	for (size_t i = 0; i < word_count; i++) {
		if (strcmp(words[i].text, text) == 0) {
			words[i].count++;
			return;
		}
	}
	if (word_count == WORDS_MAX)
		exit(3);
	snprintf(words[word_count].text, sizeof(words[0].text), "%s", text);
	words[word_count++].count = 1;
}

static void line(char *text, unsigned int number)
{
	char copy[512];
	char *rest = NULL;
	long sum = 0;

	text[strcspn(text, "\r\n")] = '\0';
	snprintf(copy, sizeof(copy), "%s", text);
	for (char *p = copy; *p; p++)
		*p = (char)(isalpha((unsigned char)*p)       ? tolower((unsigned char)*p)
				: isdigit((unsigned char)*p) ? *p
							     : ' ');
	for (char *part = strtok_r(copy, " ", &rest); part; part = strtok_r(NULL, " ", &rest)) {
		char *end = NULL;
		long value = strtol(part, &end, 0);

		if (*end)
			add(part);
		else
			sum += value;
	}
	printf("%3u %zu %ld %.8s %s\n", number, strlen(text), sum, text,
		strstr(text, "the") ? "the" : "-");
}

int main(void)
{
	char buffer[512];
	unsigned int number = 0;

	while (fgets(buffer, sizeof(buffer), stdin))
		line(buffer, ++number);
	qsort(words, word_count, sizeof(words[0]), by_count);
	for (size_t i = 0; i < word_count && i < 20; i++)
		printf("%u %s\n", words[i].count, words[i].text);
	printf("%zu words\n", word_count);
	return number ? 0 : 1;
}
