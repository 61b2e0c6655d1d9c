/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * report_head - what stands above and below the rows of a report: what was run, and how to repeat it.
 */
#include "results/report_impl.h"

#include <stdlib.h>
#include <string.h>

#include "results/table.h"

/* The end of a path tells more than its beginning: it is cut behind a dot. */
void report_label(const struct report *r, const char *label)
{
	const char *dot;
	int over;

	while (strlen(label) > LABEL_WIDTH - 1 && (dot = strchr(label, '.')) != NULL)
		label = dot + 1;
	over = (int)strlen(label) - (LABEL_WIDTH - 1);
	if (over > 0)
		fprintf(r->to, "..%-*s", LABEL_WIDTH - 2, label + over + 2);
	else
		fprintf(r->to, "%-*s", LABEL_WIDTH, label);
}

void report_cell(const struct report *r, const char *text, bool estimate)
{
	int len = (int)strlen(text), room = r->cell_width - 1 - estimate;

	if (len > room) /* a parameter too long for its column keeps its end */
		fprintf(r->to, " %s..%s", estimate ? "~" : "", text + len - (room - 2));
	else
		fprintf(r->to, "%*s%s%s", r->cell_width - len - estimate, "", estimate ? "~" : "", text);
}

static bool same_text(const struct report *r, const char *path)
{
	const struct store_param *first = figures_param(&r->all[0], path);

	for (size_t i = 0; i < r->n_all; i++) {
		const struct store_param *p = figures_param(&r->all[i], path);

		if (!p || strcmp(p->value, first->value) != 0)
			return false;
	}
	return true;
}

/* What all runs share of the machine that was simulated, in words. */
static const struct context {
	const char *path, *before, *after; /* text around the value */
} machine_context[] = {
	{"iommu.model", "", ""},
	{"iommu.qemu", " as in QEMU ", ""},
	{"iommu.caching-mode", ", caching-mode ", ""},
	{"iommu.device-iotlb", ", device-iotlb ", ""},
	{"guest.kernel", "; guest Linux ", ""},
	{"guest.flush-used", ", ", " flush"},
	{"machine.vcpus", ", ", " vCPUs"},
}, device_context[] = {
	{"driver", " ", ""},
	{"mapping", ", ", " mappings"},
	{"consumer.model", ", ", ""},
	{"consumer.notifier", " on ", ""},
	{"workload.model", ", ", ""},
	{"workload.rate", " ", ""},
	{"workload.size", " of ", ""},
};

/* A replayed trace has the driver of its guest, whatever the scenario's defaults say. */
static bool is_replayed(const struct report *r, const char *section, const char *what)
{
	char path[200];
	const struct store_param *model;

	snprintf(path, sizeof path, "%sworkload.model", section);
	model = figures_param(&r->all[0], path);
	return (strcmp(what, "driver") == 0 || strcmp(what, "mapping") == 0) && model &&
	       strcmp(model->value, "replay") == 0;
}

static void append_context(const struct report *r, const char *section, const struct context *c,
			   char *line, size_t size)
{
	size_t len = strlen(line);
	char path[200];

	snprintf(path, sizeof path, "%s%s", section, c->path);
	if (same_text(r, path) && strcmp(figures_param(&r->all[0], path)->value, "0") != 0 &&
	    !is_replayed(r, section, c->path))
		snprintf(line + len, size - len, "%s%s%s", c->before,
			 figures_param(&r->all[0], path)->value, c->after);
}

/* A separator that lost what stood before it goes away. */
static void put_context_line(const struct report *r, const char *line)
{
	line += strspn(line, " ,;");
	if (*line)
		table_wrap(r->to, line, TABLE_WIDTH, "  ", "");
}

/* Versions that stand for another one: "QEMU 6.0 behaves as 6.2, which was observed". */
static void put_versions(const struct report *r)
{
	for (size_t i = 0; i < r->n_all; i++) {
		const struct store_param *is = figures_param(&r->all[i], "iommu.qemu");
		const struct store_param *as = figures_param(&r->all[i], "iommu.qemu-modelled");
		bool told = !is || !as;

		for (size_t k = 0; k < i && !told; k++) {
			const struct store_param *before = figures_param(&r->all[k], "iommu.qemu");

			told = before && strcmp(before->value, is->value) == 0;
		}
		if (!told)
			fprintf(r->to, "QEMU %s behaves as %s, which was observed\n", is->value,
				as->value);
	}
}

static void put_machine(const struct report *r)
{
	char line[600] = "";

	for (size_t i = 0; i < sizeof machine_context / sizeof machine_context[0]; i++)
		append_context(r, "", &machine_context[i], line, sizeof line);
	put_context_line(r, line);
}

/* One line a device that all runs have. */
static void put_devices(const struct report *r)
{
	static const char devices[] = "devices.", driver[] = ".driver";

	for (size_t i = 0; i < r->all[0].n_params; i++) {
		const char *path = r->all[0].param[i].path;
		size_t len = strlen(path);
		char section[120], line[600], *lost;

		if (strncmp(path, devices, strlen(devices)) != 0 || len < strlen(driver) ||
		    strcmp(path + len - strlen(driver), driver) != 0 || !same_text(r, path))
			continue;
		snprintf(section, sizeof section, "%.*s", (int)(len - strlen(driver) + 1), path);
		snprintf(line, sizeof line, "%.*s:", (int)strlen(section + strlen(devices)) - 1,
			 section + strlen(devices));
		for (size_t k = 0; k < sizeof device_context / sizeof device_context[0]; k++)
			append_context(r, section, &device_context[k], line, sizeof line);
		lost = strstr(line, ":,");
		if (lost) /* what stood before the separator is not shown */
			memmove(lost + 1, lost + 2, strlen(lost + 2) + 1);
		put_context_line(r, line);
	}
}

static bool same_scenario(const struct report *r)
{
	for (size_t i = 1; i < r->n_all; i++)
		if (strcmp(r->all[i].run.scenario, r->all[0].run.scenario) != 0)
			return false;
	return true;
}

void report_title(const struct report *r)
{
	char line[600] = "";
	const struct store_run *run = &r->all[0].run;

	if (same_scenario(r)) {
		snprintf(line, sizeof line, "%s%s%s", run->title, *run->title ? " - " : "",
			 run->scenario);
		table_wrap(r->to, line, TABLE_WIDTH, "  ", "");
	}
	put_machine(r);
	put_versions(r);
	put_devices(r);
	fprintf(r->to, "\n");
}

enum { NAME_SIZE = 24 };

/* A stored run goes by its number, others by letters. */
static void column_name(const struct report *r, size_t i, char name[NAME_SIZE])
{
	size_t k = (size_t)(&r->f[i] - r->all);

	if (r->f[i].run_id != 0)
		snprintf(name, NAME_SIZE, "run %lld", (long long)r->f[i].run_id);
	else if (k < 26)
		snprintf(name, NAME_SIZE, "%c", (int)('A' + k));
	else
		snprintf(name, NAME_SIZE, "#%zu", k + 1);
}

static void put_names(const struct report *r)
{
	char name[NAME_SIZE];

	report_label(r, "");
	for (size_t i = 0; i < r->n; i++) {
		column_name(r, i, name);
		report_cell(r, name, false);
	}
	fprintf(r->to, "\n");
}

/* Scenarios that differ are too long for their columns: a line each, by name. */
static void put_scenarios(const struct report *r)
{
	char name[NAME_SIZE], line[600];

	for (size_t i = 0; i < r->n; i++) {
		const struct store_run *run = &r->f[i].run;

		column_name(r, i, name);
		snprintf(line, sizeof line, "%s: %s%s%s", name, run->scenario,
			 *run->title ? " - " : "", run->title);
		table_wrap(r->to, line, TABLE_WIDTH, "   ", "");
	}
}

static bool names_needed(const struct report *r)
{
	for (size_t i = 0; i < r->n_all; i++)
		if (r->all[i].run_id != 0 || *r->all[i].aborted)
			return true;
	return !same_scenario(r);
}

void report_columns(const struct report *r, const char *const *path, size_t n_paths)
{
	if (!same_scenario(r))
		put_scenarios(r);
	if (names_needed(r))
		put_names(r);
	for (size_t k = 0; k < n_paths; k++) {
		report_label(r, path[k]);
		for (size_t i = 0; i < r->n; i++) {
			const struct store_param *p = figures_param(&r->f[i], path[k]);

			report_cell(r, p ? p->value : "-", false);
		}
		fprintf(r->to, "\n");
	}
}

void report_aborted(const struct report *r)
{
	char name[NAME_SIZE], line[600];

	for (size_t i = 0; i < r->n; i++)
		if (*r->f[i].aborted) {
			column_name(r, i, name);
			snprintf(line, sizeof line, "%s: the modelled QEMU aborted: %s", name,
				 r->f[i].aborted);
			table_wrap(r->to, line, TABLE_WIDTH, "   ", "");
		}
}

/* " vhost-miss 9us": the value where it is the same in all runs. */
static void append_estimate(const struct report *r, const char *primitive, bool first, char *line,
			    size_t size)
{
	char path[100];
	size_t len = strlen(line);
	bool charged = false;

	for (size_t i = 0; i < r->n_all; i++)
		charged |= figures_is_estimate(&r->all[i], primitive) &&
			   figures_cycles(&r->all[i], primitive) != 0;
	if (!charged)
		return;
	snprintf(path, sizeof path, "costs.%s", primitive);
	snprintf(line + len, size - len, "%s%s%s%s", first ? " " : ", ", primitive,
		 same_text(r, path) ? " " : "",
		 same_text(r, path) ? figures_param(&r->all[0], path)->value : "");
}

static void put_estimates(const struct report *r)
{
	static const char begin[] = "~ rests on estimates:";
	char line[2000];
	struct ranked *list;
	size_t n = report_rank(r, &list);

	snprintf(line, sizeof line, "%s", begin);
	for (size_t k = 0; k < n; k++)
		append_estimate(r, list[k].primitive, line[sizeof begin - 1] == '\0', line,
				sizeof line);
	if (line[sizeof begin - 1])
		table_wrap(r->to, line, TABLE_WIDTH, "  ", "");
	free(list);
}

void report_foot(const struct report *r, const char *command)
{
	const struct store_run *run = &r->all[0].run;
	char line[400], clock[TABLE_NUMBER];
	bool same_seed = true, same_clock = true;

	for (size_t i = 1; i < r->n_all; i++) {
		same_seed &= r->all[i].run.seed == run->seed;
		same_clock &= r->all[i].run.clock_hz == run->clock_hz;
	}
	put_estimates(r);
	snprintf(line, sizeof line, "dmachurn %s", run->program);
	if (same_seed)
		snprintf(line + strlen(line), sizeof line - strlen(line), ", seed %llu",
			 (unsigned long long)run->seed);
	if (same_clock)
		snprintf(line + strlen(line), sizeof line - strlen(line), ", cycles of %s GHz",
			 table_real(clock, (double)run->clock_hz / 1e9));
	if (command)
		snprintf(line + strlen(line), sizeof line - strlen(line), "; repeat with:");
	table_wrap(r->to, line, TABLE_WIDTH, "  ", "");
	if (command) {
		fprintf(r->to, "  ");
		table_wrap(r->to, command, TABLE_WIDTH - 2, "    ", " \\");
	}
}

