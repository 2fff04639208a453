/* SPDX-License-Identifier: MIT
 *
 * A guest of ours: prints the lines of its input, or of files, that hold a word.
 */
#include <stdio.h>
#include <string.h>

static int search(FILE *file, const char *word)
{
	char line[4096];
	int found = 0;

	while (fgets(line, sizeof(line), file)) {
		if (strstr(line, word)) {
			fputs(line, stdout);
			found = 1;
		}
	}
	return found;
}

int main(int argc, char **argv)
{
	int found = 0;

	if (argc < 2)
		return 2;
	if (argc == 2)
		return !search(stdin, argv[1]);
	for (int i = 2; i < argc; i++) {
		FILE *file = fopen(argv[i], "r");

		if (!file) {
			perror(argv[i]);
			return 2;
		}
		found |= search(file, argv[1]);
		fclose(file);
	}
	return !found;
}
