/*
 * The command `disk`: what is in spare slots, and other disks for them. The broker
 * opens the file, and looks at it as an option's, and the VMM gets the descriptor: it
 * opens nothing. What that makes of it is therefore a file or block device as it is,
 * and no overlay or server.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "abi/pc.h"
#include "ctl.h"
#include "disk.h"
#include "spare.h"
#include "util/clock.h"
#include "util/log_loop.h"
#include "virtio/blk.h"
#include "virtio/blk_spare.h"

#define OPTION	    "disk add"
#define GRACE_S	    5 /* for a guest that is asked for a disk */
#define SAID_BYTES  512
#define SLOT_BYTES  16
#define HINT	    "`disk`, `disk add FILE[,ro]`, or `disk remove N`"
#define NONE_TO_ADD "start the run with --spare-slots 2, or how many it takes"

/* What stands behind @word at the front of @text; NULL: it is not there. */
static const char *behind(const char *text, const char *word)
{
	const size_t len = strlen(word);

	if (strncmp(text, word, len) != 0 || (text[len] && text[len] != ' '))
		return NULL;
	return text + len + strspn(text + len, " ");
}

/* --- The broker --- */

/* Another descriptor of what @disk reads; -1: that is no file as it is. */
static int take_file(struct disk *disk)
{
	uint64_t at = 0;

	if (strcmp(disk->format->name, "raw") != 0)
		return -1;
	return fcntl(disk->format->place(disk, &at, DISK_SECTOR),
		     F_DUPFD_CLOEXEC, 0);
}

static bool prepare_add(struct ctl_call *call, const char *file)
{
	const struct disk_ask nothing = { 0 };
	struct blk_given given;
	char said[SAID_BYTES];
	int err;

	if (!*file) {
		ctl_refuse(call, "`kvm-vmm ctl disk add FILE`",
			   OPTION ": name a file");
		return false;
	}
	if (*file != '/') {
		ctl_refuse(call, "`kvm-vmm ctl` makes it so",
			   OPTION ": give the whole path of a file; a server "
				  "is for --disk");
		return false;
	}
	log_overhear(said, sizeof(said));
	err = blk_spare_open(&given, OPTION, file, &nothing);
	log_overhear(NULL, 0);
	if (err) {
		ctl_refuse(call, NULL, "%s", said);
		return false;
	}
	call->fd = take_file(given.disk);
	blk_forget(&given);
	if (call->fd >= 0)
		return true;
	ctl_refuse(call, "`,ro`, `,rw` or format=raw behind its name",
		   OPTION ": its changes would go to an overlay, which only an "
			  "option makes: --disk or --spare-disk");
	return false;
}

static bool prepare(struct ctl_call *call)
{
	const char *file = behind(call->rest, "add");
	const char *slot = behind(call->rest, "remove");

	if (!*call->rest || slot)
		return true;
	if (file)
		return prepare_add(call, file);
	ctl_refuse(call, HINT, "disk: `%.80s` is no command of its",
		   call->rest);
	return false;
}

/* --- The VMM --- */

static unsigned int count_slots(struct vm *vm)
{
	unsigned int count = 0;

	for (unsigned int nr = 0; nr < PC_PCI_SPARES; nr++)
		count += spare_look(vm, nr, NULL) != SPARE_NOT;
	return count;
}

static const char *state_name(enum spare_state state)
{
	return state == SPARE_FULL    ? "there" :
	       state == SPARE_LEAVING ? "leaves" :
					"empty";
}

static void put_slot(struct json *json, unsigned int nr,
		     const struct spare_view *view)
{
	char slot[SLOT_BYTES];

	snprintf(slot, sizeof(slot), "00:%02x.0", PC_PCI_SPARE + nr);
	json_number(json, "disk", nr + 1);
	json_string(json, "slot", slot);
	json_string(json, "state", state_name(view->state));
	if (view->state == SPARE_EMPTY)
		return;
	json_string(json, "file", view->says);
	json_number(json, "bytes", view->bytes);
	json_bool(json, "read_only", view->read_only);
}

static void list(struct ctl_call *call, struct vm *vm)
{
	struct json *json = ctl_reply(call);
	struct spare_view view;

	json_array(json, "disks");
	for (unsigned int nr = 0; nr < PC_PCI_SPARES; nr++) {
		if (spare_look(vm, nr, &view) == SPARE_NOT)
			continue;
		json_row(json, NULL);
		put_slot(json, nr, &view);
		json_close(json);
	}
	json_close(json);
}

static void refuse_full(struct ctl_call *call, unsigned int count)
{
	if (count)
		ctl_refuse(call, "`disk remove N` empties one",
			   OPTION ": nothing is free of its %u spare slots",
			   count);
	else
		ctl_refuse(call, NONE_TO_ADD,
			   OPTION ": this guest has no spare slots, and virtio "
				  "over MMIO nothing that could be put in");
}

static void add(struct ctl_call *call, struct vm *vm, const char *file)
{
	const struct disk_ask ask = { .is_open = true, .fd = call->fd };
	const unsigned int nr = spare_find(vm);
	struct blk_given given;
	struct spare_view view;
	char said[SAID_BYTES];
	int err;

	if (call->fd < 0) {
		ctl_refuse(call, NULL, OPTION ": no file came along");
		return;
	}
	if (nr == PC_PCI_SPARES) {
		refuse_full(call, count_slots(vm));
		return;
	}
	log_overhear(said, sizeof(said));
	err = blk_spare_open(&given, OPTION, file, &ask);
	log_overhear(NULL, 0);
	if (err) {
		ctl_refuse(call, NULL, "%s", said);
		return;
	}
	call->fd = -1;
	if (!spare_fill(vm, nr, &given)) {
		blk_forget(&given);
		refuse_full(call, count_slots(vm));
		return;
	}
	spare_look(vm, nr, &view);
	put_slot(ctl_reply(call), nr, &view);
}

static void remove_disk(struct ctl_call *call, struct vm *vm, const char *rest)
{
	uint64_t number;

	if (!ctl_number(&rest, PC_PCI_SPARES, &number) || !number) {
		ctl_refuse(call, HINT, "disk remove: which? 1 to %d",
			   PC_PCI_SPARES);
		return;
	}
	if (!ctl_no_more(call, rest))
		return;
	if (spare_look(vm, number - 1, NULL) <= SPARE_EMPTY) {
		ctl_refuse(call, "`disk` lists what is there",
			   "disk remove: there is no disk %u",
			   (unsigned int)number);
		return;
	}
	spare_want(vm, number - 1);
	if (spare_wait(vm, number - 1, clock_now_ns() + GRACE_S * NS_PER_SEC)) {
		json_number(ctl_reply(call), "disk", number);
		return;
	}
	ctl_refuse(call, "it may let go of it later: `disk` tells",
		   "disk remove: the guest was asked, and has not let go of "
		   "disk %u in %d s: it stays",
		   (unsigned int)number, GRACE_S);
}

static void run(struct ctl_call *call, struct vm *vms, unsigned int nr_vms)
{
	const char *file = behind(call->rest, "add");
	const char *slot = behind(call->rest, "remove");

	(void)nr_vms;
	if (file)
		add(call, vms, file);
	else if (slot)
		remove_disk(call, vms, slot);
	else
		list(call, vms);
}

static void get_ready(struct vm *vms, unsigned int nr_vms)
{
	spare_prepare(vms, nr_vms);
}

static const struct ctl_command disk_row = {
	.name = "disk",
	.args = "[add FILE[,ro] | remove N]",
	.what = "disks in spare slots: what is there, one more, one less",
	.reach = CTL_ONE,
	.takes_file = true,
	.file_behind = "add",
	.get_ready = get_ready,
	.prepare = prepare,
	.run = run,
};
CTL(disk_row);
