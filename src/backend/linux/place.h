/* SPDX-License-Identifier: MIT
 *
 * Whether what the boundary keeps on the host is out of reach of what a spec grants.
 */
#ifndef LINUX_PLACE_H
#define LINUX_PLACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include <bvisor/error.h>
#include <bvisor/spec.h>

bool place_same(const struct stat *one, const struct stat *other);
/* The grant or exposure with one of these accesses at or above the directory, NULL if there is
 * none. 0, or errno if what lies above cannot be seen. */
int place_above(const struct bv_spec *spec, uint32_t access, int fd, const char **ret);
/* That a run with outputs may not write to the staging directory but through them. */
int place_check_staging(const struct bv_spec *spec, int root, struct bv_error *err);

#endif
