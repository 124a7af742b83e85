/*
 * The verdict, one line of JSON: docs/judge.md describes it. All that the guest has
 * said is in it as a string whose characters are bytes; so it cannot end that string,
 * nor the line.
 */
#include "abi/exit_status.h"
#include "probes/judge/judge.h"
#include "util/json.h"

#define SCHEMA	  1
#define WHY_SIZE  160
#define GUEST_MAX 63 /* the guest's own statuses end here */

static const struct ending {
	int status;
	const char *name, *why;
} endings[] = {
	{ STATUS_OK, "ended", "ended well" },
	{ STATUS_USAGE, "refused",
	  "could not be started: the image, or what it was given" },
	{ STATUS_BUDGET, "budget", "had other VM exits than it may have" },
	{ STATUS_FAILED, "failed",
	  "was not judged: kvm-vmm or its host failed" },
	{ STATUS_CRASHED, "crashed", "crashed" },
	{ STATUS_HALTED, "stuck", "halted for good, with interrupts off" },
	{ STATUS_LIMIT, "limit", "was stopped: a limit ran out" },
};

static const struct ending *find_ending(int status)
{
	static const struct ending own = { 0, "ended", NULL };
	static const struct ending odd = { 0, "signal", "was interrupted" };

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (endings[i].status == status)
			return &endings[i];
	return status <= GUEST_MAX ? &own : &odd;
}

static bool has_passed(const struct judge_verdict *verdict)
{
	return verdict->status == STATUS_OK && !verdict->output->differs;
}

int verdict_status(const struct judge_verdict *verdict)
{
	if (verdict->status == STATUS_OK && verdict->output->differs)
		return STATUS_BUDGET;
	return verdict->status;
}

/* A byte of the output, or its end, in @text of 16 bytes. */
static const char *name_byte(char *text, int byte)
{
	if (byte < 0)
		return "the end";
	if (byte == '\n')
		return "a line feed";
	if (byte > ' ' && byte <= '~')
		snprintf(text, 16, "`%c`", byte);
	else
		snprintf(text, 16, "byte 0x%02x", (unsigned int)byte);
	return text;
}

static void write_why(const struct judge_verdict *verdict, struct json *json)
{
	const struct judge_output *output = verdict->output;
	const struct ending *ending = find_ending(verdict->status);
	char wanted[16], had[16];

	if (verdict->status != STATUS_OK && ending->why)
		json_string(json, "why", ending->why);
	else if (verdict->status != STATUS_OK)
		json_format(json, "why", "ended with status %d, not 0",
			    verdict->status);
	else if (output->differs)
		json_format(json, "why",
			    "printed something else: line %llu, column %llu: "
			    "expected %s, had %s",
			    (unsigned long long)output->line,
			    (unsigned long long)output->column,
			    name_byte(wanted, output->wanted),
			    name_byte(had, output->had));
	else
		json_string(json, "why", ending->why);
}

static void write_known(struct json *json, const char *key, uint64_t value)
{
	if (value)
		json_number(json, key, value);
	else
		json_null(json, key);
}

/* KVM does not count a guest's instructions. */
static void write_amounts(struct json *json, const char *key,
			  const struct judge_amounts *amounts, bool told)
{
	json_row(json, key);
	json_number(json, "wall_ms", amounts->wall_ms);
	if (told)
		json_number(json, "exits", amounts->exits);
	else
		json_null(json, "exits");
	json_null(json, "instructions");
	write_known(json, "memory", amounts->memory);
	json_number(json, "output_bytes", amounts->output);
	json_close(json);
}

static void write_byte(struct json *json, const char *key, int byte)
{
	uint8_t only = (uint8_t)byte;

	if (byte < 0)
		json_null(json, key);
	else
		json_bytes(json, key, &only, 1);
}

static void write_difference(struct json *json,
			     const struct judge_output *output)
{
	if (!output->differs) {
		json_null(json, "difference");
		return;
	}
	json_row(json, "difference");
	json_number(json, "line", output->line);
	json_number(json, "column", output->column);
	write_byte(json, "expected", output->wanted);
	write_byte(json, "had", output->had);
	json_close(json);
}

static void write_output(struct json *json, struct judge_output *output)
{
	uint64_t shown = output->len < JUDGE_SHOWN ? output->len : JUDGE_SHOWN;
	char sum[SHA256_TEXT];

	sha256_end(&output->sha, sum);
	json_row(json, "output");
	json_string(json, "sha256", sum);
	json_bytes(json, "first", output->first, shown);
	json_close(json);
}

void verdict_write(const struct judge_verdict *verdict, FILE *to)
{
	struct json json;

	json_begin(&json, to);
	json_row(&json, NULL);
	json_number(&json, "schema", SCHEMA);
	json_string(&json, "image", verdict->image);
	json_bool(&json, "passed", has_passed(verdict));
	write_why(verdict, &json);
	json_row(&json, "ended");
	json_number(&json, "status", (uint64_t)verdict->status);
	json_string(&json, "name", find_ending(verdict->status)->name);
	json_close(&json);
	write_amounts(&json, "limits", &verdict->limits, true);
	write_amounts(&json, "used", &verdict->used, verdict->told);
	write_output(&json, verdict->output);
	write_difference(&json, verdict->output);
	json_close(&json);
}
