/* SPDX-License-Identifier: MIT
 *
 * cmocka, with what it wants included before it.
 */
#ifndef TESTS_SIM_UNIT_H
#define TESTS_SIM_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
