/* A command's line: whoever sent it, no byte of it is believed. */
#include "service/control/line.h"

#include <string.h>

#include "ctl.h"

#define GUEST_WORD "guest"
#define GUESTS	   256

TABLE_DECLARE(ctl, ctl_command);

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *text)
{
	while (is_blank(*text))
		text++;
	return text;
}

static size_t word_len(const char *text)
{
	return strcspn(text, " \t");
}

static bool is_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	return word_len(text) == len && !memcmp(text, word, len);
}

/* No NUL within it, nor anything that controls. */
static bool is_text(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)line[i] < ' ' && line[i] != '\t') ||
		    line[i] == 0x7f)
			return false;
	return true;
}

bool ctl_number(const char **rest, uint64_t max, uint64_t *number)
{
	const char *at = *rest;
	uint64_t sum = 0;

	if (*at < '0' || *at > '9')
		return false;
	for (; *at >= '0' && *at <= '9'; at++) {
		unsigned int digit = (unsigned int)(*at - '0');

		if (digit > max || sum > (max - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	if (*at && !is_blank(*at))
		return false;
	*number = sum;
	*rest = skip_blanks(at);
	return true;
}

bool ctl_no_more(struct ctl_call *call, const char *rest)
{
	if (!*skip_blanks(rest))
		return true;
	ctl_refuse(call, "`help` shows what each command takes",
		   "%s: it takes no `%.80s`", call->command->name, rest);
	return false;
}

static const struct ctl_command *find(const char *text)
{
	const struct ctl_command *const *row;

	TABLE_FOREACH(ctl, row) {
		if (is_word(text, (*row)->name))
			return *row;
	}
	return NULL;
}

/* Those of `kvm-vmm ctl` among them. */
bool line_is_command(const char *word)
{
	return find(word) || is_word(word, GUEST_WORD) || is_word(word, "list");
}

/* Takes "guest N" off the front. False: it has refused. */
static bool take_guest(struct ctl_call *call, const char **text)
{
	const char *at = skip_blanks(*text + strlen(GUEST_WORD));
	uint64_t number;

	if (!ctl_number(&at, GUESTS, &number) || !number || !*at) {
		ctl_refuse(call, "say `guest N COMMAND`; `info` numbers them",
			   "guest: it takes a number from 1 on, and a command");
		return false;
	}
	call->guest = (unsigned int)number;
	*text = at;
	return true;
}

static bool parse(struct ctl_call *call, const char *text)
{
	if (is_word(text, GUEST_WORD) && !take_guest(call, &text))
		return false;
	call->command = find(text);
	if (!call->command) {
		ctl_refuse(call, "`help` lists all commands",
			   "%.*s: no such command",
			   word_len(text) > 80 ? 80 : (int)word_len(text),
			   text);
		return false;
	}
	if (call->guest && call->command->reach == CTL_RUN) {
		ctl_refuse(call, "leave `guest N` away",
			   "%s: it is not about a guest", call->command->name);
		return false;
	}
	call->rest = skip_blanks(text + word_len(text));
	return true;
}

bool line_parse(struct ctl_call *call, char *line, size_t len)
{
	if (len && line[len - 1] == '\r')
		line[--len] = '\0';
	call->rest = "";
	if (is_text(line, len))
		return parse(call, skip_blanks(line));
	ctl_refuse(call, "keys that control are written \\n, \\t or \\xHH",
		   "a command is text, without control characters");
	return false;
}
