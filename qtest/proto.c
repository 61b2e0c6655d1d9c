/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * proto - the qtest protocol: one line in, one line out, byte for byte as QEMU 7.2 answers.
 *
 * Words are parted by exactly one space. Numbers are strtoull's with base 0. What makes QEMU assert or exit
 * (a missing or malformed word, a port above 0xffff, an empty line) is answered with FAIL.
 */
#include "qtest/proto.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qtest/base64.h"
#include "qtest/setup.h"
#include "sim/bits.h"
#include "sim/port.h"
#include "sim/xalloc.h"

#define WORDS_MAX 4u
#define SMALL_ANSWER 512u

/* A command on its way. */
struct proto_run {
	struct proto *p;
	char *word[WORDS_MAX];
	unsigned n_words;
	uint64_t arg[WORDS_MAX]; /* word[i] as a number */
	struct proto_out *out;
};

static void out_room(struct proto_out *o, size_t n)
{
	if (PORT_LIKELY(o->room - o->n >= n))
		return;
	o->room = (o->n + n) * 2;
	o->text = xrealloc(o->text, o->room, 1);
}

static void out_text(struct proto_out *o, const char *text, size_t n)
{
	out_room(o, n);
	memcpy(o->text + o->n, text, n);
	o->n += n;
}

static void out_ok(struct proto_out *o)
{
	out_text(o, "OK\n", 3);
}

static void out_format(struct proto_out *o, const char *fmt, ...) PORT_PRINTF(2, 3);
static void out_format(struct proto_out *o, const char *fmt, ...)
{
	va_list ap;
	int n;

	out_room(o, SMALL_ANSWER);
	va_start(ap, fmt);
	n = vsnprintf(o->text + o->n, SMALL_ANSWER, fmt, ap);
	va_end(ap);
	o->n += (size_t)n < SMALL_ANSWER ? (size_t)n : SMALL_ANSWER - 1;
}

static const char hex_digit[] = "0123456789abcdef";

/* "OK 0x%016x\n" */
static void out_u64(struct proto_out *o, uint64_t val)
{
	char text[] = "OK 0x0000000000000000\n";

	for (char *c = text + sizeof text - 3; val; val >>= 4)
		*c-- = hex_digit[val & 15];
	out_text(o, text, sizeof text - 1);
}

/* strtoull(word, end, 0) of a whole word. */
static bool proto_number(const char *word, uint64_t *val)
{
	const char *c = word;
	uint64_t v = 0;
	char *end;

	if (c[0] == '0' && (c[1] == 'x') && c[2]) {
		for (c += 2; *c; c++) {
			unsigned digit = (unsigned char)*c;

			digit = digit - '0' < 10	  ? digit - '0'
				: (digit | 32) - 'a' < 6 ? (digit | 32) - 'a' + 10
							  : 16;
			if (digit == 16 || c - word >= 18)
				break;
			v = v << 4 | digit;
		}
		*val = v;
		if (!*c)
			return true;
	}
	if (*word == '\0')
		return false;
	errno = 0;
	*val = strtoull(word, &end, 0);
	return *end == '\0' && errno == 0;
}

/* Room for n bytes of data. */
static uint8_t *proto_data(struct proto *p, uint64_t n)
{
	if (n > p->n_data) {
		p->n_data = (size_t)n;
		p->data = xrealloc(p->data, p->n_data, 1);
	}
	return p->data;
}

static void cmd_read_n(struct proto_run *r, unsigned size)
{
	uint64_t val = 0;

	board_read(r->p->board, r->arg[1], &val, size);
	out_u64(r->out, val);
}

static void cmd_write_n(struct proto_run *r, unsigned size)
{
	board_write(r->p->board, r->arg[1], &r->arg[2], size);
	out_ok(r->out);
}

static bool proto_fits(struct proto_run *r)
{
	if (r->arg[2] <= PROTO_DATA_MAX)
		return true;
	out_format(r->out, "FAIL %s: more than %u bytes\n", r->word[0], (unsigned)PROTO_DATA_MAX);
	return false;
}

/* Data has three characters at least, base64 too. */
static bool proto_is_data(struct proto_run *r)
{
	if (strlen(r->word[3]) >= 3)
		return true;
	out_format(r->out, "ERR invalid argument size\n");
	return false;
}

static void cmd_read(struct proto_run *r, unsigned size)
{
	uint64_t n = r->arg[2];
	uint8_t *data;
	char *c;

	(void)size;
	if (n == 0) {
		out_format(r->out, "FAIL read: length 0\n");
		return;
	}
	if (!proto_fits(r))
		return;
	data = proto_data(r->p, n);
	board_read(r->p->board, r->arg[1], data, n);
	out_text(r->out, "OK 0x", 5);
	out_room(r->out, (size_t)n * 2 + 1);
	c = r->out->text + r->out->n;
	for (uint64_t i = 0; i < n; i++) {
		*c++ = hex_digit[data[i] >> 4];
		*c++ = hex_digit[data[i] & 15];
	}
	*c++ = '\n';
	r->out->n = (size_t)(c - r->out->text);
}

/* Not a digit: -1, as QEMU stores it. */
static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 32) >= 'a' && (c | 32) <= 'f')
		return (c | 32) - 'a' + 10;
	return -1;
}

static void cmd_write(struct proto_run *r, unsigned size)
{
	uint64_t n = r->arg[2];
	const char *hex = r->word[3];
	size_t n_hex = strlen(hex);
	uint8_t *data;

	(void)size;
	if (!proto_is_data(r) || !proto_fits(r))
		return;
	data = proto_data(r->p, n);
	for (uint64_t i = 0; i < n; i++)
		data[i] = i * 2 + 4 <= n_hex ? (uint8_t)((unsigned)hex_value(hex[i * 2 + 2]) << 4 |
							 (unsigned)hex_value(hex[i * 2 + 3]))
					     : 0;
	board_write(r->p->board, r->arg[1], data, n);
	out_ok(r->out);
}

static void cmd_b64read(struct proto_run *r, unsigned size)
{
	uint64_t n = r->arg[2];
	uint8_t *data;

	(void)size;
	if (!proto_fits(r))
		return;
	data = proto_data(r->p, n);
	board_read(r->p->board, r->arg[1], data, n);
	out_text(r->out, "OK ", 3);
	out_room(r->out, base64_length((size_t)n) + 1);
	r->out->n += base64_encode(data, (size_t)n, r->out->text + r->out->n);
	out_text(r->out, "\n", 1);
}

static void cmd_b64write(struct proto_run *r, unsigned size)
{
	uint64_t n = r->arg[2];
	const char *text = r->word[3];
	size_t n_text = strlen(text);
	uint64_t room = n_text < n ? n : n_text;
	uint8_t *data;

	(void)size;
	if (!proto_is_data(r) || !proto_fits(r))
		return;
	/* QEMU decodes in place and writes n bytes: behind what was decoded lies the rest of the text, then
	 * whatever its heap holds (here: 0) */
	data = proto_data(r->p, room);
	memcpy(data, text, n_text);
	memset(data + n_text, 0, (size_t)room - n_text);
	base64_decode(text, data);
	board_write(r->p->board, r->arg[1], data, n);
	out_ok(r->out);
}

static void cmd_memset(struct proto_run *r, unsigned size)
{
	(void)size;
	if (!proto_fits(r))
		return;
	board_fill(r->p->board, r->arg[1], (uint8_t)r->arg[3], r->arg[2]);
	out_ok(r->out);
}

static bool proto_is_port(struct proto_run *r)
{
	if (r->arg[1] <= UINT16_MAX)
		return true;
	out_format(r->out, "FAIL %s: port above 0xffff\n", r->word[0]);
	return false;
}

static void cmd_in(struct proto_run *r, unsigned size)
{
	if (proto_is_port(r))
		out_format(r->out, "OK 0x%04x\n",
			   (unsigned)board_in(r->p->board, (uint16_t)r->arg[1], size));
}

static void cmd_out(struct proto_run *r, unsigned size)
{
	if (!proto_is_port(r))
		return;
	board_out(r->p->board, (uint16_t)r->arg[1], size, (uint32_t)(r->arg[2] & bits_low(8 * size)));
	out_ok(r->out);
}

static void cmd_clock_step(struct proto_run *r, unsigned size)
{
	(void)size;
	out_format(r->out, "OK %lld\n", (long long)board_step(r->p->board, r->arg[1]));
}

static void cmd_endianness(struct proto_run *r, unsigned size)
{
	(void)size;
	out_format(r->out, "OK little\n");
}

/* Commands, the frequent ones first. numbers: how many words after the first are numbers,
 * which may not be empty; data may. */
static const struct proto_command {
	const char *word;
	void (*run)(struct proto_run *r, unsigned size);
	uint8_t size, n_words, numbers;
} commands[] = {
	{"writeq", cmd_write_n, 8, 3, 2},
	{"readl", cmd_read_n, 4, 2, 1},
	{"writel", cmd_write_n, 4, 3, 2},
	{"readq", cmd_read_n, 8, 2, 1},
	{"memset", cmd_memset, 0, 4, 3},
	{"clock_step", cmd_clock_step, 0, 2, 1},
	{"outl", cmd_out, 4, 3, 2},
	{"inl", cmd_in, 4, 2, 1},
	{"read", cmd_read, 0, 3, 2},
	{"write", cmd_write, 0, 4, 2},
	{"readb", cmd_read_n, 1, 2, 1},
	{"readw", cmd_read_n, 2, 2, 1},
	{"writeb", cmd_write_n, 1, 3, 2},
	{"writew", cmd_write_n, 2, 3, 2},
	{"b64read", cmd_b64read, 0, 3, 2},
	{"b64write", cmd_b64write, 0, 4, 2},
	{"outb", cmd_out, 1, 3, 2},
	{"outw", cmd_out, 2, 3, 2},
	{"inb", cmd_in, 1, 2, 1},
	{"inw", cmd_in, 2, 2, 1},
	{"endianness", cmd_endianness, 0, 1, 0},
};

static void proto_execute(struct proto_run *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct proto_command *c = &commands[i];

		if (strcmp(c->word, r->word[0]) != 0)
			continue;
		for (unsigned w = 1; w < c->n_words; w++) {
			bool is_number = w <= c->numbers;

			if (w >= r->n_words || (is_number && r->word[w][0] == '\0')) {
				out_format(r->out, "FAIL %s: argument %u is missing\n", c->word, w);
				return;
			}
			if (is_number && !proto_number(r->word[w], &r->arg[w])) {
				out_format(r->out, "FAIL %s: '%.80s' is not a number\n", c->word,
					   r->word[w]);
				return;
			}
		}
		c->run(r, c->size);
		return;
	}
	out_format(r->out, "FAIL Unknown command '%.300s'\n", r->word[0]);
}

static void proto_split(struct proto_run *r, char *line)
{
	for (char *c = line; r->n_words < WORDS_MAX;) {
		r->word[r->n_words++] = c;
		c = strchr(c, ' ');
		if (!c)
			return;
		*c++ = '\0';
	}
}

int proto_boot(struct proto *p, struct err *e)
{
	for (const char *const *s = p->settings; s && *s; s++) {
		int r = setup_set(&p->config, *s, e);

		if (r)
			return r;
	}
	p->board = board_new(&p->config, p->trace, e);
	return p->board ? 0 : -EINVAL;
}

int proto_line(struct proto *p, char *line, size_t n, struct proto_out *out, struct err *e)
{
	struct proto_run r = {.p = p, .out = out};
	size_t start = out->n;
	const char *why;
	int failed;

	line[n] = '\0';
	if (line[0] == '#')
		return line[1] == '@' ? setup_directive(&p->config, line + 2, e) : 0;
	if (PORT_UNLIKELY(!p->board)) {
		failed = proto_boot(p, e);
		if (failed)
			return failed;
	}
	p->n_commands++;
	if (n == 0) {
		out_format(out, "FAIL empty line\n");
		return 0;
	}
	proto_split(&r, line);
	proto_execute(&r);
	if (PORT_UNLIKELY(p->trace != NULL))
		board_flush_messages(p->board);
	why = board_aborted(p->board);
	if (PORT_UNLIKELY(why != NULL)) {
		out->n = start;
		p->is_over = p->until_abort;
		if (!p->is_over)
			out_format(out, "FAIL QEMU aborts: %s\n", why);
	}
	return 0;
}

void proto_init(struct proto *p, const struct vtd_trace_sink *trace, const char *const *settings)
{
	*p = (struct proto){.trace = trace, .settings = settings};
	opt_defaults(vtd_opts, &p->config.iommu);
	p->config.edu[0] = 0x20;
	p->config.n_edus = 1;
}

void proto_fini(struct proto *p)
{
	board_free(p->board);
	free(p->data);
}
