/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sections - slots that stay where they are, because the IOMMU links the notifiers in them.
 */
#include "models/consumer/sections.h"

#include <assert.h>

struct section *sections_add(struct sections *s, const struct region *r)
{
	struct section *to = s->s;

	assert(r->kind == REGION_IOMMU && s->n < SECTIONS_MAX);
	while (to->used)
		to++;
	*to = (struct section){
		.region = *r,
		.notifier = {.first = r->first, .last = r->last},
		.used = true,
	};
	s->n++;
	return to;
}

struct section *sections_find(struct sections *s, const struct region *r)
{
	struct section *at = s->s;

	while (!at->used || at->region.first != r->first) {
		at++;
		assert(at < s->s + SECTIONS_MAX);
	}
	return at;
}

void sections_del(struct sections *s, struct section *gone)
{
	assert(gone->used && !gone->registered);
	gone->used = false;
	s->n--;
}

int section_register(struct section *s, struct aspace *as, unsigned wants)
{
	int ret;

	assert(!s->registered);
	s->notifier.wants = wants;
	ret = as->ops->add_notifier(as, &s->notifier);
	s->registered = ret == 0;
	return ret;
}

void section_unregister(struct section *s, struct aspace *as)
{
	if (!s->registered)
		return;
	as->ops->del_notifier(as, &s->notifier);
	s->registered = false;
}
