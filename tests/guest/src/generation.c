/*
 * A system that looks for the VM generation ID as ACPI tells of it: the root pointer,
 * where systems look for it, leads to the DSDT, which says behind the word ADDR where
 * the ID lies. Prints its 16 bytes on COM1, has itself saved (HC_SAVE), and leaves with 3;
 * who was restored prints them once more, and what general purpose events have come,
 * and leaves with 7. 1: there is no ID.
 *
 * Source: ACPI Specification, "Finding the RSDP on IA-PC Systems"; Microsoft's "Virtual
 * Machine Generation ID".
 */
#include "system32.h"

#define GPE0_STS 0x60c

void on_message(void);
void on_line(void);
void begin(void);

void on_message(void)
{
}

void on_line(void)
{
}

static u32 find_root(void)
{
	for (u32 at = 0xe0000; at < 0x100000; at += 16)
		if (peek(at) == 0x20445352 && peek(at + 4) == 0x20525450)
			return at;
	return 0;
}

/* A package's two numbers follow the name; the low one has the prefix 0Ch. */
static u32 find_id(u32 dsdt)
{
	u32 end = dsdt + peek(dsdt + 4);

	for (u32 at = dsdt; at + 12 <= end; at++)
		if (peek(at) == 0x52444441 && peek8(at + 7) == 0x0c)
			return peek(at + 8);
	return 0;
}

static void show(u32 id)
{
	for (u32 i = 0; i < 16; i += 4)
		print_hex(peek(id + i));
	print("\n");
}

static u8 save(void)
{
	outb(HC_PORT, HC_SAVE);
	return inb(HC_PORT);
}

void begin(void)
{
	u32 root = find_root(), fadt, id;

	print("\n@\n");
	if (!root)
		leave(1);
	fadt = peek(peek(root + 16) + 36);
	id = find_id(peek(fadt + 40));
	if (!id || id & 7)
		leave(1);
	print_hex(id);
	print("\n");
	show(id);
	if (save() != HC_RESTORED)
		leave(3);
	print("\n@\n");
	show(id);
	print_hex(inb(GPE0_STS));
	print("\n");
	leave(7);
}
