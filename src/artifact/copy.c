/* SPDX-License-Identifier: MIT
 *
 * Reading a file once: its digest, and if wanted a copy, from the same bytes.
 */
#include <errno.h>
#include <unistd.h>

#include "artifact/store.h"
#include "sys/quiet.h"

#define PIECE 65536

static int write_all(int fd, const unsigned char *data, size_t len)
{
	struct sys_quiet quiet = sys_quiet_begin();
	int errnum = 0;

	while (len && !errnum) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			errnum = errno;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	sys_quiet_end(&quiet, errnum);
	return errnum;
}

int copy_digest(int from, int to, struct bv_digest *ret, uint64_t *ret_size)
{
	unsigned char piece[PIECE];
	struct bv_sha256 state;
	uint64_t size = 0;

	bv_sha256_init(&state);
	for (;;) {
		ssize_t n = read(from, piece, sizeof(piece));
		int errnum = 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (!n)
			break;
		bv_sha256_update(&state, piece, (size_t)n);
		size += (uint64_t)n;
		if (to >= 0)
			errnum = write_all(to, piece, (size_t)n);
		if (errnum)
			return errnum;
	}
	bv_sha256_final(&state, ret);
	*ret_size = size;
	return 0;
}
