/*
 * Saving: the parts are put together in memory, RAM is written behind the place
 * that they will have, and they follow, the head last.
 */
#include "service/snapshot/snapshot.h"

#include <cpuid.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/services.h"
#include "core/state.h"
#include "core/vm.h"
#include "abi/pc.h"
#include "loader.h"
#include "spare.h"
#include "service/snapshot/file.h"
#include "service/snapshot/pages.h"
#include "service/snapshot/progress.h"
#include "service/snapshot/ram.h"
#include "service/snapshot/since.h"
#include "service/snapshot/target.h"
#include "util/checksum.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/parts.h"
#include "util/stash.h"

#define PATH_BYTES     4096
#define SPARE_DISK     "--spare-disk=" /* virtio/blk_spare.c */
#define CPU_NAME_BYTES 49

/* What is put together before anything is written. */
struct saving {
	struct vm *vm;
	struct parts parts;
	struct snapshot_head head;
	struct stash texts;
	bool unprintable;   /* one of them could not be shown again */
	struct stash front; /* head, texts, table, runs and the parts' bytes */
	struct ram_look look;
	struct since *since; /* NULL: nobody asks */
	const char *path;
	const char *base; /* NULL: all of RAM goes into the file */
};

void snapshot_prepare(void)
{
	pages_prepare();
}

static uint64_t round_up(uint64_t value, uint64_t step)
{
	return (value + step - 1) / step * step;
}

/* As the host calls its CPU (SDM 2A, CPUID leaves 80000002h to 80000004h). */
static void cpu_name(char name[CPU_NAME_BYTES])
{
	unsigned int words[12] = { 0 };

	for (unsigned int i = 0; i < 3; i++)
		__get_cpuid(0x80000002 + i, &words[4 * i], &words[4 * i + 1],
			    &words[4 * i + 2], &words[4 * i + 3]);
	memcpy(name, words, sizeof(words));
	name[sizeof(words)] = '\0';
}

static void put_text(struct saving *saving, const char *text)
{
	if (!snapshot_is_printable(text))
		saving->unprintable = true;
	stash_put(&saving->texts, text, strlen(text) + 1);
}

static void put_word(struct saving *saving, const char *word)
{
	put_text(saving, word);
	saving->head.nr_words++;
}

/* What is in spare slots now, whatever was there at the start. */
static void put_spares(struct saving *saving)
{
	char word[sizeof(SPARE_DISK) + SPARE_SAYS_MAX + 4];
	struct spare_view view;

	for (unsigned int nr = 0; nr < PC_PCI_SPARES; nr++) {
		if (spare_look_held(saving->vm, nr, &view) != SPARE_FULL)
			continue;
		snprintf(word, sizeof(word), SPARE_DISK "%u:%s", nr + 1,
			 view.says);
		put_word(saving, word);
	}
}

static void put_texts(struct saving *saving)
{
	const struct vm_config *config = &saving->vm->config;
	const char *const *words = config->words;
	char buf[PATH_BYTES];

	put_text(saving, config->image);
	put_text(saving, config->loader->name);
	if (config->words_folder)
		put_text(saving, config->words_folder);
	else
		put_text(saving, getcwd(buf, sizeof(buf)) ? buf : "/");
	cpu_name(buf);
	put_text(saving, buf);
	put_text(saving, saving->base ? saving->base : "");
	for (; words && *words; words++)
		if (strncmp(*words, SPARE_DISK, strlen(SPARE_DISK)) != 0)
			put_word(saving, *words);
	put_spares(saving);
	while (saving->texts.len % 8 && !saving->texts.bad)
		put_text(saving, "");
}

static void fill_head(struct saving *saving)
{
	const struct vm *vm = saving->vm;
	struct snapshot_head *head = &saving->head;

	memcpy(head->magic, SNAPSHOT_MAGIC, SNAPSHOT_MAGIC_LEN);
	strncpy(head->build, MKVM_VERSION, sizeof(head->build) - 1);
	head->format = SNAPSHOT_FORMAT;
	head->ram_size = vm->mem.size;
	head->saved_ns = clock_read_ns(CLOCK_REALTIME);
	head->nr_cpus = vm->nr_vcpus;
	head->nr_parts = saving->parts.nr;
	head->texts_len = saving->texts.len;
	head->ram_sum = saving->look.sum.sum;
	head->nr_pages = saving->look.sum.nr_pages;
	head->nr_runs = pageset_count(&saving->look.mapped);
	head->base_sum = saving->base ? saving->since->head_sum : 0;
	head->head_len = sizeof(*head) + head->texts_len +
			 head->nr_parts * sizeof(struct snapshot_part) +
			 head->nr_runs * sizeof(struct snapshot_run);
}

static void put_table(struct saving *saving)
{
	uint64_t at = saving->head.head_len;

	for (unsigned int i = 0; i < saving->parts.nr; i++) {
		const struct part *part = saving->parts.list[i];
		struct snapshot_part row = {
			.nr = part->nr,
			.version = part->version,
			.at = at,
			.len = part->stash.len,
			.sum = checksum(0, part->stash.data, part->stash.len),
		};

		memcpy(row.name, part->name, sizeof(row.name));
		STASH_PUT(&saving->front, row);
		at += row.len;
	}
}

static void put_runs(struct saving *saving)
{
	size_t first = 0, nr;

	for (; pageset_next(&saving->look.mapped, &first, &nr); first += nr) {
		const struct snapshot_run run = {
			.off = first * SNAPSHOT_PAGE,
			.len = nr * SNAPSHOT_PAGE,
		};

		STASH_PUT(&saving->front, run);
	}
}

/* Whether who restores it would take it: file.c has the same limits. */
static bool is_let_in(const struct saving *saving)
{
	const struct snapshot_head *head = &saving->head;
	const char *name = saving->vm->config.name;
	unsigned long long len = 0;

	for (unsigned int i = 0; i < saving->parts.nr; i++)
		len += saving->parts.list[i]->stash.len;
	if (len > SNAPSHOT_PARTS_MAX)
		log_error(
			"%s: it is not saved: beside RAM there are %llu MiB, of "
			"disks whose changes are thrown away, and %llu are the "
			"most; `overlay=FILE` keeps changes in a file",
			name, len >> 20, SNAPSHOT_PARTS_MAX >> 20);
	else if (head->nr_words > SNAPSHOT_WORDS_MAX ||
		 head->head_len > SNAPSHOT_HEAD_MAX)
		log_error("%s: it is not saved: its options are more than %u "
			  "words, or too long",
			  name, SNAPSHOT_WORDS_MAX);
	else
		return true;
	return false;
}

/* All that lies before RAM, with the head's sum still to come. */
static int make_front(struct saving *saving)
{
	struct stash *front = &saving->front;

	put_texts(saving);
	fill_head(saving);
	if (!is_let_in(saving))
		return -ENOTSUP;
	STASH_PUT(front, saving->head);
	stash_put(front, saving->texts.data, saving->texts.len);
	put_table(saving);
	put_runs(saving);
	for (unsigned int i = 0; i < saving->parts.nr; i++)
		stash_put(front, saving->parts.list[i]->stash.data,
			  saving->parts.list[i]->stash.len);
	saving->head.ram_at = round_up(front->len, SNAPSHOT_PAGE);
	return saving->texts.bad || front->bad ? -ENOMEM : 0;
}

static int write_front(struct saving *saving, int fd)
{
	struct snapshot_head *head = &saving->head;
	const uint8_t *from = saving->front.data;
	size_t len = saving->front.len;
	off_t at = 0;

	memcpy(saving->front.data, head, sizeof(*head));
	head->head_sum = checksum(0, saving->front.data, head->head_len);
	memcpy(saving->front.data, head, sizeof(*head));
	while (len) {
		ssize_t done = pwrite(fd, from, len, at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done ? -errno : -ENOSPC;
		from += done;
		at += done;
		len -= done;
	}
	return 0;
}

/* At all of RAM, or at what is new in it. */
static int look(struct saving *saving)
{
	const struct memory *mem = &saving->vm->mem;
	struct pageset changed;
	int err;

	if (!saving->since)
		return ram_look(mem, NULL, &saving->look);
	err = pageset_init(&changed, mem->size / SNAPSHOT_PAGE);
	if (err)
		return err;
	saving->base = since_base(saving->since, saving->path);
	err = since_look(saving->since, mem, &changed);
	if (!err)
		err = ram_look(mem, saving->base ? &changed : NULL,
			       &saving->look);
	pageset_free(&changed);
	return err;
}

static int put_ram(struct saving *saving, int fd)
{
	int err;

	progress_begin(saving->head.nr_pages * SNAPSHOT_PAGE);
	err = ram_put(&saving->vm->mem, &saving->look, fd,
		      (off_t)saving->head.ram_at, progress_add);
	progress_end();
	return err;
}

static int write_file(struct saving *saving, int fd)
{
	struct snapshot_head *head = &saving->head;
	int err = look(saving);

	if (!err)
		err = make_front(saving);
	if (!err && saving->unprintable) {
		log_error("%s: a name among its files has characters that do "
			  "not print, and it is not saved",
			  saving->vm->config.name);
		return -ENOTSUP;
	}
	if (!err && ftruncate(fd, head->ram_at + head->ram_size))
		err = -errno;
	if (!err)
		err = put_ram(saving, fd);
	return err ? err : write_front(saving, fd);
}

/* Nobody else is at its devices. */
static int save(struct saving *saving, int fd)
{
	int err = state_save(saving->vm, &saving->parts);

	if (err)
		return err;
	err = write_file(saving, fd);
	if (err && err != -ENOTSUP)
		log_error("%s: it is not saved: %s%s", saving->vm->config.name,
			  strerror(-err), log_advice(-err));
	return err;
}

static int save_if_let(struct saving *saving, int fd)
{
	int err;

	if (!services_let_save(saving->vm))
		return -EBUSY;
	err = save(saving, fd);
	services_save_over(saving->vm);
	return err;
}

int snapshot_save(struct vm *vm, int fd)
{
	uint64_t head_sum;

	return snapshot_save_since(vm, fd, NULL, NULL, &head_sum);
}

int snapshot_save_since(struct vm *vm, int fd, struct since *since,
			const char *path, uint64_t *head_sum)
{
	struct saving saving = { .vm = vm, .since = since, .path = path };
	int err;

	if (!state_hold(vm)) {
		log_error("%s: it has ended, and is not saved",
			  vm->config.name);
		return -ESRCH;
	}
	err = save_if_let(&saving, fd);
	if (vm->ends_saved)
		atomic_store(&vm->frozen, true);
	state_release(vm);
	*head_sum = saving.head.head_sum;
	ram_forget(&saving.look);
	parts_free(&saving.parts);
	stash_free(&saving.texts);
	stash_free(&saving.front);
	return err;
}

int snapshot_get_ready(struct target *target, const char *option,
		       const char *path, unsigned int nr_vms)
{
	if (nr_vms != 1) {
		log_error("%s: one guest goes into a file; give each a run of "
			  "its own",
			  option);
		return -EINVAL;
	}
	snapshot_prepare();
	return target_say(target, option, target_open(target, path));
}

int snapshot_save_to(struct vm *vm, struct target *target, const char *option)
{
	int err = target_say(target, option, target_begin(target));
	int end_err;

	if (err)
		return err;
	err = snapshot_save(vm, target->fd);
	if (!err)
		err = target_say(target, option, target_sync(target));
	end_err = target_say(target, option, target_end(target, !err));
	return err ? err : end_err;
}
