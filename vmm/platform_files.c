/*
 * What firmware is told of the machine by files of fw_cfg: RAM, where it talks to,
 * and the same tables that others find in low RAM.
 */
#include "platform.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "boot/firmware/table_loader.h"
#include "core/vm.h"
#include "util/fwfile.h"
#include "util/log.h"

#define E820_RAM      1
#define E820_RESERVED 2

struct e820_entry {
	uint64_t gpa, len;
	uint32_t type;
} __attribute__((packed));

#define KVM_PAGES_GPA 0xfffbc000 /* core/vm.c */
#define KVM_PAGES_LEN 0x4000

#define COM1 0x3f8

#define SCRATCH (1ULL << 20) /* bytes: where tables usually lie */

static int tell_ram(const struct memory *mem, struct fw_files *files)
{
	const struct e820_entry entries[] = {
		{ 0, mem->low_size, E820_RAM },
		{ KVM_PAGES_GPA, KVM_PAGES_LEN, E820_RESERVED },
		{ MEM_4G, mem->size - mem->low_size, E820_RAM },
	};
	const unsigned int nr = mem->size > mem->low_size ? 3 : 2;

	return fw_add(files, "etc/e820", entries, nr * sizeof(entries[0]),
		      nr * sizeof(entries[0]));
}

/* It says on the serial line what it says on the screen. */
static int tell_serial(const struct platform *platform, struct fw_files *files)
{
	static const uint16_t port = COM1;

	if (!platform_has(platform, PLATFORM_SERIAL))
		return 0;
	return fw_add(files, "etc/sercon-port", &port, sizeof(port),
		      sizeof(port));
}

/* RAM of nobody, for tables. */
static int make_scratch(const struct vm *vm, struct memory *scratch)
{
	int err = mem_init(scratch, SCRATCH);

	if (err)
		log_error("%s: firmware: tables: %s", vm->config.name,
			  strerror(-err));
	return err;
}

/* Where an ID for each time that the guest is restored has come to lie, firmware says
 * by fw_cfg's DMA, or to nobody. */
static int tell_tables(struct vm *vm, const struct platform *platform)
{
	struct platform told = *platform;
	struct memory scratch;
	int err = make_scratch(vm, &scratch);

	if (err)
		return err;
	if (!platform_has(platform, PLATFORM_FWCFG_DMA))
		told.has &= ~PLATFORM_VMGENID;
	platform_write_to(vm, &told, &scratch);
	err = firmware_tell(&scratch, vm->files);
	mem_free(&scratch);
	return err;
}

int platform_tell_again(struct vm *vm, const struct platform *platform)
{
	struct memory scratch;
	int err = make_scratch(vm, &scratch);

	if (err)
		return err;
	platform_write_again(vm, platform, &scratch);
	firmware_tell_again(&scratch, vm->files, &vm->mem);
	mem_free(&scratch);
	return 0;
}

int platform_tell(struct vm *vm, const struct platform *platform)
{
	int err;

	vm->files = calloc(1, sizeof(*vm->files));
	if (!vm->files) {
		log_error("%s: firmware: %s", vm->config.name,
			  strerror(ENOMEM));
		return -ENOMEM;
	}
	err = tell_ram(&vm->mem, vm->files);
	if (!err)
		err = tell_serial(platform, vm->files);
	if (!err)
		err = tell_tables(vm, platform);
	return err;
}
