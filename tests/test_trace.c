/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_trace - a trace read is the trace written; every mistake is one line with its place.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "models/trace/trace.h"

#define HEAD "dmachurn-trace 1\nkernel 6.1\nflush strict\nvcpus 2\ndevice 01:00.0 ats=on\n"
#define HEAD2 HEAD "0 boot\n0 attach 01:00.0 1 kernel\n"
#define MAP2M HEAD2 "0 map 1 0 rw 0x200000 0x200000+2097152\n"
#define TWO "dmachurn-trace 1\ndevice 01:00.0 ats=on\ndevice 02:00.0 ats=on\n0 boot\n"

static char path[64];

static int setup(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "test_trace.%ld.tmp", (long)getpid());
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static void put(const char *text, size_t n)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* Read all of it; 0 or the first error. */
static int read_all(struct err *e, unsigned *n_rows)
{
	struct trace_reader *r = trace_open(path, e);
	struct trace_rec rec;
	int rc = -EINVAL;

	*n_rows = 0;
	while (r && (rc = trace_next(r, &rec, e)) > 0)
		++*n_rows;
	trace_close(r);
	return rc;
}

static void test_trace_errors(void **state)
{
	static const struct {
		const char *text, *want; /* want: behind the file's name */
	} rows[] = {
		{"", ":1:1: not a trace: the first line must be 'dmachurn-trace 1'"},
		{"hello\n", ":1:1: not a trace: the first line must be 'dmachurn-trace 1'"},
		{"dmachurn-trace 2\n", ":1:16: got version '2', allowed 1"},
		{"dmachurn-trace 1\n", ":1:1: no 'end' line: the file was cut short"},
		{"dmachurn-trace 1\nflsh strict\n",
		 ":2:1: got 'flsh', allowed kernel, flush, caching-mode, interrupt-remapping, "
		 "aw-bits, vcpus, "
		 "device; did you mean 'flush'?"},
		{"dmachurn-trace 1\nflush lasy\n",
		 ":2:7: got 'lasy', allowed strict, lazy, passthrough; did you mean 'lazy'?"},
		{"dmachurn-trace 1\nkernel six\n", ":2:8: got 'six', allowed a version like 6.1"},
		{"dmachurn-trace 1\naw-bits 40\n", ":2:9: got '40', allowed 39, 48, 57"},
		{"dmachurn-trace 1\nvcpus 0\n", ":2:7: got '0', allowed 1..4096"},
		{"dmachurn-trace 1\nvcpus 5000\n", ":2:7: got '5000', allowed a number 0..4096"},
		{"dmachurn-trace 1\ncaching-mode on off\n",
		 ":2:1: got 3 fields, allowed 2: caching-mode on|off"},
		{"dmachurn-trace 1\ndevice 1:0.0 ats=on\n",
		 ":2:8: got '1:0.0', allowed a device as BB:DD.F, e.g. 01:00.0"},
		{HEAD "device 01:00.0 ats=on\n", ":6:8: device '01:00.0' is there twice"},
		{HEAD "0 boot\n", ":6:1: no 'end' line: the file was cut short"},
		{HEAD "0 boot\nend 1", ":7:1: the last line has no end: the file was cut short"},
		{HEAD "0 boot\nend 2\n", ":7:5: the file says 2 rows, it has 1"},
		{HEAD "end 0\n0 boot\n", ":7:1: a line behind 'end'"},
		{HEAD "0\nend 1\n", ":6:1: got 1 field, allowed TIME KIND ..."},
		{HEAD "7 boot\n6 enable\nend 2\n", ":7:1: time goes back: 6 after 7"},
		{HEAD "0 boat\nend 1\n", ":6:3: got 'boat', allowed phase, boot, enable, disable, "
					 "attach, detach, map, unmap, timer, iec, "
					 "access; did you mean 'boot'?"},
		{HEAD "0 boot now\nend 1\n", ":6:1: got 3 fields, allowed 2: TIME boot"},
		{HEAD "99999999999999999999 boot\nend 1\n",
		 ":6:1: got '99999999999999999999', allowed a number 0..18446744073709551615"},
		{HEAD "0 attach 02:00.0 1 kernel\nend 1\n",
		 ":6:10: device '02:00.0' is not among the settings"},
		{HEAD "0 attach 01:00.0 0 kernel\nend 1\n",
		 ":6:18: got domain '0', allowed 1..4096"},
		{HEAD "0 attach 01:00.0 1 user\nend 1\n",
		 ":6:20: got 'user', allowed kernel, vfio"},
		{HEAD "0 detach 01:00.0 1\nend 1\n", ":6:18: domain 1 has no device"},
		{HEAD "0 unmap 3 0 0x1000 4096\nend 1\n", ":6:9: domain 3 was never attached"},
		{HEAD2 "0 unmap 1 2 0x1000 4096\nend 3\n", ":8:11: got '2', allowed a number 0..1"},
		{HEAD2 "0 unmap 1 0 0x1000 0\nend 3\n",
		 ":8:20: the range is empty or passes the end of the address space"},
		{HEAD2 "0 unmap 1 0 0xffffffffffffffff 2\nend 3\n",
		 ":8:32: the range is empty or passes the end of the address space"},
		{HEAD2 "0 map 1 0 rw 0x1000 0x2000\nend 3\n",
		 ":8:21: allowed ADDRESS+BYTES[,ADDRESS+BYTES]..., e.g. 0x3fe51000+8192"},
		{HEAD2 "0 map 1 0 rw 0x1000 0x2000+4096,0x5000+0\nend 3\n",
		 ":8:33: allowed ADDRESS+BYTES[,ADDRESS+BYTES]..., e.g. 0x3fe51000+8192"},
		{HEAD2 "0 map 1 0 x 0x1000 0x2000+4096\nend 3\n",
		 ":8:11: got 'x', allowed r, w, rw"},
		{HEAD "0 iec 0 5\nend 1\n",
		 ":6:1: got 4 fields, allowed 5: TIME iec CPU INDEX LOG2 or TIME iec CPU all"},
		{HEAD "0 iec 0 65536 0\nend 1\n", ":6:9: got '65536', allowed a number 0..65535"},
		{HEAD "0 access 01:00.0 rw 0x1000 4\nend 1\n",
		 ":6:18: got 'rw', allowed r, w; did you mean 'r'?"},
		{HEAD "0 enable\nend 1\n", ":6:3: 'enable' before 'boot'"},
		{HEAD "0 phase 1 a\n0 iec 0 all\nend 1\n", ":7:3: 'iec' before 'boot'"},
		{HEAD "0 a b c d e f g h\nend 1\n", ":6:1: more than 8 fields"},
		/* what a guest cannot have done */
		{HEAD2 "0 map 1 0 rw 0x7ffffff000 0x1000+8192\nend 3\n",
		 ":8:14: got a range up to 0x8000000fff, allowed up to 0x7fffffffff "
		 "(addresses of 39 bits)"},
		/* two pieces whose ends share a page are two pages */
		{HEAD2 "0 map 1 0 rw 0x7ffffff000 0x1800+2048,0x5000+1\nend 3\n",
		 ":8:14: got a range up to 0x8000000fff, allowed up to 0x7fffffffff "
		 "(addresses of 39 bits)"},
		{HEAD2 "0 map 1 0 rw 0 0+0x200000000000000,0+0x200000000000000\nend 3\n",
		 ":8:16: the range is empty or passes the end of the address space"},
		{HEAD2 "0 unmap 1 0 0x8000000000 4096\nend 3\n",
		 ":8:13: got a range up to 0x8000000fff, allowed up to 0x7fffffffff "
		 "(addresses of 39 bits)"},
		{MAP2M "0 map 1 0 r 0x3ff000 0x1000+4096\nend 4\n",
		 ":9:13: 0x3ff000 is mapped in domain 1 already, by line 8"},
		{MAP2M "0 map 1 0 rw 0x200000 0x200000+2097152\nend 4\n",
		 ":9:14: 0x200000 is mapped in domain 1 already, by line 8"},
		{MAP2M "0 unmap 1 0 0x200000 4096\n0 map 1 0 r 0x200000 0x1000+8192\nend 5\n",
		 ":10:13: 0x201000 is mapped in domain 1 already, by line 8"},
		{TWO "0 attach 01:00.0 1 kernel\n0 attach 02:00.0 2 kernel\n"
		     "0 detach 02:00.0 1\nend 4\n",
		 ":7:10: device '02:00.0' is not in domain 1"},
		{TWO "0 attach 01:00.0 1 kernel\n0 attach 01:00.0 1 kernel\nend 3\n",
		 ":6:10: device '01:00.0' is in domain 1 already"},
		{TWO "0 attach 01:00.0 1 kernel\n0 attach 01:00.0 2 kernel\nend 3\n",
		 ":6:10: device '01:00.0' is in domain 1 already"},
		{HEAD2 "0 boot\n0 attach 01:00.0 1 kernel\nend 4\n",
		 ":9:18: domain 1 is of the time before the reboot"},
		{HEAD2 "0 boot\n0 attach 01:00.0 2 kernel\n0 map 1 0 r 0x1000 0+1\nend 5\n",
		 ":10:7: domain 1 is of the time before the reboot"},
	};
	char want[400];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct err e = {0};
		unsigned n;

		put(rows[i].text, strlen(rows[i].text));
		assert_int_equal(read_all(&e, &n), -EINVAL);
		snprintf(want, sizeof want, "%s%s", path, rows[i].want);
		assert_string_equal(e.text, want);
		assert_int_equal(e.status, EXIT_USER);
	}
}

/* What may follow what, and what the reader says of an unmap. */
static void test_trace_allowed(void **state)
{
	static const struct {
		const char *text, *why;
		enum perm perm; /* of the last row */
	} rows[] = {
		{HEAD2 "0 map 1 0 w 0x1000 0x1000+4096\n0 unmap 1 0 0x1000 4096\nend 4\n",
		 "a receive buffer", PERM_W},
		{MAP2M "0 unmap 1 0 0x200000 4096\n0 unmap 1 0 0x200000 2097152\nend 5\n",
		 "a part, then all: what is gone is passed over", PERM_RW},
		{HEAD2 "0 map 1 0 r 0x1000 0+4096\n0 map 1 0 rw 0x2000 0+4096\n"
		       "0 unmap 1 0 0x1000 8192\nend 5\n",
		 "what holds in both", PERM_R},
		{HEAD2 "0 map 1 0 r 0x1000 0+4096\n0 map 1 0 w 0x2000 0+4096\n"
		       "0 unmap 1 0 0x1000 8192\nend 5\n",
		 "nothing holds in both", PERM_NONE},
		{HEAD2 "0 unmap 1 0 0x1000 4096\nend 3\n", "nothing is mapped", PERM_NONE},
		{HEAD2 "0 map 1 0 w 0x7ffffff000 0+1\nend 3\n", "the last page", PERM_W},
		{HEAD2 "0 map 1 0 r 0x1000 0+4096\n0 unmap 1 0 0x1000 4096\n"
		       "0 map 1 0 w 0x1000 0+4096\nend 5\n",
		 "used again", PERM_W},
		{TWO "0 attach 01:00.0 1 kernel\n0 attach 02:00.0 2 kernel\n"
		     "0 map 1 0 r 0 0+4096\n0 map 2 0 w 0 0+4096\nend 5\n",
		 "the same address in another domain", PERM_W},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct err e = {0};
		struct trace_rec rec, last = {0};
		struct trace_reader *r;
		int rc;

		put(rows[i].text, strlen(rows[i].text));
		r = trace_open(path, &e);
		assert_non_null(r);
		while ((rc = trace_next(r, &rec, &e)) > 0)
			last = rec;
		trace_close(r);
		if (rc < 0 || last.perm != rows[i].perm)
			fail_msg("%s: %s, perm %d", rows[i].why, e.text, (int)last.perm);
	}
}

/* The machine's limits hold as well: row 8 needs 39 bits, row 9 two devices in a domain. */
static void test_trace_limit(void **state)
{
	static const char text[] = "dmachurn-trace 1\naw-bits 57\ndevice 01:00.0 ats=on\n"
				   "device 02:00.0 ats=on\n0 boot\n0 attach 01:00.0 1 kernel\n"
				   "0 unmap 1 0 0x8000000000 4096\n0 attach 02:00.0 1 kernel\nend 4\n";
	static const struct {
		unsigned iova_bits, domain_devices;
		const char *want; /* NULL: no mistake */
	} rows[] = {
		{48, 2, NULL},
		{64, 999, NULL},
		{39, 2, ":7:13: got a range up to 0x8000000fff, allowed up to 0x7fffffffff "
			"(addresses of 39 bits)"},
		{48, 1, ":8:18: domain 1 has 2 devices, allowed 1"},
	};
	char want[400];

	(void)state;
	put(text, sizeof text - 1);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct err e = {0};
		struct trace_rec rec;
		struct trace_reader *r = trace_open(path, &e);
		int rc;

		assert_non_null(r);
		trace_reader_limit(r, rows[i].iova_bits, rows[i].domain_devices);
		while ((rc = trace_next(r, &rec, &e)) > 0)
			;
		trace_close(r);
		assert_int_equal(rc, rows[i].want ? -EINVAL : 0);
		snprintf(want, sizeof want, "%s%s", path, rows[i].want ? rows[i].want : "");
		assert_string_equal(e.text, rows[i].want ? want : "");
	}
}

static void test_trace_bad_bytes(void **state)
{
	static const char zero[] = "dmachurn-trace 1\nvcpus\0 1\nend 0\n";
	struct err e = {0};
	char want[200];
	unsigned n;

	(void)state;
	put(zero, sizeof zero - 1);
	assert_int_equal(read_all(&e, &n), -EINVAL);
	snprintf(want, sizeof want, "%s:2:1: not a trace: the line holds a zero byte", path);
	assert_string_equal(e.text, want);
	e = (struct err){0};
	assert_null(trace_open("no/such/trace", &e));
	assert_string_equal(e.text, "no/such/trace: No such file or directory");
}

static void test_trace_defaults_and_comments(void **state)
{
	static const char text[] = "dmachurn-trace 1\n# a comment\n\n0x0 boot\nend 1\n";
	static const char text2[] =
		"dmachurn-trace 1\n# a comment\n\n0 boot\n# in between\nend 1\n";
	struct err e = {0};
	struct trace_reader *r;
	struct trace_rec rec;

	(void)state;
	put(text, sizeof text - 1);
	r = trace_open(path, &e);
	assert_non_null(r);
	assert_int_equal(trace_next(r, &rec, &e), 1); /* hexadecimal times are numbers as well */
	trace_close(r);
	put(text2, sizeof text2 - 1);
	r = trace_open(path, &e);
	assert_non_null(r);
	assert_int_equal(trace_reader_head(r)->kernel_major, 0);
	assert_int_equal(trace_reader_head(r)->flush, TRACE_STRICT);
	assert_false(trace_reader_head(r)->caching_mode);
	assert_true(trace_reader_head(r)->intremap);
	assert_int_equal(trace_reader_head(r)->aw_bits, 39);
	assert_int_equal(trace_reader_head(r)->n_cpus, 1);
	assert_int_equal(trace_next(r, &rec, &e), 1);
	assert_int_equal(rec.line, 4);
	assert_int_equal(trace_next(r, &rec, &e), 0);
	assert_int_equal(trace_next(r, &rec, &e), 0); /* stays at the end */
	trace_close(r);
}

/* One row of every kind; what the reader adds (device, owner, n_attached) is checked below. */
static const struct trace_seg segs[] = {{0x3fe51000, 4096}, {0x1000, 8192}, {0xfffffffff000, 4096}};
static const struct trace_rec rows_written[] = {
	{.kind = TRACE_PHASE, .number = 0, .name = "boot"},
	{.kind = TRACE_BOOT, .at_ns = 5},
	{.kind = TRACE_IEC, .at_ns = 6, .cpu = 1, .global = true},
	{.kind = TRACE_IEC, .at_ns = 6, .cpu = 0, .index = 65535, .am = 3},
	{.kind = TRACE_ATTACH, .at_ns = 7, .device = 1, .domain = 1, .owner = TRACE_OWNER_KERNEL},
	{.kind = TRACE_ENABLE, .at_ns = 8},
	{.kind = TRACE_MAP,
	 .at_ns = 9,
	 .domain = 1,
	 .cpu = 1,
	 .perm = PERM_RW,
	 .iova = 0xffffe000,
	 .n_bytes = 16384,
	 .seg = segs,
	 .n_segs = 3},
	{.kind = TRACE_UNMAP,
	 .at_ns = 10,
	 .domain = 1,
	 .cpu = 0,
	 .perm = PERM_RW, /* the reader's, of the map before */
	 .iova = 0xffffe000,
	 .n_bytes = 16384},
	{.kind = TRACE_TIMER, .at_ns = 11, .domain = 1, .cpu = 1},
	{.kind = TRACE_ACCESS,
	 .at_ns = 12,
	 .device = 0,
	 .perm = PERM_W,
	 .iova = 0xffffb402,
	 .n_bytes = 2},
	{.kind = TRACE_DETACH, .at_ns = 13, .device = 1, .domain = 1},
	{.kind = TRACE_ATTACH, .at_ns = 14, .device = 1, .domain = 2, .owner = TRACE_OWNER_VFIO},
	{.kind = TRACE_UNMAP,
	 .at_ns = 15,
	 .domain = 1,
	 .cpu = 0,
	 .iova = 0,
	 .n_bytes = UINT64_C(1) << 40},
	{.kind = TRACE_DISABLE, .at_ns = 18446744073709551615u},
};
#define N_ROWS (sizeof rows_written / sizeof rows_written[0])

static const struct trace_head head_written = {
	.kernel_major = 6,
	.kernel_minor = 12,
	.flush = TRACE_LAZY,
	.caching_mode = true,
	.intremap = false,
	.aw_bits = 48,
	.n_cpus = 2,
	.n_devices = 2,
	.device = {{0x00fb, false}, {0x0100, true}},
};

static void check_row(const struct trace_rec *got, const struct trace_rec *want)
{
	assert_int_equal(got->kind, want->kind);
	assert_int_equal(got->at_ns, want->at_ns);
	assert_int_equal(got->cpu, want->cpu);
	assert_int_equal(got->domain, want->domain);
	assert_int_equal(got->iova, want->iova);
	assert_int_equal(got->n_bytes, want->n_bytes);
	assert_int_equal(got->perm, want->perm);
	assert_int_equal(got->n_segs, want->n_segs);
	for (unsigned i = 0; i < want->n_segs; i++) {
		assert_int_equal(got->seg[i].gpa, want->seg[i].gpa);
		assert_int_equal(got->seg[i].n_bytes, want->seg[i].n_bytes);
	}
	assert_int_equal(got->global, want->global);
	assert_int_equal(got->index, want->index);
	assert_int_equal(got->am, want->am);
	assert_int_equal(got->number, want->number);
	assert_string_equal(got->name, want->name);
	if (want->device)
		assert_int_equal(got->device, want->device);
}

static void test_trace_round_trip(void **state)
{
	struct err e = {0};
	struct trace_rec got[N_ROWS + 1];
	struct trace_reader *r;
	struct trace_writer *w;
	FILE *f = fopen(path, "w");

	(void)state;
	assert_non_null(f);
	w = trace_writer_new(f, &head_written, "# note\n");
	for (size_t i = 0; i < N_ROWS; i++)
		trace_write(w, &rows_written[i]);
	assert_int_equal(trace_writer_end(w), 0);
	assert_int_equal(fclose(f), 0);
	r = trace_open(path, &e);
	assert_non_null(r);
	assert_memory_equal(trace_reader_head(r), &head_written, sizeof head_written);
	for (size_t i = 0; i < N_ROWS; i++) {
		assert_int_equal(trace_next(r, &got[i], &e), 1);
		check_row(&got[i], &rows_written[i]);
	}
	assert_int_equal(trace_next(r, &got[N_ROWS], &e), 0);
	/* What the reader knows: row 6 maps in a domain with one device, row 12 unmaps in one that
	 * has lost its own, which was device 1. */
	assert_int_equal(got[6].n_attached, 1);
	assert_int_equal(got[6].device, 1);
	assert_int_equal(got[6].owner, TRACE_OWNER_KERNEL);
	assert_int_equal(got[11].owner, TRACE_OWNER_VFIO);
	assert_int_equal(got[12].n_attached, 0);
	assert_int_equal(got[12].device, 1);
	trace_close(r);
}

static void test_trace_write_fails(void **state)
{
	FILE *f = fopen("/dev/full", "w");
	struct trace_writer *w;

	(void)state;
	if (!f)
		skip();
	w = trace_writer_new(f, &head_written, NULL);
	trace_write(w, &rows_written[0]);
	assert_int_equal(trace_writer_end(w), -ENOSPC);
	fclose(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trace_errors),
		cmocka_unit_test(test_trace_allowed),
		cmocka_unit_test(test_trace_limit),
		cmocka_unit_test(test_trace_bad_bytes),
		cmocka_unit_test(test_trace_defaults_and_comments),
		cmocka_unit_test(test_trace_round_trip),
		cmocka_unit_test(test_trace_write_fails),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
