/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_lx_iova - the allocator gives the IOVAs that Linux gave, and its caches behave as counted by hand.
 *
 * tests/data/iova-*.txt: map and unmap sequences of captured guests, one CPU, one device each. Replayed through
 * the driver, every map must get the very frame of the capture, and every full flush queue must show at the
 * very unmap.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "models/linux/lx_iova.h"
#include "sim/port.h"
#include "sim/xalloc.h"
#include "tests/lx_rig.h"

#define TOP UINT64_C(0x100000) /* frames below 4 GiB */

extern const struct guest_type guest_linux_dma;

struct live {
	struct dma_map d;
	struct live *next;
};

struct replay {
	struct rig *r;
	struct live *live[1024]; /* by frame */
	unsigned n_maps, n_unmaps, n_flushes;
};

static void replay_map(struct replay *p, unsigned n_pages, uint64_t pfn, const char *at)
{
	struct live *l = xcalloc(1, sizeof *l);

	assert_int_equal(rig_map(p->r, &l->d, 0x1000000, n_pages * PAGE_BYTES, 0), 0);
	if (l->d.first != pfn << PAGE_BITS)
		fail_msg("%s: map %u of %u pages: got 0x%llx, Linux gave 0x%llx", at, p->n_maps,
			 n_pages, (unsigned long long)l->d.first,
			 (unsigned long long)(pfn << PAGE_BITS));
	l->next = p->live[pfn % 1024];
	p->live[pfn % 1024] = l;
	p->n_maps++;
}

static void replay_unmap(struct replay *p, unsigned n_pages, uint64_t pfn, const char *at)
{
	struct live **l = &p->live[pfn % 1024];

	while (*l && (*l)->d.first != pfn << PAGE_BITS)
		l = &(*l)->next;
	if (!*l)
		fail_msg("%s: unmap %u of an unknown frame", at, p->n_unmaps);
	struct live *gone = *l;

	assert_int_equal(gone->d.last - gone->d.first + 1, n_pages * PAGE_BYTES);
	rig_unmap(p->r, &gone->d);
	*l = gone->next;
	free(gone);
	p->n_unmaps++;
}

/* "+N OFF": N pages mapped at frame 2^20 - OFF; "-N OFF": unmapped; "t": the flush queue's timer; "f": a full
 * flush queue (behind the unmap that found it full). */
static void replay_line(struct replay *p, const char *line, const char *at)
{
	unsigned n, off;

	if (line[0] == 't') {
		lx_kernel_flush_now(p->r->k, RIG_SID, &p->r->m);
		p->n_flushes++;
	} else if (line[0] == 'f') {
		p->n_flushes++;
	} else if (sscanf(line, "+%u %u", &n, &off) == 2) {
		replay_map(p, n, TOP - off, at);
	} else if (sscanf(line, "-%u %u", &n, &off) == 2) {
		replay_unmap(p, n, TOP - off, at);
	}
}

static void replay_file(const char *name, const struct rig_config *c)
{
	const char *top = getenv("top_srcdir");
	char *path = xasprintf("%s/tests/data/%s", top ? top : ".", name);
	FILE *f = fopen(path, "r");
	struct replay p = {0};
	char line[80];

	assert_non_null(f);
	p.r = rig_new(c, &guest_linux_dma, NULL);
	lx_kernel_external_flush(p.r->k, true);
	while (fgets(line, sizeof line, f)) {
		if (line[0] != 'f' && rig_count(p.r, CTR_GUEST_FLUSH) != p.n_flushes)
			fail_msg("%s: unmap %u: %llu flushes, the capture has %u", name, p.n_unmaps,
				 (unsigned long long)rig_count(p.r, CTR_GUEST_FLUSH), p.n_flushes);
		replay_line(&p, line, name);
	}
	fclose(f);
	free(path);
	assert_true(p.n_maps > 1000);
	for (unsigned i = 0; i < ARRAY_SIZE(p.live); i++)
		while (p.live[i]) {
			struct live *l = p.live[i];

			p.live[i] = l->next;
			free(l);
		}
	rig_free(p.r);
}

struct capture_row {
	const char *file;
	struct rig_config c;
};

static const struct capture_row capture_rows[] = {
	{"iova-vnet-cm-strict-k12.txt", {.version = "6.12", .cap = RIG_CAP_CM, .ecap = RIG_ECAP}},
	{"iova-vnet-nocm-lazy-icount.txt",
	 {.version = "6.1", .cap = RIG_CAP_NOCM, .ecap = RIG_ECAP}},
	{"iova-nvme-nocm-lazy.txt", {.version = "6.1", .cap = RIG_CAP_NOCM, .ecap = RIG_ECAP}},
};

static void test_captures(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(capture_rows); i++)
		replay_file(capture_rows[i].file, &capture_rows[i].c);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captures),
	};

	if (argc > 3) { /* FILE VERSION cm|nocm|nocms: a capture from elsewhere */
		struct rig_config c = {.version = argv[2], .ecap = RIG_ECAP,
				       .cap = strcmp(argv[3], "cm") ? RIG_CAP_NOCM : RIG_CAP_CM,
				       .flush = strcmp(argv[3], "nocms") ? LX_FLUSH_AUTO : LX_FLUSH_STRICT};

		replay_file(argv[1], &c);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
