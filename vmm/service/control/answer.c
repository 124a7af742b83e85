/* An answer: one line of JSON, {"ok": true, ... or {"ok": false, "error": ... */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "service/control/control.h"

#define ERROR_BYTES 512

int answer_init(struct ctl_answer *answer)
{
	*answer = (struct ctl_answer){ 0 };
	answer->to = open_memstream(&answer->text, &answer->len);
	return answer->to ? 0 : -ENOMEM;
}

void answer_free(struct ctl_answer *answer)
{
	fclose(answer->to);
	free(answer->text);
}

void answer_clear(struct ctl_answer *answer)
{
	answer->begun = false;
	answer->ok = false;
}

/* The stream is used again, so that there always is one: to rewind it is to empty
 * it (POSIX, "open_memstream"). */
static struct json *begin(struct ctl_answer *answer, bool ok)
{
	rewind(answer->to);
	answer->begun = true;
	answer->ok = ok;
	json_begin(&answer->json, answer->to);
	json_row(&answer->json, NULL);
	json_bool(&answer->json, "ok", ok);
	return &answer->json;
}

struct json *ctl_reply(struct ctl_call *call)
{
	return begin(call->answer, true);
}

void ctl_refuse(struct ctl_call *call, const char *hint, const char *fmt, ...)
{
	struct json *json = begin(call->answer, false);
	char text[ERROR_BYTES];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	json_string(json, "error", text);
	if (hint)
		json_string(json, "hint", hint);
}

bool ctl_is_ok(const struct ctl_call *call)
{
	return call->answer->begun && call->answer->ok;
}

static void finish(struct ctl_answer *answer)
{
	while (answer->json.depth)
		json_close(&answer->json);
	fflush(answer->to);
}

const char *answer_text(struct ctl_call *call)
{
	struct ctl_answer *answer = call->answer;

	if (!answer->begun)
		ctl_refuse(call, NULL, "nobody has answered");
	finish(answer);
	if (answer->len > CTL_ANSWER_MAX || ferror(answer->to)) {
		clearerr(answer->to);
		ctl_refuse(call, "ask about one guest: `guest N COMMAND`",
			   "the answer is too long");
		finish(answer);
	}
	answer->begun = false;
	return answer->text;
}
