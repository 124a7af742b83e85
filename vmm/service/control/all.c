/* `kvm-vmm ctl stop --all`: says it to every run of the user's, one after the other. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "service/control/client.h"
#include "service/control/control.h"
#include "util/json_read.h"
#include "util/log.h"

#define PATIENCE_S 5 /* with each */

struct all {
	const char *line;
	bool as_json;
	unsigned int nr, nr_silent;
};

/* The answer; false: none came. */
static bool ask_run(const char *path, const char *line,
		    struct client_answer *answer)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	int fd = place_connect(path, true), err;

	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	err = client_send(fd, line, strlen(line));
	/* Where nothing came in that time, there is no more in it either. */
	for (size_t had = ~(size_t)0; !err && had != answer->len;) {
		had = answer->len;
		err = client_receive(fd, answer);
	}
	close(fd);
	return err == 1;
}

static void stop_run(void *arg, const char *path, const char *name)
{
	struct all *all = arg;
	struct client_answer answer = { .text = NULL };
	bool answers = ask_run(path, all->line, &answer) &&
		       json_is_true(answer.text, answer.len, "ok");

	if (all->as_json) {
		printf("%s{\"name\": ", all->nr ? ", " : "");
		json_quote(stdout, name);
		printf(", \"ok\": %s}", answers ? "true" : "false");
	} else {
		printf("%s: %s\n", name, answers ? "is to stop" : "no answer");
	}
	all->nr++;
	all->nr_silent += !answers;
	client_free(&answer);
}

int stop_all_runs(const char *seconds, bool as_json)
{
	char line[64];
	struct all all = { .line = line, .as_json = as_json };

	if (snprintf(line, sizeof(line), "stop %s\n", seconds ? seconds : "") >=
	    (int)sizeof(line)) {
		log_error("ctl: stop --all: give whole seconds, or nothing");
		return STATUS_USAGE;
	}
	if (as_json)
		printf("{\"ok\": true, \"runs\": [");
	list_sockets(stop_run, &all);
	if (as_json)
		printf("]}\n");
	else if (!all.nr)
		puts("no runs");
	return all.nr_silent ? STATUS_FAILED : STATUS_OK;
}
