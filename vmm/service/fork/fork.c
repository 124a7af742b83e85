/* The command `fork`: what is asked, the guest saved, and the answer. See fork.h. */
#define _GNU_SOURCE /* memfd_create(), F_ADD_SEALS */
#include "service/fork/fork.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/pause.h"
#include "core/vm.h"
#include "service/control/control.h"
#include "service/snapshot/snapshot.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/log_loop.h"

#define PATIENCE_NS (2 * NS_PER_SEC) /* as of `pause` */
#define SEALS	    (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)
#define COPY_BITS   24 /* of an address that is made of it */

char **fork_words;

static unsigned int next_nr = 1; /* for copies that have this run's name */

/* --- VMM --- */

/* False: it is too much. */
static bool put_word(char *text, size_t size, size_t *len, const char *word)
{
	size_t word_len = strlen(word) + 1;

	if (word_len > size - *len)
		return false;
	memcpy(text + *len, word, word_len);
	*len += word_len;
	return true;
}

/* The folder and the words of the only guest, each with its NUL; nothing of those that
 * are too many. The folder is "." where the words were said here. */
static size_t tell(struct vm *vms, unsigned int nr_vms, char *text, size_t size)
{
	const struct vm_config *config = &vms->config;
	const char *const *word = config->words;
	const char *folder = config->words_folder ? config->words_folder : ".";
	size_t len = 0;

	if (nr_vms != 1 || !word || !put_word(text, size, &len, folder))
		return 0;
	for (; *word; word++)
		if (!put_word(text, size, &len, *word))
			return 0;
	return len;
}

static void save(struct ctl_call *call, struct vm *vm)
{
	char why[SAID_MAX];

	if (!vm_pause_wait_until(vm, clock_now_ns() + PATIENCE_NS)) {
		ctl_refuse(call, "try again",
			   "fork: the guest does not stand still");
		return;
	}
	vm->forks = true;
	log_overhear(why, sizeof(why));
	if (snapshot_save(vm, call->fd))
		ctl_refuse(call, NULL, "fork: %s",
			   *why ? why : "the guest cannot be saved");
	else
		ctl_reply(call);
	log_overhear(NULL, 0);
	vm->forks = false;
}

/* One that is paused stays so; its copies run. */
static void run(struct ctl_call *call, struct vm *vms, unsigned int nr_vms)
{
	(void)nr_vms;
	if (call->fd < 0) {
		ctl_refuse(call, NULL, "fork: nothing to save it to");
		return;
	}
	vm_pause_soon(vms);
	save(call, vms);
	vm_resume(vms);
}

/* --- Broker --- */

static void told(const char *text, size_t len)
{
	size_t words = 0, at = 0;
	char *copy = malloc(len + 1);

	if (!copy || !len)
		return;
	memcpy(copy, text, len);
	copy[len] = '\0';
	for (size_t i = 0; i < len; i++)
		words += !copy[i];
	fork_words = calloc(words + 1, sizeof(*fork_words));
	for (size_t i = 0; fork_words && i < words; i++) {
		fork_words[i] = copy + at;
		at += strlen(copy + at) + 1;
	}
}

/* "N" or "N NAME" */
static bool parse(struct ctl_call *call, unsigned int *nr,
		  char stem[CTL_NAME_MAX])
{
	const char *rest = call->rest;
	char clean[CTL_NAME_MAX];
	uint64_t number;

	if (!ctl_number(&rest, COPIES_MAX, &number) || !number) {
		ctl_refuse(call, "such as `fork 3`, or `fork 3 web`",
			   "fork: how many copies? 1 to %d", COPIES_MAX);
		return false;
	}
	*nr = (unsigned int)number;
	snprintf(stem, CTL_NAME_MAX, "%s", *rest ? rest : control_run.name);
	place_name(stem, clean);
	if (!strcmp(stem, clean) && strlen(stem) < CTL_NAME_MAX - 16)
		return true;
	ctl_refuse(call, "give letters, digits, '.', '_' and '-', 48 at most",
		   "fork: `%.64s` is no name for copies", stem);
	return false;
}

static int make_file(void)
{
	int fd = memfd_create("mkvm-copies", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0)
		fchmod(fd, S_IRUSR | S_IWUSR);
	return fd;
}

static struct copies *make_copies(unsigned int nr, const char *stem)
{
	struct copies *copies =
		calloc(1, sizeof(*copies) + nr * sizeof(copies->list[0]));
	bool is_ours = !strcmp(stem, control_run.name);

	if (!copies)
		return NULL;
	copies->nr = nr;
	copies->snapshot = -1;
	copies->first_nr = is_ours ? next_nr : 1;
	snprintf(copies->stem, sizeof(copies->stem), "%s", stem);
	/* Copies of copies are others, too. */
	if (getrandom(&copies->first_copy, sizeof(copies->first_copy), 0) < 0)
		copies->first_copy = 0;
	copies->first_copy %= (1U << COPY_BITS) - COPIES_MAX;
	copies->first_copy++;
	return copies;
}

static bool prepare(struct ctl_call *call)
{
	char stem[CTL_NAME_MAX];
	unsigned int nr;

	if (!parse(call, &nr, stem))
		return false;
	if (!fork_words) {
		ctl_refuse(call, "give each guest a run of its own",
			   "fork: only a run with one guest has copies");
		return false;
	}
	call->own = make_copies(nr, stem);
	call->fd = call->own ? make_file() : -1;
	if (call->fd >= 0)
		return true;
	ctl_refuse(call, NULL, "fork: %s", strerror(errno));
	free(call->own);
	return false;
}

/* From here on nobody writes to it: copies have it in common. */
static int seal(int fd)
{
	char path[64];
	int sealed;

	if (fcntl(fd, F_ADD_SEALS, SEALS))
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	sealed = open(path, O_RDONLY | O_CLOEXEC);
	return sealed < 0 ? -errno : sealed;
}

static void settle(struct ctl_call *call, bool ok)
{
	struct copies *copies = call->own;

	if (ok)
		copies->snapshot = seal(call->fd);
	if (ok && copies->snapshot >= 0) {
		copies->call = call;
		ctl_later(call);
		copies_start(copies);
		return;
	}
	if (ok)
		ctl_refuse(call, NULL, "fork: the snapshot: %s",
			   strerror(-copies->snapshot));
	free(copies);
}

/* Its first complaint, without the program's name. */
static const char *complaint(const struct copies *copies)
{
	static const char name[] = "kvm-vmm: ";
	const char *said = copies->failed->said;

	if (!copies->failed->said_len)
		return copies->why;
	return strncmp(said, name, sizeof(name) - 1) ? said :
						       said + sizeof(name) - 1;
}

static void answer_failed(const struct copies *copies)
{
	const char *what = complaint(copies);

	ctl_refuse(copies->call, "no copy is left of that", "fork: %s: %.*s",
		   copies->failed->name, (int)strcspn(what, "\n"), what);
}

static void answer_running(const struct copies *copies)
{
	struct json *json = ctl_reply(copies->call);

	json_array(json, "copies");
	for (unsigned int i = 0; i < copies->nr; i++) {
		json_row(json, NULL);
		json_string(json, "name", copies->list[i].name);
		json_number(json, "pid", (uint64_t)copies->list[i].pid);
		json_close(json);
	}
	json_close(json);
	if (!strcmp(copies->stem, control_run.name))
		next_nr = copies->first_nr + copies->nr;
}

void copies_finish(struct copies *copies)
{
	ctl_begin_now(copies->call);
	if (copies->failed)
		answer_failed(copies);
	else
		answer_running(copies);
	ctl_answer_now(copies->call);
	close(copies->snapshot);
	free(copies);
}

static void get_ready(struct vm *vms, unsigned int nr_vms)
{
	(void)vms;
	(void)nr_vms;
	snapshot_prepare();
}

static const struct ctl_command fork_row = {
	.name = "fork",
	.args = "N [NAME]",
	.what = "N running copies, NAME-1 and on, with consoles of their own",
	.reach = CTL_RUN,
	.get_ready = get_ready,
	.prepare = prepare,
	.run = run,
	.settle = settle,
	.tell = tell,
	.told = told,
};
CTL(fork_row);
