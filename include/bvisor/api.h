/* SPDX-License-Identifier: MIT
 *
 * How a symbol is exported, and attributes every other header uses. Everything else in the
 * library is hidden.
 */
#ifndef BVISOR_API_H
#define BVISOR_API_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define BV_BEGIN_DECLS extern "C" {
#define BV_END_DECLS }
#else
#define BV_BEGIN_DECLS
#define BV_END_DECLS
#endif

#if defined(__GNUC__)
#define BV_API __attribute__((visibility("default")))
#define BV_MUST_CHECK __attribute__((warn_unused_result))
#define BV_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define BV_API
#define BV_MUST_CHECK
#define BV_PRINTF(fmt, args)
#endif

#define BV_VERSION_MAJOR 0
#define BV_VERSION_MINOR 1
#define BV_VERSION_PATCH 0
#define BV_VERSION "0.1.0"

BV_BEGIN_DECLS
/* The version of the library that runs, which may be newer than the header's. Static storage. */
BV_API const char *bv_version(void);
BV_END_DECLS

#endif
