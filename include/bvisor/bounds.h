/* SPDX-License-Identifier: MIT
 *
 * Bounds of a spec. What goes past one is refused with BV_E_LIMIT, so that whatever is made of a
 * spec has a greatest size that is known beforehand.
 */
#ifndef BVISOR_BOUNDS_H
#define BVISOR_BOUNDS_H

#include <bvisor/api.h>

#define BV_ARGUMENTS_MAX 4096
#define BV_ARGUMENT_BYTES_MAX 131071   /* one argument, as Linux bounds it */
#define BV_ARGUMENTS_BYTES_MAX 1048576 /* all of them */
#define BV_PATH_BYTES_MAX 4095
#define BV_GRANTS_MAX 512
#define BV_DESTINATIONS_MAX 256
#define BV_VARIABLES_MAX 256
#define BV_ENVIRONMENT_BYTES_MAX 131072
#define BV_DESCRIPTORS_MAX 128
#define BV_DESCRIPTOR_NUMBER_MAX 65535
#define BV_EXPOSURES_MAX 128
#define BV_OUTPUTS_MAX 64
#define BV_OUTPUT_NAME_BYTES_MAX 64
#define BV_CAPTURE_BYTES_MAX 1073741824
#define BV_SPEC_JSON_BYTES_MAX 4194304

#endif
