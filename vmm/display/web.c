/*
 * --display web[=PORT]: the screen, the console, keyboard and mouse in a browser on
 * this machine, by kvm-web. The address has a word in it that nobody can guess, as
 * other users of the machine can call at the port, too, and so can pages of others
 * in the same browser.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "display/program.h"
#include "util/log.h"

#define OPTION	  "--display web"
#define TOKEN_LEN 16 /* bytes */

static bool parse(struct listen_place *place, const char *arg)
{
	*place = (struct listen_place){ .host = "127.0.0.1" };
	return !arg || (arg[strspn(arg, "0123456789")] == '\0' &&
			listen_parse(place, arg));
}

static int check(const char *arg)
{
	struct listen_place place;

	if (parse(&place, arg))
		return 0;
	log_error(OPTION "=%s: give a port, or none; the page is for this "
			 "machine alone",
		  arg);
	return -EINVAL;
}

/* The word in the address. */
static bool make_word(char *word, size_t size)
{
	uint8_t token[TOKEN_LEN];
	int len = 0;

	if (getrandom(token, sizeof(token), 0) != sizeof(token)) {
		log_error(OPTION ": no random bytes: %s", strerror(errno));
		return false;
	}
	for (unsigned int i = 0; i < TOKEN_LEN; i++)
		len += snprintf(word + len, size - len, "%02x", token[i]);
	return true;
}

static void *web_open(const char *arg, struct view_port *port,
		      struct event_loop *loop)
{
	struct program_config config = { .name = "kvm-web",
					 .option = OPTION,
					 .goal = "make web",
					 .counts = true };
	char word[1 + 2 * TOKEN_LEN];
	struct listen_place place;
	struct program *program;

	parse(&place, arg);
	config.word = word;
	if (!make_word(word, sizeof(word)) || !listen_open(&config, &place))
		return NULL;
	program = program_open(&config, port, loop);
	if (program) /* also where nobody asked for details: it is the way in */
		log_warn(OPTION ": http://127.0.0.1:%u/%s/", place.port, word);
	return program;
}

static const struct viewer web = {
	.name = "web",
	.arg = "[=PORT]",
	.what = "in a browser on this machine, by kvm-web",
	.check = check,
	.open = web_open,
	.close = program_close,
	.printed = program_printed,
	.counts = true,
};
VIEWER(web);
