/* SPDX-License-Identifier: MIT
 *
 * cmocka, with what it needs first.
 */
#ifndef UNIT_BPF_UNIT_H
#define UNIT_BPF_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#endif
