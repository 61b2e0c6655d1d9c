/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vhost_rule - rows of versions; observed
 * with 5.2.0, 6.2.0, 7.2.22, 8.0.0, 8.2.0, 10.0.13, 10.2.0, 11.1.3.
 */
#include "models/consumer/vhost_rule.h"

#include <stddef.h>
#include <stdlib.h>

#include "models/notify.h"
#include "sim/port.h"

struct version {
	unsigned major, minor, patch;
};

#define PATCH_LAST 99u

/* From that version on; ascending. */
static const struct {
	struct version from;
	enum vhost_rule rule;
} vhost_rules[] = {
	{{2, 9, 0}, VHOST_RULE_UNMAP}, /* first with a device IOTLB for vhost on VT-d */
	{{6, 0, 0}, VHOST_RULE_DEVTLB}, {{7, 2, 5}, VHOST_RULE_ATS},
	{{8, 0, 0}, VHOST_RULE_OFFER},  {{8, 1, 0}, VHOST_RULE_ATS},
};

static bool vhost_rule_number(const char **text, unsigned *out)
{
	char *end;
	unsigned long n;

	if (**text < '0' || **text > '9')
		return false;
	n = strtoul(*text, &end, 10);
	if (n >= PATCH_LAST)
		return false;
	*out = (unsigned)n;
	*text = end;
	return true;
}

static bool vhost_rule_parse(const char *text, struct version *v)
{
	v->patch = PATCH_LAST;
	if (!vhost_rule_number(&text, &v->major) || *text++ != '.' ||
	    !vhost_rule_number(&text, &v->minor))
		return false;
	if (*text == '.') {
		text++;
		if (!vhost_rule_number(&text, &v->patch))
			return false;
	}
	return *text == '\0';
}

static bool vhost_rule_before(const struct version *a, const struct version *b)
{
	if (a->major != b->major)
		return a->major < b->major;
	return a->minor != b->minor ? a->minor < b->minor : a->patch < b->patch;
}

int vhost_rule_of(const char *qemu, enum vhost_rule *rule, struct err *e)
{
	struct version v;

	if (!vhost_rule_parse(qemu, &v) || vhost_rule_before(&v, &vhost_rules[0].from))
		return err_user(e, "qemu: got %s, allowed: a version from 2.9 on, as 7.2 or 7.2.0",
				qemu);
	for (size_t i = 0; i < ARRAY_SIZE(vhost_rules); i++)
		if (!vhost_rule_before(&v, &vhost_rules[i].from))
			*rule = vhost_rules[i].rule;
	return 0;
}

unsigned vhost_rule_wants(enum vhost_rule rule, bool device_iotlb, bool ats)
{
	switch (rule) {
	case VHOST_RULE_UNMAP:
		return NOTIFY_UNMAP;
	case VHOST_RULE_DEVTLB:
		return NOTIFY_DEVTLB_UNMAP;
	case VHOST_RULE_OFFER:
		return device_iotlb ? NOTIFY_DEVTLB_UNMAP : NOTIFY_UNMAP;
	case VHOST_RULE_ATS:
		if (!ats)
			return NOTIFY_UNMAP;
		return device_iotlb ? NOTIFY_DEVTLB_UNMAP : 0;
	}
	return 0;
}
