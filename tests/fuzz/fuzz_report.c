/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a report. Verifying them never crashes, says the same twice, gives the id of the
 * bytes as they are, and calls nothing sound that is not its own canonical form.
 */
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "json/canonical.h"
#include <bvisor/report.h>

static void need(bool holds)
{
	if (!holds)
		abort();
}

static void check_sound(const uint8_t *data, size_t size)
{
	BV_CLEANUP_BUF struct bv_buf canonical = BV_BUF(SIZE_MAX / 2);

	need(!bv_json_canonicalise(data, size, &canonical, NULL));
	need(canonical.len == size && memcmp(canonical.data, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bv_verification_result first = {0}, second = {0};
	struct bv_report_id other = {{{1}}};
	struct bv_digest digest;

	need(!bv_report_verify(data, size, NULL, &first, NULL));
	bv_sha256_once(data, size, &digest);
	need(memcmp(&first.id.digest, &digest, sizeof(digest)) == 0);
	need(first.status == BV_REPORT_SOUND || first.text[0]);
	need((first.byte_class[0] != '\0') == (first.status == BV_REPORT_NOT_CANONICAL));
	need(first.offset <= size);
	if (first.status == BV_REPORT_SOUND)
		check_sound(data, size);
	need(!bv_report_verify(data, size, &first.id, &second, NULL));
	need(second.status == first.status && second.offset == first.offset);
	need(!bv_report_verify(data, size, &other, &second, NULL));
	need((second.status == BV_REPORT_OTHER_ID) == (first.status == BV_REPORT_SOUND));
	return 0;
}
