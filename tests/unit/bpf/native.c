/* SPDX-License-Identifier: MIT
 *
 * The host's numbers. Only its macros are read.
 */
#include <asm/unistd.h>
