/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * report_rows - the rows of a report by name, and which of them are printed.
 *
 * A name is a counter's, or one of the others below. The part of a name before a dot is a group, unless it is
 * a row itself: "qi" is all descriptors, "vmexits" is the one row.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "results/report.h"
#include "results/report_impl.h"
#include "sim/xalloc.h"

const struct report_count report_counts[] = {
	{"vmexits", "vmexits per I/O", true},
	{"vmexits.qi_tail", "  queue tail (IQT)", false},
	{"vmexits.mmio_other", "  other IOMMU registers", false},
	{"vmexits.config", "  PCI configuration", false},
	{"vmexits.hypercall", "  hypercalls", false},
	{"vmexits.kick", "  doorbells", false},
	{"kicks.light", "ioeventfd doorbells per I/O", false},
	{NULL, "descriptors per I/O", true},
	{"qi.psi", "  IOTLB, page (PSI)", true},
	{"qi.dsi", "  IOTLB, domain (DSI)", true},
	{"qi.global", "  IOTLB, global", false},
	{"qi.devtlb", "  device TLB", true},
	{"qi.cc", "  context cache", false},
	{"qi.iec", "  interrupt entries", false},
	{"qi.wait", "  wait", false},
	{"qi.other", "  other", false},
	{NULL, "in QEMU, per I/O", true},
	{"iotlb.hit", "  IOTLB hits", false},
	{"iotlb.miss", "  IOTLB misses", false},
	{"iotlb.reset", "  IOTLB resets", false},
	{"walk.notify", "  notification walks", true},
	{"walk.tables", "  page tables visited", false},
	{"walk.pte", "  PTEs read", true},
	{"notify.map", "  MAP events", true},
	{"notify.map_duplicate", "    held already", false},
	{"notify.unmap", "  UNMAP events", true},
	{"notify.unmap_needless", "    needless", true},
	{"notify.devtlb_unmap", "  device-TLB UNMAP events", true},
	{"fault.recorded", "  faults recorded", false},
	{"fault.dropped", "  faults not recorded", false},
	{NULL, "consumer, per I/O", true},
	{"consumer.hit", "  hits", false},
	{"consumer.miss", "  misses", true},
	{"consumer.update", "  updates", true},
	{"consumer.invalidate", "  invalidates", true},
	{"consumer.evict", "  evictions", false},
	{"consumer.flush", "  flushes", true},
	{"consumer.map", "  map calls", true},
	{"consumer.map_failed", "    refused", true},
	{"consumer.unmap", "  unmap calls", true},
	{"consumer.unmap_failed", "    refused", true},
	{"stale.hit", "  stale hits", true},
	{"dma.fault", "  DMA faults", true},
	{"hole.fault", "    in a hole", true},
	{NULL, "guest, per I/O", true},
	{"guest.map", "  maps", false},
	{"guest.unmap", "  unmaps", false},
	{"guest.flush", "  flushes of the queue", false},
	{"guest.submit", "  submissions", false},
	{NULL, NULL, false},
};

/* Rows that are no counters. */
static const char *const other_names[] = {
	"ios", "cycles", "cycles.guest", "cycles.exit", "cycles.host", "cycles.top",
	"latency.io.p50", "latency.io.p99", "latency.miss.p50", "latency.miss.p99",
	"latency.stale_window.p50", "latency.stale_window.p99", "latency.hole.p50", "latency.hole.p99",
	"rate", "rate.dropped",
};

enum { N_OTHER_NAMES = sizeof other_names / sizeof other_names[0] };

/* All names, NULL at the end; freed by free(). */
static const char **all_names(void)
{
	size_t n = 0;
	const char **name;

	while (report_counts[n].label)
		n++;
	name = xcalloc(n + N_OTHER_NAMES + 1, sizeof *name);
	n = 0;
	for (const struct report_count *c = report_counts; c->label; c++)
		if (c->counter)
			name[n++] = c->counter;
	for (size_t i = 0; i < N_OTHER_NAMES; i++)
		name[n++] = other_names[i];
	return name;
}

static bool word_is(const char *word, size_t len, const char *name)
{
	return strncmp(name, word, len) == 0 && name[len] == '\0';
}

static bool is_row(const char *const *name, const char *word, size_t len)
{
	for (; *name; name++)
		if (word_is(word, len, *name))
			return true;
	return false;
}

static bool is_group(const char *const *name, const char *word, size_t len)
{
	for (; *name; name++)
		if (strncmp(*name, word, len) == 0 && (*name)[len] == '.')
			return true;
	return false;
}

int report_rows_check(const char *list, struct err *e)
{
	const char **name = all_names();
	int rc = 0;

	for (const char *word = list; word && !rc;) {
		size_t len = strcspn(word, ",");

		if (len == 0) {
			rc = err_user(e, "--rows: an empty name in '%s'", list);
		} else if (!is_row(name, word, len) && !is_group(name, word, len)) {
			char *text = xstrndup(word, len);
			const char *near = err_nearest(text, name);

			rc = err_user(e, "--rows: no row '%s'%s%s%s", text, near ? "; did you mean '" : "",
				      near ? near : " (compare --help has the names)", near ? "'?" : "");
			free(text);
		}
		word = word[len] == ',' ? word + len + 1 : NULL;
	}
	free(name);
	return rc;
}

bool report_wants(const struct report *r, const char *row, bool brief)
{
	const char **name;
	bool wanted = false;

	if (!r->rows)
		return !r->brief || brief;
	name = all_names();
	for (const char *word = r->rows; word && !wanted;) {
		size_t len = strcspn(word, ",");

		wanted = word_is(word, len, row) || (!is_row(name, word, len) &&
						     strncmp(row, word, len) == 0 && row[len] == '.');
		word = word[len] == ',' ? word + len + 1 : NULL;
	}
	free(name);
	return wanted;
}
