/* `kvm-vmm ctl list`: all runs of the user, those at least that answer soon. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "service/control/client.h"
#include "service/control/control.h"
#include "service/control/show.h"
#include "util/clock.h"

#define PATIENCE_NS (2 * NS_PER_SEC) /* for all of them together */

struct run {
	struct run *next;
	char name[NAME_MAX + 1];
	int fd;	 /* -1: nothing more will come */
	int err; /* 1: it has answered */
	struct client_answer answer;
};

unsigned int list_sockets(void (*found)(void *arg, const char *path,
					const char *name),
			  void *arg)
{
	char folder[PATH_MAX], path[2 * PATH_MAX];
	int fd = place_folder(folder, true);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	unsigned int nr = 0;
	struct stat st;

	while (dir && (entry = readdir(dir))) {
		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) ||
		    !S_ISSOCK(st.st_mode))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		found(arg, path, entry->d_name);
		nr++;
	}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	return nr;
}

/* In the order of their names. */
static void add_run(void *arg, const char *path, const char *name)
{
	static const char line[] = "info\n";
	struct run **at = arg;
	struct run *run = calloc(1, sizeof(*run));

	if (!run)
		return;
	snprintf(run->name, sizeof(run->name), "%s", name);
	run->fd = place_connect(path, false);
	if (run->fd < 0 && run->fd != -EAGAIN) {
		free(run);
		return;
	}
	run->err = run->fd < 0 ? -EAGAIN :
				 client_send(run->fd, line, sizeof(line) - 1);
	while (*at && strcmp((*at)->name, name) < 0)
		at = &(*at)->next;
	run->next = *at;
	*at = run;
}

static unsigned int nr_waiting(const struct run *runs)
{
	unsigned int nr = 0;

	for (; runs; runs = runs->next)
		nr += runs->fd >= 0 && !runs->err;
	return nr;
}

static void take(struct run *run, bool ready)
{
	if (ready)
		run->err = client_receive(run->fd, &run->answer);
}

/* Hears those that have something to say. False: it has been long enough. */
static bool hear(struct run *runs, unsigned int nr, uint64_t until_ns)
{
	struct pollfd *fds = calloc(nr, sizeof(*fds));
	uint64_t now_ns = clock_now_ns();
	unsigned int i = 0;
	int ready = 0;

	if (!fds || now_ns >= until_ns) {
		free(fds);
		return false;
	}
	for (const struct run *run = runs; run; run = run->next)
		if (run->fd >= 0 && !run->err)
			fds[i++] = (struct pollfd){ run->fd, POLLIN, 0 };
	ready = poll(fds, nr, (int)((until_ns - now_ns) / NS_PER_MS) + 1);
	i = 0;
	for (struct run *run = runs; ready > 0 && run; run = run->next)
		if (run->fd >= 0 && !run->err)
			take(run, fds[i++].revents);
	free(fds);
	return true;
}

/* --- As JSON --- */

static void print_json(const struct run *runs)
{
	const char *before = "";

	printf("{\"ok\": true, \"runs\": [");
	for (; runs; runs = runs->next) {
		printf("%s", before);
		before = ", ";
		if (runs->err == 1) {
			fwrite(runs->answer.text, 1, runs->answer.len - 1,
			       stdout);
			continue;
		}
		printf("{\"ok\": false, \"name\": ");
		json_quote(stdout, runs->name);
		printf(", \"error\": \"no answer\"}");
	}
	printf("]}\n");
}

/* --- As a table --- */

static const char heading[] = "NAME                     PID  STATE    VCPUS  "
			      "   MEMORY    UPTIME  IMAGE\n";

static void print_guest(const struct run *run, const struct json_value *info,
			const struct json_value *guest, bool several)
{
	struct json_value pid = json_member(info, "pid");
	struct json_value up = json_member(info, "uptime_ms");
	struct json_value number = json_member(guest, "guest");
	struct json_value state = json_member(guest, "state");
	struct json_value vcpus = json_member(guest, "vcpus");
	struct json_value memory = json_member(guest, "memory_bytes");
	struct json_value image = json_member(guest, "image");
	char name[NAME_MAX + 32], word[32], path[512], bytes[32], time[32];

	show_text(&state, word, sizeof(word));
	show_text(&image, path, sizeof(path));
	show_bytes(json_uint(&memory), bytes, sizeof(bytes));
	show_ms(json_uint(&up), time, sizeof(time));
	snprintf(name, sizeof(name), "%s", run->name);
	if (several)
		snprintf(name, sizeof(name), "%s guest %llu", run->name,
			 (unsigned long long)json_uint(&number));
	printf("%-20s %7llu  %-8s %5llu %10s %9s  %s\n", name,
	       (unsigned long long)json_uint(&pid), word,
	       (unsigned long long)json_uint(&vcpus), bytes, time, path);
}

static void print_run(const struct run *run)
{
	struct json_value info, guests, key, guest, second;
	const char *at = NULL;
	bool several;

	json_read(run->answer.text, run->answer.len, &info);
	guests = json_member(&info, "guests");
	several = json_next(&guests, &at, &key, &second) &&
		  json_next(&guests, &at, &key, &second);
	for (at = NULL; json_next(&guests, &at, &key, &guest);)
		print_guest(run, &info, &guest, several);
}

static void print_table(const struct run *runs)
{
	fputs(heading, stdout);
	for (; runs; runs = runs->next) {
		if (runs->err == 1)
			print_run(runs);
		else
			printf("%-20s       -  no answer\n", runs->name);
	}
}

static void free_runs(struct run *runs)
{
	while (runs) {
		struct run *run = runs;

		runs = run->next;
		if (run->fd >= 0)
			close(run->fd);
		client_free(&run->answer);
		free(run);
	}
}

int list_runs(bool as_json)
{
	const uint64_t until_ns = clock_now_ns() + PATIENCE_NS;
	struct run *runs = NULL;
	unsigned int nr;

	list_sockets(add_run, &runs);
	while ((nr = nr_waiting(runs)) && hear(runs, nr, until_ns))
		;
	if (as_json)
		print_json(runs);
	else if (runs)
		print_table(runs);
	else
		puts("no runs; `kvm-vmm --control IMAGE` starts one");
	free_runs(runs);
	return STATUS_OK;
}
