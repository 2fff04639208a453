/* SPDX-License-Identifier: MIT
 *
 * bvisor verify: a report's id is the SHA-256 of its bytes, so `sha256sum` gives the same id.
 * What this adds is whether the bytes are canonical and coherent, and if not, where.
 */
#include "cli/verbs.h"

#include <inttypes.h>
#include <stdio.h>

#include <bvisor/report.h>

#include "cli/file.h"
#include "cli/say.h"
#include "cli/show.h"

#define REPORT_MAX ((size_t)1 << 28) /* far more than the library seals */
#define LINE_MAX_BYTES 512

/* What was found, as one line; the id comes with it whenever there is one to compare. */
static void describe(const struct bv_verification_result *result, char out[LINE_MAX_BYTES])
{
	char hex[BV_DIGEST_HEX];

	(void)bv_digest_hex(&result->id.digest, hex);
	switch (result->status) {
	case BV_REPORT_SOUND:
		(void)snprintf(out, LINE_MAX_BYTES, "sound, id %s", hex);
		return;
	case BV_REPORT_NOT_JSON:
		(void)snprintf(out, LINE_MAX_BYTES, "not JSON at byte %" PRIu64 ": %s",
			result->offset, result->text);
		return;
	case BV_REPORT_NOT_CANONICAL:
		(void)snprintf(out, LINE_MAX_BYTES,
			"not canonical: %s differs at byte %" PRIu64 ": %s", result->byte_class,
			result->offset, result->text);
		return;
	case BV_REPORT_NOT_COHERENT:
		(void)snprintf(out, LINE_MAX_BYTES, "not coherent: %s: %s", result->place,
			result->text);
		return;
	case BV_REPORT_OTHER_ID:
		(void)snprintf(out, LINE_MAX_BYTES, "sound, but its id is %s", hex);
		return;
	}
}

static int verify(struct cli_request *request, const char *path, struct bv_error *err)
{
	const struct bv_report_id *expected = request->id_given ? &request->id : NULL;
	struct bv_verification_result result = {0};
	char name[256];
	char line[LINE_MAX_BYTES];
	char clean[LINE_MAX_BYTES];
	size_t len = 0;
	const char *bytes = cli_file_read(request, path, REPORT_MAX, &len, err);

	if (!bytes || bv_report_verify(bytes, len, expected, &result, err)) {
		cli_say_error(err);
		return CLI_EXIT_FAILED;
	}
	describe(&result, line);
	printf("%s: %s\n", cli_neutral(name, sizeof(name), path),
		cli_neutral(clean, sizeof(clean), line));
	return result.status == BV_REPORT_SOUND ? CLI_EXIT_OK : CLI_EXIT_UNSOUND;
}

int cli_verify(struct cli_request *request)
{
	struct bv_error err = {0};
	int worst = CLI_EXIT_OK;
	size_t i;

	if (request->operand_count == 0 || request->command_count > 0) {
		cli_say("verify wants the reports to check; see: bvisor help verify");
		return CLI_EXIT_FAILED;
	}
	if (request->id_given && request->operand_count != 1) {
		cli_say("--id is the id of one report, and there are %zu", request->operand_count);
		return CLI_EXIT_FAILED;
	}
	for (i = 0; i < request->operand_count; i++) {
		int status = verify(request, request->operands[i], &err);

		worst = status > worst ? status : worst;
	}
	if (cli_show_end())
		return CLI_EXIT_FAILED;
	return worst;
}
