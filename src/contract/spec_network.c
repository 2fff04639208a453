/* SPDX-License-Identifier: MIT
 *
 * The network policy and its destinations. They are sorted by host, transport and ports, and
 * port ranges of one host and transport that touch are joined. One destination inside another
 * (an address inside a network) is kept: which names resolve to what is not known here.
 */
#include "contract/spec_check.h"

#include <stdlib.h>

#include "base/fail.h"
#include "contract/spec_host.h"

#define NETWORK "capabilities.network"
#define DESTINATIONS NETWORK ".destinations"

static int destination_order(const void *first, const void *second)
{
	const struct bv_destination *a = first, *b = second;
	int order = strcmp(a->host, b->host);

	if (order)
		return order;
	if (a->transport != b->transport)
		return a->transport < b->transport ? -1 : 1;
	if (a->port_first != b->port_first)
		return a->port_first < b->port_first ? -1 : 1;
	return (a->port_last > b->port_last) - (a->port_last < b->port_last);
}

static int host_check(struct bv_check *check, const char *place, const char *in, const char **ret)
{
	char text[BV_HOST_TEXT_MAX];
	const char *why = NULL;
	struct bv_host host;

	if (!in)
		return bv_fail(check->err, BV_E_MISSING, place, "no host is named");
	if (!bv_host_parse(in, &host, &why))
		return bv_fail(check->err, BV_E_INVALID, place, "\"%.64s\": %s", in, why);
	*ret = bv_arena_str(check->arena, bv_host_format(&host, text));
	return bv_check_memory(check, *ret);
}

static int destination_check(struct bv_check *check, size_t index, const struct bv_destination *in,
	struct bv_destination *ret)
{
	struct bv_place host = bv_place_at(DESTINATIONS, index, "host");
	struct bv_place ports = bv_place_at(DESTINATIONS, index, "ports");
	struct bv_place transport = bv_place_at(DESTINATIONS, index, "transport");
	int code = host_check(check, host.text, in->host, &ret->host);

	if (code)
		return code;
	if (in->port_first > in->port_last)
		return bv_fail(check->err, BV_E_INVALID, ports.text,
			"ports %u to %u are out of order; the lower comes first", in->port_first,
			in->port_last);
	ret->port_first = in->port_first;
	ret->port_last = in->port_last;
	ret->transport = in->transport;
	return bv_check_word(check, transport.text, (unsigned int)in->transport,
		&bv_words_transport);
}

/* Of sorted destinations; returns how many are left. */
static size_t destinations_join(struct bv_destination *all, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct bv_destination *last = kept ? &all[kept - 1] : NULL;

		if (!last || strcmp(last->host, all[i].host) != 0 ||
			last->transport != all[i].transport ||
			all[i].port_first > last->port_last + 1)
			all[kept++] = all[i];
		else if (all[i].port_last > last->port_last)
			last->port_last = all[i].port_last;
	}
	return kept;
}

static int destinations_check(struct bv_check *check, const struct bv_spec *in, struct bv_spec *ret)
{
	struct bv_destination *copy;
	int code = bv_check_list(check, DESTINATIONS, in->destinations, in->destination_count,
		BV_DESTINATIONS_MAX);

	if (code)
		return code;
	copy = bv_arena_array(check->arena, in->destination_count, sizeof(*copy));
	code = bv_check_memory(check, copy);
	for (size_t i = 0; i < in->destination_count && !code; i++)
		code = destination_check(check, i, &in->destinations[i], &copy[i]);
	if (code)
		return code;
	qsort(copy, in->destination_count, sizeof(*copy), destination_order);
	ret->destinations = copy;
	ret->destination_count = destinations_join(copy, in->destination_count);
	return BV_OK;
}

int bv_check_network(struct bv_check *check, const struct bv_spec *in, struct bv_spec *ret)
{
	int code = bv_check_word(check, NETWORK ".policy", (unsigned int)in->network,
		&bv_words_network);

	if (code)
		return code;
	ret->network = in->network;
	if (in->network == BV_NETWORK_ALLOW_LIST) {
		if (!in->destination_count)
			return bv_fail(check->err, BV_E_MISSING, DESTINATIONS,
				"the allow-list is empty; list a destination, or use the policy "
				"deny-all");
		return destinations_check(check, in, ret);
	}
	if (in->destination_count)
		return bv_fail(check->err, BV_E_INVALID, DESTINATIONS,
			"%zu destinations under the policy %s; they belong to the policy "
			"allow-list",
			in->destination_count, bv_words_name(&bv_words_network, in->network));
	return BV_OK;
}
