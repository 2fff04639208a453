/* SPDX-License-Identifier: MIT
 *
 * The table of machine.def, and names for transcripts. Also linked by the host, to render them.
 */
#include "launcher/machine.h"

#include <stddef.h>

static const struct machine_cell table[STATE_COUNT][EVENT_COUNT] = {
#define CELL(state, event, action, next) \
	[STATE_##state][EVENT_##event] = {ACTION_##action, STATE_##next},
#include "launcher/machine.def"
#undef CELL
};

struct machine_cell machine_step(enum machine_state state, enum machine_event event)
{
	return table[state][event];
}

const char *machine_state_name(unsigned int state)
{
	static const char *const names[STATE_COUNT] = {
#define STATE(name, text) text,
#include "launcher/machine.def"
#undef STATE
	};

	return state < STATE_COUNT ? names[state] : NULL;
}

const char *machine_event_name(unsigned int event)
{
	static const char *const names[EVENT_COUNT] = {
#define EVENT(name, text) text,
#include "launcher/machine.def"
#undef EVENT
	};

	return event < EVENT_COUNT ? names[event] : NULL;
}
