/*
 * One access to a port or to memory: taking it out of kvm_run, finding the
 * register it means, and putting both into words. Everything in it comes from
 * the guest; sizes and counts come from KVM, which keeps them in its page.
 */
#include <ctype.h>
#include <linux/kvm.h>
#include <string.h>

#include "probe.h"
#include "probes/explain/explain.h"

#define SHOWN_MAX 8 /* bytes of a string instruction that are shown */

static const struct explain_table *const tables[] = {
	&explain_serial, &explain_hypercall, &explain_i8042, &explain_cmos,
	&explain_ioapic, &explain_virtio,    &explain_pci,   &explain_vga,
	&explain_ide,	 &explain_floppy,    &explain_chips,
};

static void take_port(struct explain_access *access, const struct kvm_run *run)
{
	access->space = SPACE_PORT;
	access->write = run->io.direction == KVM_EXIT_IO_OUT;
	access->addr = run->io.port;
	access->size = run->io.size;
	access->count = run->io.count;
	access->data = (const uint8_t *)run + run->io.data_offset;
}

static void take_memory(struct explain_access *access,
			const struct kvm_run *run)
{
	access->space = SPACE_MEMORY;
	access->write = run->mmio.is_write;
	access->addr = run->mmio.phys_addr;
	access->size = run->mmio.len;
	access->count = 1;
	access->data = run->mmio.data;
}

/* Where the guest has its registers is no matter. */
static void find_virtio(struct explain_access *access,
			const struct exit_view *view)
{
	access->inner = access->space;
	access->off = access->addr;
	if (!view->device || strncmp(view->device, "virtio-", 7))
		return;
	access->inner = view->is_window ? SPACE_VIRTIO_MMIO : SPACE_VIRTIO_PCI;
	access->off = view->off | (uint64_t)view->range << 16;
}

void explain_take_access(struct explain_access *access,
			 const struct exit_view *view)
{
	*access = (struct explain_access){ .device = view->device,
					   .rbx = view->run->s.regs.regs.rbx };
	if (view->run->exit_reason == KVM_EXIT_IO)
		take_port(access, view->run);
	else
		take_memory(access, view->run);
	find_virtio(access, view);
	memcpy(&access->val, access->data,
	       access->size < sizeof(access->val) ? access->size :
						    sizeof(access->val));
}

const char *explain_part(const char *text, unsigned int nr)
{
	while (nr--)
		text += strlen(text) + 1;
	return text;
}

static bool state_fits(const struct explain_row *row,
		       const struct explain_access *access,
		       const struct explain_guest *guest)
{
	uint8_t latch = atomic_load(&guest->latches[row->latch]);
	uint8_t mask = row->mask ? row->mask : 0xff;

	switch (row->when) {
	case WHEN_VALUE:
		return (access->val & mask) == row->key;
	case WHEN_LATCH:
		return latch == row->key;
	case WHEN_BITS:
		return (latch & row->key) == row->key;
	default:
		return true;
	}
}

static bool row_fits(const struct explain_row *row,
		     const struct explain_access *access,
		     const struct explain_guest *guest)
{
	const bool inside = row->space > SPACE_MEMORY;
	const uint64_t at = inside ? access->off : access->addr;

	return row->space == (inside ? access->inner : access->space) &&
	       at >= row->first && at <= (row->last ? row->last : row->first) &&
	       row->way & (access->write ? WAY_OUT : WAY_IN) &&
	       state_fits(row, access, guest);
}

/* A place that no row knows. */
static const struct explain_row elsewhere = {
	READ("guide.md", "The life of a VM exit"),
	TEXT("", "", "where nothing is, reads give ones"),
};

const struct explain_row *explain_find_row(const struct explain_access *access,
					   const struct explain_guest *guest,
					   size_t *index)
{
	size_t before = 0;

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		for (size_t i = 0; i < tables[t]->count; i++) {
			if (!row_fits(&tables[t]->rows[i], access, guest))
				continue;
			*index = before + i;
			return &tables[t]->rows[i];
		}
		before += tables[t]->count;
	}
	*index = before;
	return &elsewhere;
}

static bool is_character(uint8_t byte)
{
	return byte == '\n' || byte == '\r' || byte == '\t' || byte == '\b' ||
	       (byte < 0x80 && isprint(byte));
}

void explain_add_byte(struct text *text, uint8_t byte)
{
	if (!is_character(byte)) {
		text_add(text, "0x%02x", byte);
		return;
	}
	text_add(text, "'");
	text_byte(text, byte);
	text_add(text, "'");
}

void explain_add_bits(struct text *text, const struct explain_bits *bits,
		      uint8_t val)
{
	const char *space = "";

	for (; bits->mask; bits++) {
		if ((val & bits->mask) != bits->val)
			continue;
		text_add(text, "%s%s", space, bits->name);
		space = " ";
	}
	if (!*space)
		text_add(text, "nothing");
}

/* The bytes of a string instruction. */
static void add_items(struct text *text, const struct explain_access *access)
{
	unsigned int bytes = access->size * access->count;

	text_add(text, "%ux\"", access->count);
	for (unsigned int i = 0; i < bytes && i < SHOWN_MAX; i++)
		text_byte(text, access->data[i]);
	text_add(text, "\"%s", bytes > SHOWN_MAX ? ".." : "");
}

/* Only where characters go is a byte shown as one. */
static bool carries_text(const struct explain_access *access)
{
	return access->space == SPACE_PORT &&
	       (access->addr == 0x3f8 || access->addr == 0xe9);
}

void explain_add_access(struct text *text, const struct explain_access *access)
{
	static const char *const words[2][2] = {
		[SPACE_PORT] = { "IN ", "OUT" },
		[SPACE_MEMORY] = { "READ", "WRITE" },
	};

	text_add(text, "%s 0x%llx %s ", words[access->space][access->write],
		 (unsigned long long)access->addr, access->write ? "<-" : "->");
	if (access->count > 1)
		add_items(text, access);
	else if (access->size == 1 && carries_text(access))
		explain_add_byte(text, access->val);
	else
		text_add(text, "0x%0*llx", (int)access->size * 2,
			 (unsigned long long)access->val);
}

static void add_doing(struct text *text, const struct explain_access *access,
		      const struct explain_row *row,
		      const struct explain_guest *guest)
{
	if (row->has_bits)
		explain_add_bits(text, row->bits, access->val);
	else if (row->say)
		row->say(text, access, guest);
	else
		text_add(text, "%s", explain_part(row->text, TEXT_DOES));
}

void explain_add_answer(struct text *text, const struct explain_access *access,
			const struct explain_row *row,
			const struct explain_guest *guest)
{
	if (row->text[0])
		text_add(text, "%s: ", row->text);
	if (!access->device)
		text_add(text, "nobody there, %s",
			 access->write ? "dropped" : "ones");
	else if (row->text[0])
		add_doing(text, access, row, guest);
	else
		text_add(text, "%s %s it", access->device,
			 access->write ? "takes" : "gives");
}
