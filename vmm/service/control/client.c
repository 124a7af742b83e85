/*
 * `kvm-vmm ctl`: says one command to a run and prints what that answers, as JSON, or
 * for a terminal as lines and tables.
 */
#include "service/control/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/exit_status.h"
#include "command.h"
#include "service/control/control.h"
#include "service/control/line.h"
#include "service/control/show.h"
#include "util/log.h"
#include "util/text.h"

#define STATUS_REFUSED 1 /* {"ok": false, ... */
#define MOMENT_MS      500
#define BLOCK	       512 /* st_blocks, stat(2) */

/* --- Talk --- */

int client_send(int fd, const char *line, size_t len)
{
	while (len) {
		ssize_t sent = send(fd, line, len, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR)
			return -errno;
		if (sent > 0) {
			line += sent;
			len -= (size_t)sent;
		}
	}
	return 0;
}

static bool grow(struct client_answer *answer)
{
	size_t size = answer->size ? answer->size * 2 : 4096;
	char *text = realloc(answer->text, size);

	if (!text)
		return false;
	answer->text = text;
	answer->size = size;
	return true;
}

int client_receive(int fd, struct client_answer *answer)
{
	ssize_t len;

	if (answer->len == answer->size && !grow(answer))
		return -ENOMEM;
	len = recv(fd, answer->text + answer->len, answer->size - answer->len,
		   0);
	if (len < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	if (len == 0)
		return -ECONNRESET;
	answer->len += (size_t)len;
	if (answer->text[answer->len - 1] != '\n')
		return answer->len > CTL_ANSWER_MAX ? -EPROTO : 0;
	return json_is_line(answer->text, answer->len) ? 1 : -EPROTO;
}

void client_free(struct client_answer *answer)
{
	free(answer->text);
	*answer = (struct client_answer){ .text = NULL };
}

/* --- Which run --- */

struct only {
	char path[PATH_MAX];
	char names[512];
	struct text list;
	unsigned int nr;
};

/* Sockets of the dead go as they are found. */
static void note_run(void *arg, const char *path, const char *name)
{
	struct only *only = arg;
	int fd = place_connect(path, false);

	if (fd < 0 && fd != -EAGAIN)
		return;
	if (fd >= 0)
		close(fd);
	snprintf(only->path, sizeof(only->path), "%s", path);
	text_add(&only->list, "%s%s", only->nr++ ? ", " : "", name);
}

/* The only run that there is. */
static int find_only(char path[PATH_MAX])
{
	static struct only only;

	text_init(&only.list, only.names, sizeof(only.names));
	list_sockets(note_run, &only);
	if (only.nr == 1) {
		memcpy(path, only.path, PATH_MAX);
		return 0;
	}
	if (only.nr)
		log_error("ctl: there are %u runs: say which: `kvm-vmm ctl "
			  "NAME COMMAND`; names: %s",
			  only.nr, only.names);
	else
		log_error("ctl: there is no run with --control, or not in "
			  "your folder: `kvm-vmm --control IMAGE` starts one");
	return -ENOENT;
}

static int find_named(const char *name, char path[PATH_MAX])
{
	char folder[PATH_MAX];
	int fd, len;

	if (strchr(name, '/')) {
		len = snprintf(path, PATH_MAX, "%s", name);
		return len < PATH_MAX ? 0 : -ENAMETOOLONG;
	}
	fd = place_folder(folder, true);
	if (fd >= 0)
		close(fd);
	len = snprintf(path, PATH_MAX, "%s/%s", folder, name);
	return len < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int connect_to(const char *name)
{
	char path[PATH_MAX];
	int err = name ? find_named(name, path) : find_only(path), fd;

	if (err == -ENOENT)
		return err;
	fd = err ? err : place_connect(path, true);
	if (fd == -ENOENT || fd == -ECONNREFUSED)
		log_error("ctl: %s: no such run, or no such command; `kvm-vmm "
			  "ctl list` shows runs, `kvm-vmm ctl help` commands",
			  name ? name : path);
	else if (fd < 0)
		log_error("ctl: %s: %s", path,
			  fd == -EPERM	? "it is another user's" :
			  fd == -EAGAIN ? "it hears nobody just now; see "
					  "whether it is stopped" :
					  strerror(-fd));
	return fd;
}

/* --- One command --- */

struct request_line {
	char bytes[CTL_LINE_MAX + 1];
	struct text text;
};

static const struct ctl_command *find_row(const char *const *words)
{
	const struct ctl_command *rows[INFO_COMMANDS_MAX];
	size_t nr = info_commands(rows, INFO_COMMANDS_MAX);

	if (words[0] && !strcmp(words[0], "guest") && words[1])
		words += 2;
	for (size_t i = 0; words[0] && i < nr; i++)
		if (!strcmp(rows[i]->name, words[0]))
			return rows[i];
	return NULL;
}

/* The words with blanks between, and a file's name as whole as others need it. False:
 * it is too long. */
static bool put_words(struct request_line *line, const char *const *words)
{
	const struct ctl_command *row = find_row(words);
	const char *const *first = words;
	char cwd[PATH_MAX];
	const char *mark = row ? row->file_behind : NULL;
	bool named = !row || !row->takes_file;

	text_init(&line->text, line->bytes, sizeof(line->bytes));
	for (; *words; words++) {
		if (words > first)
			text_add(&line->text, " ");
		if (mark && strcmp(words[0], mark) == 0) {
			mark = NULL; /* the next is it */
		} else if (!named && !mark && words > first &&
			   strncmp(*words, "--", 2) != 0) {
			named = true; /* blanks may be in it */
			if (**words != '/' && getcwd(cwd, sizeof(cwd)))
				text_add(&line->text, "%s/", cwd);
		}
		text_add(&line->text, "%s", *words);
	}
	text_add(&line->text, "\n");
	return line->text.len && line->text.len < CTL_LINE_MAX &&
	       strchr(line->bytes, '\n') == line->bytes + line->text.len - 1;
}

/* Exit status. */
static int print_answer(const struct client_answer *answer, bool as_json)
{
	bool ok = json_is_true(answer->text, answer->len, "ok");
	struct json_value object, error, hint;
	char what[1024], next[1024];

	if (as_json) {
		fwrite(answer->text, 1, answer->len, stdout);
		return ok ? STATUS_OK : STATUS_REFUSED;
	}
	json_read(answer->text, answer->len, &object);
	if (ok) {
		show_object(stdout, &object);
		return STATUS_OK;
	}
	error = json_member(&object, "error");
	hint = json_member(&object, "hint");
	show_text(&error, what, sizeof(what));
	show_text(&hint, next, sizeof(next));
	log_error("ctl: %s%s%s", what, *next ? "; " : "", next);
	return STATUS_REFUSED;
}

/* Bytes of the file that a command writes, as long as that is not whole
 * (snapshot/target.h); 0: it writes none. */
static unsigned long long bytes_so_far(const struct request_line *line)
{
	const char *file = strstr(line->bytes, " /");
	char tmp[CTL_LINE_MAX + sizeof(".tmp")];
	struct stat st;

	if (!file)
		return 0;
	snprintf(tmp, sizeof(tmp), "%.*s.tmp", (int)strcspn(file + 1, "\n"),
		 file + 1);
	return stat(tmp, &st) ? 0 : (unsigned long long)st.st_blocks * BLOCK;
}

/* Who looks at a terminal sees that it takes a while, and how far it is. */
static void wait_shown(int fd, const struct request_line *line)
{
	struct pollfd answer = { .fd = fd, .events = POLLIN };
	unsigned int halves = 0;

	if (!isatty(STDERR_FILENO))
		return;
	while (poll(&answer, 1, MOMENT_MS) == 0) {
		unsigned long long bytes = bytes_so_far(line);

		fprintf(stderr, "\rkvm-vmm: %u s", ++halves / 2);
		if (bytes)
			fprintf(stderr, ", %llu MiB are written", bytes >> 20);
	}
	if (halves)
		fprintf(stderr, "\r\033[K");
}

static int ask(int fd, const struct request_line *line, bool as_json)
{
	struct client_answer answer = { .text = NULL };
	int err = client_send(fd, line->bytes, line->text.len), status;

	if (!err)
		wait_shown(fd, line);
	while (!err)
		err = client_receive(fd, &answer);
	status = err == 1 ? print_answer(&answer, as_json) : STATUS_FAILED;
	client_free(&answer);
	if (err == -EPROTO)
		log_error("ctl: the answer makes no sense");
	else if (err != 1)
		log_error("ctl: the run has ended before it answered: %s",
			  strerror(-err));
	return status;
}

static int ask_for_console(int fd, const struct request_line *line)
{
	struct client_answer answer = { .text = NULL };
	int err = client_send(fd, line->bytes, line->text.len);

	if (!err)
		err = attach_begin(fd, &answer);
	if (err != 1) {
		log_error("ctl: the run has ended before it answered: %s",
			  strerror(-err));
		return STATUS_FAILED;
	}
	if (!json_is_true(answer.text, answer.len, "ok"))
		return print_answer(&answer, false);
	return attach(fd);
}

static int say(const char *name, const char *const *words, bool as_json)
{
	struct request_line line;
	int fd, status;

	if (!put_words(&line, words)) {
		log_error("ctl: a command is one line of at most %d bytes",
			  CTL_LINE_MAX - 1);
		return STATUS_USAGE;
	}
	fd = connect_to(name);
	if (fd < 0)
		return STATUS_FAILED;
	status = !strcmp(words[0], "console") ? ask_for_console(fd, &line) :
						ask(fd, &line, as_json);
	close(fd);
	return status;
}

static const char usage[] =
	"Usage: kvm-vmm ctl [--json] [NAME|PATH] [guest N] COMMAND...\n"
	"       kvm-vmm ctl [--json] list\n"
	"Asks a run that was started with --control. NAME, from `ctl list`, may "
	"be left out\n"
	"where there is one run only. On a terminal the answer is for people, "
	"else it is a\n"
	"line of JSON; the exit status is 1 for {\"ok\": false}.\n"
	"\n";

static void print_help(FILE *to)
{
	const struct ctl_command *rows[INFO_COMMANDS_MAX];
	size_t nr = info_commands(rows, INFO_COMMANDS_MAX);
	char words[64];

	fputs(usage, to);
	for (size_t i = 0; i < nr; i++) {
		snprintf(words, sizeof(words), "%s %s", rows[i]->name,
			 rows[i]->args);
		fprintf(to, "  %-18s %s\n", words, rows[i]->what);
	}
	fprintf(to, "  %-18s %s\n", "list", "all runs of yours");
	fprintf(to, "  %-18s %s\n", "stop --all", "every one of them");
}

static int run_ctl(const char *const *words)
{
	bool as_json = !isatty(STDOUT_FILENO);

	for (; *words && !strncmp(*words, "--", 2); words++) {
		if (!strcmp(*words, "--json")) {
			as_json = true;
		} else if (!strcmp(*words, "--help")) {
			print_help(stdout);
			return STATUS_OK;
		} else {
			log_error("ctl: %s: no such option; try `kvm-vmm ctl "
				  "help`",
				  *words);
			return STATUS_USAGE;
		}
	}
	if (!*words) {
		print_help(stderr);
		return STATUS_USAGE;
	}
	if (!words[1] && !strcmp(words[0], "list"))
		return list_runs(as_json);
	if (!words[1] && !strcmp(words[0], "help")) {
		print_help(stdout);
		return STATUS_OK;
	}
	if (!strcmp(words[0], "stop") && words[1] && !strcmp(words[1], "--all"))
		return stop_all_runs(words[2], as_json);
	if (line_is_command(words[0]))
		return say(NULL, words, as_json);
	if (words[1])
		return say(words[0], words + 1, as_json);
	log_error("ctl: %s: no such command; try `kvm-vmm ctl help`", words[0]);
	return STATUS_USAGE;
}

static const struct command ctl = {
	.word = "ctl",
	.what = "asks a run with --control; `kvm-vmm ctl help`",
	.run_words = run_ctl,
};
COMMAND(ctl);
