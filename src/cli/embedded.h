/* SPDX-License-Identifier: MIT
 *
 * Texts that the build embeds: docs/formats/spec.schema.json, and spec.example.json of this
 * folder.
 */
#ifndef CLI_EMBEDDED_H
#define CLI_EMBEDDED_H

extern const char cli_embedded_schema[];
extern const char cli_embedded_example[];

#endif
