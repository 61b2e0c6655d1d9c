/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * test_scn - {YAML, items or error line}, --set, binding, what is said about keys that nobody took.
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

#include "sim/scn.h"
#include "sim/xalloc.h"

/* "path=value@line:column\n" for each item, "path=[v, v]@..." for lists. */
static char *dump(const struct scn *s)
{
	char *out = xstrdup("");

	for (size_t i = 0; i < s->n_items; i++) {
		const struct scn_item *item = &s->item[i];
		char *list = xstrdup(item->value ? item->value : "["), *old = out;

		for (size_t k = 0; item->list && item->list[k]; k++) {
			char *shorter = list;

			list = xasprintf("%s%s%s", list, k ? ", " : "", item->list[k]);
			free(shorter);
		}
		out = xasprintf("%s%s=%s%s@%u:%u\n", out, item->path, list, item->list ? "]" : "",
				item->at.line, item->at.column);
		free(list);
		free(old);
	}
	return out;
}

static const struct {
	const char *yaml, *want;
} good[] = {
	{"seed: 1\n", "seed=1@1:7\n"},
	{"a: {b: {c: x}, d: y}\ne: z\n", "a.b.c=x@1:12\na.d=y@1:19\ne=z@2:4\n"},
	{"a:\n  b: on\n  c: 6.10\n  d: ~\n", "a.b=on@2:6\na.c=6.10@3:6\na.d=~@4:6\n"},
	{"a.b.c: x\n", "a.b.c=x@1:8\n"},
	{"a.b: x\na.c: y\n", "a.b=x@1:6\na.c=y@2:6\n"},
	{"t: 'a: # b'\nu: \"\"\n", "t=a: # b@1:4\nu=@2:4\n"},
	{"t: several\n   lines\n", "t=several lines@1:4\n"},
	{"c: lognormal(25us, cv=0.4)\n", "c=lognormal(25us, cv=0.4)@1:4\n"},
	{"s: {c: \"lognormal(25us, cv=0.4)\"}\n", "s.c=lognormal(25us, cv=0.4)@1:8\n"},
	{"sweep:\n  d.n.m: [a, \"b\"]\n", "sweep.d.n.m=[a, b]@2:10\n"},
	{"sweep: {d: {m: [1]}}\n", "sweep.d.m=[1]@1:16\n"},
	{"sweep:\n  x:\n  - p\n  - q\n", "sweep.x=[p, q]@3:3\n"},
	{"--- # one document\nseed: 1\n...\n", "seed=1@2:7\n"},
	{"\xef\xbb\xbfseed: 1\n", "seed=1@1:7\n"},
	{"seed: 1", "seed=1@1:7\n"},
	{"seed: 1\r\nx: 2\r\n", "seed=1@1:7\nx=2@2:4\n"},
	{"t: \xc3\xa4\xc3\xb6 {x\n", "t=\xc3\xa4\xc3\xb6 {x@1:4\n"},
	{"{t: \xc3\xa4, u: 1}\n", "t=\xc3\xa4@1:5\nu=1@1:11\n"}, /* columns are characters */
};

static void test_scn_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct err e = {0};
		struct scn s;
		char *got;

		if (scn_parse(&s, "a.yaml", good[i].yaml, strlen(good[i].yaml), &e))
			fail_msg("%s", e.text);
		got = dump(&s);
		assert_string_equal(got, good[i].want);
		free(got);
		scn_free(&s);
	}
}

#define X16(x) x x x x x x x x x x x x x x x x

static const struct {
	const char *yaml, *want;
} bad[] = {
	{"", "a.yaml: empty, allowed: keys with values"},
	{"# only a comment\n\n", "a.yaml: empty, allowed: keys with values"},
	{"---\n", "a.yaml: empty, allowed: keys with values"},
	{"{}\n", "a.yaml:1:1: empty, allowed: keys with values"},
	{"hello\n", "a.yaml:1:1: got a text, allowed: keys with values"},
	{"- a\n", "a.yaml:1:1: got a list, allowed: keys with values"},
	{"a: 1\n---\nb: 2\n", "a.yaml:2:1: got a second document, allowed: one scenario"},
	/* keys */
	{"a: 1\nb: 2\na: 3\n", "a.yaml:3:1: a: given twice, first at line 1"},
	{"m: {v: 2}\nm: {w: 3}\n", "a.yaml:2:1: m: given twice, first at line 1"},
	{"m: {v: 2}\nb: {x: 1,\n x: 2}\nm.v: 3\n", "a.yaml:3:2: b.x: given twice, first at line 2"},
	{"m: 2\nm: {w: 3}\n", "a.yaml:2:1: m: given twice, first at line 1"},
	{"m: {v: 2}\nm.v: 3\n", "a.yaml:2:1: m.v: given twice, first at line 1"},
	{"sweep: {x: [1],\n x: [2]}\n", "a.yaml:2:2: sweep.x: given twice, first at line 1"},
	{"[a, b]: c\n", "a.yaml:1:1: got a list or section as key, allowed: a word"},
	{"? {a: b}\n: c\n", "a.yaml:1:3: got a list or section as key, allowed: a word"},
	{"net 0: x\n", "a.yaml:1:1: got the key 'net 0', allowed: letters, digits, '-' and '_', with "
		       "dots between words"},
	{"a:\n  b..c: x\n", "a.yaml:2:3: got the key 'b..c', allowed: letters, digits, '-' and '_', "
			    "with dots between words"},
	{"<<: {a: b}\n", "a.yaml:1:1: got the key '<<', allowed: letters, digits, '-' and '_', with "
			 "dots between words"},
	{"\xc3\xa4: 1\n", "a.yaml:1:1: got the key '\xc3\xa4', allowed: letters, digits, '-' and '_', "
			  "with dots between words"},
	{"'': x\n", "a.yaml:1:1: got the key '', allowed: letters, digits, '-' and '_', with dots "
		    "between words"},
	{": x\n", "a.yaml:1:1: not YAML: did not find expected key, while parsing a block mapping"},
	{"\"a\\0b\": x\n", "a.yaml:1:1: got the key '', allowed: letters, digits, '-' and '_', with "
			   "dots between words"},
	/* 257 = 16 * 16 + 1 */
	{X16("abcdefghijklmnop") "q: 1\n",
	 "a.yaml:1:1: abcdefghijklmnopabcdefghijklmnopabcdefgh...: a path of more than 256 characters"},
	{"abc: {" X16("abcdefghijklmnop") ": 1}\n",
	 "a.yaml:1:7: abc.abcdefghijklmnopabcdefghijklmnopabcd...: a path of more than 256 characters"},
	/* values */
	{"a:\nb: 1\n", "a.yaml:1:3: a: no value"},
	{"a: {b: }\n", "a.yaml:1:8: a.b: no value"},
	{"a:\n  b: {}\n", "a.yaml:2:6: a.b: empty, allowed: keys with values"},
	{"a: [1, 2]\n",
	 "a.yaml:1:4: a: got a list, allowed: one value; lists belong below 'sweep'"},
	{"a: |\n  x\n  y\n",
	 "a.yaml:1:4: a: got a line break or control character, allowed: one line of text"},
	{"a: \"x\\0y\"\n",
	 "a.yaml:1:4: a: got a line break or control character, allowed: one line of text"},
	{"a: &x 1\n", "a.yaml:1:4: got the anchor '&x', allowed: plain values"},
	{"a: &x {b: 1}\n", "a.yaml:1:4: got the anchor '&x', allowed: plain values"},
	{"sweep: {a: &x [1]}\n", "a.yaml:1:12: got the anchor '&x', allowed: plain values"},
	{"a: *x\n", "a.yaml:1:4: got the alias '*x', allowed: plain values"},
	{"a: !!int 1\n", "a.yaml:1:4: got the tag 'tag:yaml.org,2002:int', allowed: plain values"},
	{"a: ! {b: 1}\n", "a.yaml:1:4: got the tag '!', allowed: plain values"},
	{"sweep: {a: !x [1]}\n", "a.yaml:1:12: got the tag '!x', allowed: plain values"},
	{"{" X16("a: {") "a: {b: 1}" X16("}") "}\n", /* the brace is at 1 + 17 * 4 */
	 "a.yaml:1:69: a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a: nested deeper than 16 sections"},
	/* sweeps */
	{"sweep: on\n", "a.yaml:1:8: sweep: got 'on', allowed: axes, as PATH: [VALUE, ...]"},
	{"sweep: [a]\n", "a.yaml:1:8: sweep: got a list, allowed: axes, as PATH: [VALUE, ...]"},
	{"sweep: {x: on}\n", "a.yaml:1:12: sweep.x: got 'on', allowed: a list, as [VALUE, ...]"},
	{"sweep: {x: []}\n", "a.yaml:1:12: sweep.x: got an empty list"},
	{"sweep: {x: [a, b, a]}\n", "a.yaml:1:19: sweep.x: got 'a' twice"},
	{"sweep: {x: [a, [b]]}\n",
	 "a.yaml:1:16: sweep.x: got a list or section, allowed: values"},
	{"sweep: {x: [a, ]}\nb: [", "a.yaml:2:4: b: got a list, allowed: one value; lists belong below "
				    "'sweep'"},
	{"sweep:\n  x:\n  -\n", "a.yaml:3:4: sweep.x: no value"},
	/* not YAML */
	{"a: {b: 1\n", "a.yaml:2:1: not YAML: did not find expected ',' or '}', while parsing a flow "
		       "mapping"},
	{"a: {b: 1}}\n", "a.yaml:1:10: not YAML: did not find expected key, while parsing a "
			 "block mapping"},
	{"a: 'x\n", "a.yaml:2:1: not YAML: found unexpected end of stream, while scanning a quoted scalar"},
	{"a:\n\tb: 1\n", "a.yaml:2:1: got a tab, allowed: spaces"},
	{"a: 1\n  b: 2\n", "a.yaml:2:4: not YAML: mapping values are not allowed in this context"},
	{"a: \x01\n", "a.yaml:1:4: not a text file: control characters are not allowed"},
	{"a: 1\nb: \xff\n", "a.yaml:2:4: not a text file: invalid leading UTF-8 octet"},
};

static void test_scn_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err e = {0};
		struct scn s;
		int ret = scn_parse(&s, "a.yaml", bad[i].yaml, strlen(bad[i].yaml), &e);

		assert_string_equal(e.text, bad[i].want);
		assert_int_equal(ret, -EINVAL);
		assert_int_equal(e.status, EXIT_USER);
		assert_null(s.item);
	}
}

static void test_scn_bytes(void **state)
{
	static const char elf[] = "\x7f"
				  "ELF\x02\x01\x01\0\0\0\0\0\0\0";
	const size_t limit = 1024 * 1024;
	char *big = xcalloc(limit + 1, 1);
	struct err e = {0};
	struct scn s;

	(void)state;
	assert_int_equal(scn_parse(&s, "a.out", elf, sizeof elf - 1, &e), -EINVAL);
	assert_string_equal(e.text, "a.out: not a text file");

	/* As many brackets as fit are refused at once, not read to the end. */
	memset(big, '[', limit);
	e = (struct err){0};
	assert_int_equal(scn_parse(&s, "b", big, limit, &e), -EINVAL);
	assert_string_equal(e.text, "b:1:1: got a list, allowed: keys with values");

	memset(big, '#', limit + 1);
	memcpy(big, "seed: 1\n", 8);
	e = (struct err){0};
	assert_int_equal(scn_parse(&s, "b", big, limit, &e), 0);
	scn_free(&s);
	assert_int_equal(scn_parse(&s, "b", big, limit + 1, &e), -EINVAL);
	assert_string_equal(e.text, "b: larger than 1MiB");
	free(big);
}

static void test_scn_question(void **state)
{
	static const struct {
		const char *yaml, *want;
	} rows[] = {
		{"# Who wins?\n#  Expect: UNMAP.\n#\n#end  \n\n# other block\nseed: 1 # no\n",
		 "Who wins?\n Expect: UNMAP.\n\nend"},
		{"\n\n# late\r\n# two\r\nseed: 1\n", "late\ntwo"},
		{"seed: 1\n# behind\n", ""},
		{"\xef\xbb\xbf# bom\nseed: 1\n", "bom"},
		{"#\nseed: 1\n", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err e = {0};
		struct scn s;

		assert_int_equal(scn_parse(&s, "a", rows[i].yaml, strlen(rows[i].yaml), &e), 0);
		assert_string_equal(s.question, rows[i].want);
		scn_free(&s);
	}
}

static void test_scn_load(void **state)
{
	char name[] = "test_scn_XXXXXX", *want;
	int fd = mkstemp(name);
	struct err e = {0};
	struct scn s;

	(void)state;
	assert_int_equal(write(fd, "seed: 7\n", 8), 8);
	close(fd);
	assert_int_equal(scn_load(&s, name, &e), 0);
	assert_string_equal(s.file, name);
	assert_string_equal(scn_find(&s, "seed")->at.file, name);
	scn_free(&s);
	assert_int_equal(remove(name), 0);

	assert_int_equal(scn_load(&s, name, &e), -EINVAL);
	want = xasprintf("%s: No such file or directory", name);
	assert_string_equal(e.text, want);
	free(want);
	e = (struct err){0};
	assert_int_equal(scn_load(&s, ".", &e), -EINVAL);
	assert_string_equal(e.text, ".: Is a directory");
	scn_free(&s); /* allowed after an error */
}

static const char base[] = "title: t\nguest:\n  kernel: \"6.1\"\ndevices:\n  net0:\n    mapping: static\n";

static void parse(struct scn *s, const char *yaml)
{
	struct err e = {0};

	if (scn_parse(s, "a.yaml", yaml, strlen(yaml), &e))
		fail_msg("%s", e.text);
}

static void test_scn_set(void **state)
{
	static const struct {
		const char *assignment, *want;
	} rows[] = {
		{"x", "--set: got 'x', allowed PATH=VALUE"},
		{"=x", "--set: got '=x', allowed PATH=VALUE"},
		{"", "--set: got '', allowed PATH=VALUE"},
		{"a b=x", "--set: got the key 'a b', allowed: letters, digits, '-' and '_', with dots "
			  "between words"},
		{".a=x", "--set: got the key '.a', allowed: letters, digits, '-' and '_', with dots "
			 "between words"},
		{"sweep.seed=1", "--set: sweep.seed: axes of a sweep cannot be set"},
		{"sweep=1", "--set: sweep: axes of a sweep cannot be set"},
		{"title=a\nb", "--set: title: got a line break or control character, allowed: one line of "
			       "text"},
	};
	struct err e = {0};
	struct scn s;
	char *got;

	(void)state;
	parse(&s, base);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		e = (struct err){0};
		assert_int_equal(scn_set(&s, rows[i].assignment, &e), -EINVAL);
		assert_string_equal(e.text, rows[i].want);
	}
	e = (struct err){0};
	assert_int_equal(scn_set(&s, "guest.kernel=6.12", &e), 0);
	assert_int_equal(scn_set(&s, "costs.vhost-miss=lognormal(25us, cv=0.4)", &e), 0);
	assert_int_equal(scn_set(&s, "a=1", &e), 0);
	assert_int_equal(scn_set(&s, "a=", &e), 0);
	assert_int_equal(scn_set(&s, "sweeper=x", &e), 0);
	got = dump(&s);
	assert_string_equal(got, "title=t@1:8\nguest.kernel=6.12@0:0\ndevices.net0.mapping=static@6:14\n"
				 "costs.vhost-miss=lognormal(25us, cv=0.4)@0:0\na=@0:0\n"
				 "sweeper=x@0:0\n");
	assert_int_equal(scn_find(&s, "guest.kernel")->source, SCN_COMMAND_LINE);
	assert_string_equal(scn_find(&s, "guest.kernel")->at.file, "--set");
	assert_int_equal(scn_find(&s, "title")->source, SCN_FILE);
	free(got);
	scn_free(&s);
}

/* 300 paths in an order unlike that of sorting: (i * 7) mod 300 visits each once, as gcd(7, 300) = 1. */
static void test_scn_find_many(void **state)
{
	struct err e = {0};
	struct scn s;

	(void)state;
	parse(&s, "seed: 1\n");
	for (unsigned i = 0; i < 300; i++) {
		char text[40];

		snprintf(text, sizeof text, "d%u.x=%u", i * 7 % 300, i);
		assert_int_equal(scn_set(&s, text, &e), 0);
	}
	for (unsigned i = 0; i < 300; i++) {
		char path[40], want[40];

		snprintf(path, sizeof path, "d%u.x", i * 7 % 300);
		snprintf(want, sizeof want, "%u", i);
		assert_string_equal(scn_find(&s, path)->value, want);
	}
	assert_null(scn_find(&s, "d300.x"));
	assert_null(scn_find(&s, "d1"));
	assert_null(scn_find(&s, ""));
	scn_free(&s);
}

static void test_scn_children(void **state)
{
	const char *word[8];
	struct err e = {0};
	struct scn s;

	(void)state;
	parse(&s, "devices:\n  z: {a: 1, c: {d: 2}}\n  b: {a: 1}\ndevicesx: {q: 1}\n");
	assert_int_equal(scn_set(&s, "devices.m.a=1", &e), 0);
	assert_int_equal(scn_children(&s, "devices", word, 8), 3);
	assert_string_equal(word[0], "z");
	assert_string_equal(word[1], "b");
	assert_string_equal(word[2], "m");
	assert_int_equal(scn_children(&s, "devices", word, 2), 2);
	assert_int_equal(scn_children(&s, "", word, 8), 2);
	assert_string_equal(word[1], "devicesx");
	assert_int_equal(scn_children(&s, "devices.z", word, 8), 2);
	assert_string_equal(word[1], "c");
	assert_int_equal(scn_children(&s, "devices.z.a", word, 8), 0);
	scn_free(&s);
}

static void test_scn_copy(void **state)
{
	struct err e = {0};
	struct scn from, to;
	char *want, *got;

	(void)state;
	parse(&from, "# q\na: {b: 1}\nsweep: {a.b: [1, 2]}\n");
	assert_int_equal(scn_set(&from, "c=3", &e), 0);
	scn_find(&from, "a.b")->used = true;
	want = dump(&from);
	scn_copy(&to, &from);
	scn_free(&from);
	got = dump(&to);
	assert_string_equal(got, want);
	assert_string_equal(to.question, "q");
	assert_string_equal(to.file, "a.yaml");
	assert_ptr_equal(scn_find(&to, "a.b")->at.file, to.file);
	assert_ptr_equal(scn_find(&to, "a.b")->key_at.file, to.file);
	assert_string_equal(scn_find(&to, "c")->at.file, "--set");
	assert_false(scn_find(&to, "a.b")->used);
	assert_int_equal(scn_put(&to, "a.b", "2", scn_find(&to, "sweep.a.b")->at, &e), 0);
	assert_int_equal(scn_find(&to, "a.b")->at.line, 3);
	free(want);
	free(got);
	scn_free(&to);
}

struct top {
	const char *title;
	uint64_t seed;
};
struct guest {
	const char *kernel, *quirk;
	uint64_t hz;
};
struct dev {
	unsigned mapping;
	uint64_t queues;
};
struct cons {
	bool notify;
	uint64_t capacity;
};

static const char *const mappings[] = {"static", "dynamic", NULL};
static const struct opt top_rows[] = {
	OPT_TEXT(struct top, title, "title", "", "t"),
	OPT_U64(struct top, seed, "seed", "1", 0, 99, "", "s"),
	OPT_END,
};
static const struct opt guest_rows[] = {
	OPT_TEXT(struct guest, kernel, "kernel", "6.1", "k"),
	OPT_U64(struct guest, hz, "hz", "250", 100, 1000, "", "h"),
	OPT_TEXT(struct guest, quirk, "quirk.walk", "auto", "a name with a dot"),
	OPT_END,
};
static const struct opt dev_rows[] = {
	OPT_ENUM(struct dev, mapping, "mapping", NULL, mappings, "m"),
	OPT_U64(struct dev, queues, "queues", "1", 1, 64, "", "q"),
	OPT_END,
};
static const struct opt cons_rows[] = {
	OPT_BOOL(struct cons, notify, "notify", "on", "n"),
	OPT_U64(struct cons, capacity, "capacity", "2048", 1, 99999, "", "c"),
	OPT_END,
};

struct all {
	struct top top;
	struct guest guest;
	struct dev dev;
	struct cons cons;
};

static int bind_all(struct scn *s, struct all *all, struct err *e)
{
	int ret = scn_bind(s, "", top_rows, &all->top, e);

	if (!ret)
		ret = scn_bind(s, "guest", guest_rows, &all->guest, e);
	if (!ret)
		ret = scn_bind(s, "devices.net0", dev_rows, &all->dev, e);
	if (!ret)
		ret = scn_bind(s, "devices.net0.consumer", cons_rows, &all->cons, e);
	return ret ? ret : scn_check_used(s, e);
}

static void test_scn_bind(void **state)
{
	struct err e = {0};
	struct all all;
	struct scn s;

	(void)state;
	parse(&s, "title: t\ndevices: {net0: {mapping: dynamic, consumer: {capacity: 2k}}}\n"
		  "guest: {quirk: {walk: old}}\nsweep: {anything: [1]}\n");
	assert_int_equal(scn_set(&s, "seed=9", &e), 0);
	assert_int_equal(bind_all(&s, &all, &e), 0);
	assert_string_equal(all.top.title, "t");
	assert_int_equal(all.top.seed, 9);
	assert_string_equal(all.guest.kernel, "6.1");
	assert_string_equal(all.guest.quirk, "old");
	assert_int_equal(all.guest.hz, 250);
	assert_int_equal(all.dev.mapping, 1);
	assert_true(all.cons.notify);
	assert_int_equal(all.cons.capacity, 2000);
	scn_free(&s);
}

#define NET "devices: {net0: {mapping: static, "

static const struct {
	const char *yaml, *set, *want;
} unused[] = {
	/* values */
	{"devices: {net0: {queues: 1}}\n", NULL,
	 "a.yaml:1:11: devices.net0.mapping: missing, allowed: static, dynamic"},
	{"seed: 1\n", NULL, "a.yaml: devices.net0.mapping: missing, allowed: static, dynamic"},
	{"seed: 100\n", NULL, "a.yaml:1:7: seed: got '100', allowed 0..99"},
	{"seed: 1\n", "seed=-1", "--set: seed: got '-1', allowed 0..99"},
	/* keys */
	{NET "}}\nsede: 1\n", NULL, "a.yaml:2:1: sede: unknown key; did you mean 'seed'?"},
	{NET "}}\n", "sede=1", "--set: sede: unknown key; did you mean 'seed'?"},
	{NET "}}\nguest:\n  Kernal: x\n", NULL,
	 "a.yaml:3:3: guest.Kernal: unknown key; did you mean 'kernel'?"},
	{NET "zzz: 1}}\n", NULL,
	 "a.yaml:1:35: devices.net0.zzz: unknown key, allowed: mapping, queues, consumer"},
	{NET "}}\nzzzzzz: 1\n", NULL,
	 "a.yaml:2:1: zzzzzz: unknown key, allowed: title, seed, guest, devices"},
	/* keys and sections that stand elsewhere */
	{NET "}}\nkernel: x\n", NULL,
	 "a.yaml:2:1: kernel: unknown key here; 'kernel' belongs to guest"},
	{NET "seed: 1}}\n", NULL,
	 "a.yaml:1:35: devices.net0.seed: unknown key here; 'seed' belongs to the top level"},
	{NET "}}\nconsumer: {capacity: 1}\n", NULL,
	 "a.yaml:2:1: consumer: unknown section here; 'consumer' belongs to devices.net0"},
	{NET "}}\nconsumer: vhost\n", NULL,
	 "a.yaml:2:1: consumer: unknown key here; 'consumer' belongs to devices.net0"},
	{NET "guest: {hz: 100}}}\n", NULL,
	 "a.yaml:1:35: devices.net0.guest: unknown section here; 'guest' belongs to the top level"},
	{NET "}}\nguests: {hz: 100}\n", NULL,
	 "a.yaml:2:1: guests: unknown section; did you mean 'guest'?"},
	{NET "consumr: {capacity: 100}}}\n", NULL,
	 "a.yaml:1:35: devices.net0.consumr: unknown section; did you mean 'consumer'?"},
	{NET "}}\ndevice: {net1: {mapping: static}}\n", NULL,
	 "a.yaml:2:1: device: unknown section; did you mean 'devices'?"},
	{NET "}}\n", "iomu.model=vtd",
	 "--set: iomu: unknown section, allowed: title, seed, guest, devices"},
	{NET "}}\nguest.hzz.x: 1\n", NULL,
	 "a.yaml:2:1: guest.hzz: unknown section; did you mean 'hz'?"},
	{NET "}}\ntitl: {hz: 1}\n", NULL,
	 "a.yaml:2:1: titl: unknown section; did you mean 'title'?"},
	{NET "queue: {capacity: 1}}}\n", NULL,
	 "a.yaml:1:35: devices.net0.queue: unknown section; did you mean 'queues'?"},
	{NET "title: t}}\n", NULL,
	 "a.yaml:1:35: devices.net0.title: unknown key here; 'title' belongs to the top level"},
	{NET "consumer: {queue: 1, title: x}}}\n", NULL,
	 "a.yaml:1:46: devices.net0.consumer.queue: unknown key, allowed: notify, capacity"},
	/* a key with a dot in its name */
	{NET "}}\nguest: {quirk: {wakl: x}}\n", NULL,
	 "a.yaml:2:17: guest.quirk.wakl: unknown key; did you mean 'walk'?"},
	{NET "}}\nguest.qirk.walk: x\n", NULL,
	 "a.yaml:2:1: guest.qirk: unknown section; did you mean 'quirk'?"},
	{NET "}}\nwalk: x\n", NULL,
	 "a.yaml:2:1: walk: unknown key here; 'walk' belongs to guest.quirk"},
	{NET "}}\nguest: {quirk: x}\n", NULL,
	 "a.yaml:2:16: guest.quirk: got 'x', allowed: a section with the keys walk"},
	/* a value where a section belongs, and the other way round */
	{NET "}}\nguest: x\n", NULL,
	 "a.yaml:2:8: guest: got 'x', allowed: a section with the keys kernel, hz, quirk"},
	{NET "}}\n", "devices=x", "--set: devices: got 'x', allowed: a section with the keys net0"},
	{NET "}}\nseed: {x: 1}\n", NULL, "a.yaml:2:8: seed: got a section, allowed: one value"},
};

static void test_scn_unused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(unused); i++) {
		struct err e = {0};
		struct all all;
		struct scn s;

		parse(&s, unused[i].yaml);
		if (unused[i].set)
			assert_int_equal(scn_set(&s, unused[i].set, &e), 0);
		assert_int_equal(bind_all(&s, &all, &e), -EINVAL);
		assert_string_equal(e.text, unused[i].want);
		scn_free(&s);
	}
}

/* Near a key of its own section and exact elsewhere: both are said. */
static void test_scn_near_and_elsewhere(void **state)
{
	static const struct opt a_rows[] = {
		OPT_U64(struct top, seed, "model", "1", 0, 9, "", "m"), OPT_END};
	static const struct opt b_rows[] = {
		OPT_U64(struct top, seed, "mode", "1", 0, 9, "", "m"), OPT_END};
	struct err e = {0};
	struct top top;
	struct scn s;

	(void)state;
	parse(&s, "a: {mode: 1}\n");
	assert_int_equal(scn_bind(&s, "a", a_rows, &top, &e), 0);
	assert_int_equal(scn_bind(&s, "b", b_rows, &top, &e), 0);
	assert_int_equal(scn_check_used(&s, &e), -EINVAL);
	assert_string_equal(e.text, "a.yaml:1:5: a.mode: unknown key; did you mean 'model'? ('mode' "
				    "belongs to b)");
	scn_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scn_good),     cmocka_unit_test(test_scn_bad),
		cmocka_unit_test(test_scn_bytes),    cmocka_unit_test(test_scn_question),
		cmocka_unit_test(test_scn_load),     cmocka_unit_test(test_scn_set),
		cmocka_unit_test(test_scn_find_many), cmocka_unit_test(test_scn_children),
		cmocka_unit_test(test_scn_copy),     cmocka_unit_test(test_scn_bind),
		cmocka_unit_test(test_scn_unused),   cmocka_unit_test(test_scn_near_and_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
