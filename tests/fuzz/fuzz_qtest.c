/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_qtest - any bytes as lines of the qtest protocol, on a board of its own.
 *
 * Holds: nothing crashes, leaks or loops; every command has exactly one answer line, a directive or comment
 * none; the answer begins with OK, ERR or FAIL; trace lines are printable.
 * Omitted: commands that move more than a page, which are only slow.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtest/proto.h"

#define FUZZ_LINES_MAX 400u
#define FUZZ_BYTES_MAX 65536u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_qtest_must(bool holds, const char *what, const char *line)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_qtest: %s: %s\n", what, line);
	abort();
}

/* The second number of read, write, memset and the like. */
static bool fuzz_qtest_is_slow(const char *line)
{
	const char *word = strchr(line, ' ');

	word = word ? strchr(word + 1, ' ') : NULL;
	return word && strtoull(word + 1, NULL, 0) > FUZZ_BYTES_MAX &&
	       (strncmp(line, "read ", 5) == 0 || strncmp(line, "write ", 6) == 0 ||
		strncmp(line, "memset ", 7) == 0 || strncmp(line, "b64", 3) == 0);
}

static void fuzz_qtest_trace(void *self, const char *text)
{
	(void)self;
	for (; *text; text++)
		fuzz_qtest_must(*text >= ' ' && *text <= '~', "a trace line is printable", text);
}

/* False: a directive was refused, the server would end. */
static bool fuzz_qtest_line(struct proto *p, const char *text, size_t n, struct proto_out *out)
{
	char *line = malloc(n + 1);
	struct err e = {0};
	int r;

	memcpy(line, text, n);
	line[n] = '\0';
	out->n = 0;
	if (fuzz_qtest_is_slow(line)) {
		free(line);
		return true;
	}
	r = proto_line(p, line, n, out, &e);
	if (r == 0 && n && text[0] == '#') {
		fuzz_qtest_must(out->n == 0, "a comment has no answer", line);
	} else if (r == 0) {
		const char *nl = out->n ? memchr(out->text, '\n', out->n) : NULL;

		fuzz_qtest_must(nl && (size_t)(nl - out->text) == out->n - 1,
				"a command has one answer line", line);
		fuzz_qtest_must(out->n >= 3 && (strncmp(out->text, "OK", 2) == 0 ||
						strncmp(out->text, "ERR", 3) == 0 ||
						strncmp(out->text, "FAIL", 4) == 0),
				"an answer is OK, ERR or FAIL", line);
	} else {
		fuzz_qtest_must(e.status == EXIT_USER && e.text[0], "a refusal says why", line);
	}
	free(line);
	return r == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct vtd_trace_sink sink = {.line = fuzz_qtest_trace, .everything = true};
	const char *text = (const char *)data;
	struct proto_out out = {0};
	unsigned n_lines = 0;
	struct proto p;

	proto_init(&p, size & 1 ? &sink : NULL, NULL);
	while (size > 0 && n_lines++ < FUZZ_LINES_MAX) {
		const char *nl = memchr(text, '\n', size);
		size_t n = nl ? (size_t)(nl - text) : size;

		if (!fuzz_qtest_line(&p, text, n, &out))
			break;
		text += n + (nl != NULL);
		size -= n + (nl != NULL);
	}
	proto_fini(&p);
	free(out.text);
	return 0;
}
