/*
 * The board under a function on the PCI bus: its slot, its BARs as claims that
 * move, its interrupt pin and messages.
 *
 * INTx# of all functions are four wires that anyone may pull. Each goes to a pin
 * of the I/O APIC and to a line of the 8259s; which of the two is heard is up
 * to the guest, as with any line.
 */
#include "core/board_inner.h"

#include <errno.h>
#include <stdlib.h>

#include "abi/pc.h"
#include "chip.h"
#include "core/ioevents.h"
#include "core/irqfds.h"
#include "core/probes.h"
#include "device.h"
#include "firmware.h"
#include "irqchip.h"
#include "spare.h"
#include "util/log.h"

/* Where local APICs listen (SDM 3A, "Message Address Register Format"). */
#define MESSAGES_GPA 0xfee00000ULL
#define MESSAGES_LEN 0x00100000

int board_take_slot(struct board *board)
{
	const struct device_type *type = board->dev.type;
	const struct pci_function *f = type->pci;
	struct vm *vm = board->vm;
	const unsigned int slot = f->slot ? f->slot : vm->nr_slots;

	if (slot == PCI_SLOTS || vm->slots[slot])
		return -ENOSPC;
	board->bars = calloc(PCI_BARS, sizeof(*board->bars));
	if (!board->bars)
		return -ENOMEM;
	board->slot = slot;
	vm->slots[slot] = board;
	if (!f->slot)
		vm->nr_slots++;
	for (unsigned int i = 0; i < PCI_BARS; i++)
		if (f->bars[i].size)
			bus_add_moving(f->bars[i].kind == PCI_BAR_IO ?
					       &vm->pio :
					       &vm->mmio,
				       &board->bars[i], &board->dev,
				       f->first_range + i);
	log_info("%s: 00:%02x.0 %04x:%04x %s", vm->config.name, board->slot,
		 f->vendor, f->device, type->name);
	return 0;
}

unsigned int board_slot(struct board *board)
{
	return board->slot;
}

void board_map(struct board *board, unsigned int bar, uint64_t base, bool on)
{
	const struct pci_bar *what = &board->dev.type->pci->bars[bar];

	on &= board_is_there(board);
	bus_move(what->kind == PCI_BAR_IO ? &board->vm->pio : &board->vm->mmio,
		 &board->bars[bar], base, on ? what->size : 0);
	board_move_ioevents(board, bar, base, on);
}

/* The wire of the function's pin, as a GSI. */
static unsigned int pin_gsi(const struct board *board)
{
	return platform_intx(board->slot, board->dev.type->pci->pin - 1);
}

static unsigned int pin_line(const struct board *board)
{
	return platform_intx_line(pin_gsi(board));
}

uint8_t board_pin_line(struct board *board)
{
	return board->vm->config.irqchip ? pin_line(board) : UINT8_MAX;
}

/* Whether one of the wires that share @line of the 8259s is at work. */
static bool is_shared_up(const struct vm *vm, unsigned int line)
{
	bool up = false;

	for (unsigned int wire = 0; wire < PCI_WIRES; wire++)
		if (platform_intx_line(PC_PCI_INTX_GSI + wire) == line)
			up |= vm->wires[wire] != 0;
	return up;
}

static void set_lines(struct board *board, unsigned int wire)
{
	struct vm *vm = board->vm;
	const struct irqchip *chip = vm->config.irqchip;
	const unsigned int line = pin_line(board);
	const bool shared = is_shared_up(vm, line);

	chip->set_line(vm, pin_gsi(board), vm->wires[wire]);
	chip->set_line(vm, line, shared);
	if (probes_are_on())
		probes_line(vm->config.id, line, shared, vm_now_ns(vm));
}

/* Lock order: wires_lock comes after that of the device, and before those of
 * interrupt controllers. */
void board_pin(struct board *board, bool level)
{
	struct vm *vm = board->vm;
	const unsigned int wire = pin_gsi(board) % PCI_WIRES;
	const uint32_t bit = 1U << board->slot;

	if (!vm->config.irqchip)
		return;
	lock_take(&vm->wires_lock);
	vm->wires[wire] = level ? vm->wires[wire] | bit :
				  vm->wires[wire] & ~bit;
	set_lines(board, wire);
	lock_give(&vm->wires_lock);
}

bool board_takes_messages(struct board *board)
{
	const struct irqchip *chip = board->vm->config.irqchip;

	return chip && chip->msi;
}

void board_message(struct board *board, unsigned int vector, uint64_t address,
		   uint32_t data)
{
	const struct dev_message message = { address, data };
	struct vm *vm = board->vm;

	if (address - MESSAGES_GPA >= MESSAGES_LEN)
		mem_write(&vm->mem, address, &data, sizeof(data));
	else if (!board_ring_message(board, vector, &message))
		vm->config.irqchip->msi(vm, &message);
}

bool board_visit(struct board *bridge, unsigned int slot,
		 void (*visit)(struct pci *pci, void *arg), void *arg)
{
	struct vm *vm = bridge->vm;
	struct board *board = slot < PCI_SLOTS ? vm->slots[slot] : NULL;
	bool there;

	if (!board)
		return false;
	if (board != bridge)
		lock_take(&board->dev.lock);
	there = board_is_there(board);
	if (there) {
		board->unseen = false;
		visit(board->dev.state, arg);
	}
	if (board != bridge)
		lock_give(&board->dev.lock);
	return there;
}
