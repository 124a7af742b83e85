/*
 * What a single VM exit says: the processor mode, what goes to a console, and
 * whether the guest may end with it.
 */
#include <linux/kvm.h>
#include <string.h>

#include "abi/hypercall.h"
#include "probe.h"
#include "probes/stages/stages.h"
#include "x86/mode.h"

#define PORT_DEBUGCON 0xe9
#define PORT_I8042    0x60
#define PORT_COMMAND  0x64
#define PORT_RESET    0xcf9
#define PULSE_RESET   0xfe /* PC/AT Technical Reference, "8042 Commands" */

/* PC16550D */
#define COM1	     0x3f8
#define COM1_LEN     8
#define UART_IER     1
#define UART_LCR     3
#define UART_MCR     4
#define IER_RDI	     0x01
#define IER_ALL	     0x0f
#define LCR_DLAB     0x80
#define MCR_LOOPBACK 0x10

enum stage stage_mode(const struct kvm_sregs *sregs)
{
	static const enum stage stages[] = {
		[MODE_REAL] = STAGE_REAL,
		[MODE_PROTECTED] = STAGE_PROTECTED,
		[MODE_PAGED] = STAGE_PAGING,
		[MODE_LONG] = STAGE_LONG,
	};

	return stages[cpu_mode(sregs->cr0, sregs->efer)];
}

static bool is_out(const struct kvm_run *run)
{
	return run->exit_reason == KVM_EXIT_IO &&
	       run->io.direction == KVM_EXIT_IO_OUT;
}

static uint8_t first_byte(const struct kvm_run *run)
{
	return *((const uint8_t *)run + run->io.data_offset);
}

bool stage_is_console(const struct kvm_run *run)
{
	return is_out(run) &&
	       (run->io.port - COM1 < COM1_LEN || run->io.port == HC_PORT ||
		run->io.port == PORT_DEBUGCON);
}

static void see_uart(struct stage_guest *guest, unsigned int offset,
		     uint8_t val, uint64_t exits)
{
	struct stage_console *console = &guest->console;
	bool dlab = console->lcr & LCR_DLAB;

	switch (offset) {
	case 0:
		if (!dlab && !(console->mcr & MCR_LOOPBACK))
			stage_take_byte(guest, val, exits);
		break;
	case UART_IER:
		/* All bits at once is how drivers find out what it can do. */
		if (!dlab && val & IER_RDI && (val & IER_ALL) != IER_ALL)
			stage_mark(guest, STAGE_COM1_OPEN, exits, NULL);
		break;
	case UART_LCR:
		console->lcr = val;
		break;
	case UART_MCR:
		console->mcr = val;
		break;
	}
}

/* The bus gives a wide access to a narrow device byte by byte. */
static void see_uart_item(struct stage_guest *guest, unsigned int offset,
			  const uint8_t *data, unsigned int size,
			  uint64_t exits)
{
	for (unsigned int i = 0; i < size && offset + i < COM1_LEN; i++)
		see_uart(guest, offset + i, data[i], exits);
}

static void see_number(struct stage_guest *guest, unsigned int number,
		       uint64_t exits)
{
	if (number >= 10)
		see_number(guest, number / 10, exits);
	stage_take_byte(guest, '0' + number % 10, exits);
}

static void see_call(struct stage_guest *guest, uint8_t function,
		     const struct exit_view *view)
{
	uint64_t bx = view->run->s.regs.regs.rbx;

	switch (function) {
	case HC_PUTCHAR:
		stage_take_byte(guest, bx, view->number);
		break;
	case HC_PUTNUM:
		see_number(guest, (uint16_t)bx, view->number);
		break;
	case HC_NEWLINE:
		stage_take_byte(guest, '\n', view->number);
		break;
	}
}

void stage_see_console(struct stage_guest *guest, const struct exit_view *view)
{
	const struct kvm_run *run = view->run;
	const uint8_t *data = (const uint8_t *)run + run->io.data_offset;

	if (!view->device)
		return; /* built without it: nobody reads what is sent */
	for (unsigned int i = 0; i < run->io.count; i++, data += run->io.size) {
		if (run->io.port == HC_PORT)
			see_call(guest, *data, view);
		else if (run->io.port == PORT_DEBUGCON)
			stage_take_byte(guest, *data, view->number);
		else
			see_uart_item(guest, run->io.port - COM1, data,
				      run->io.size, view->number);
	}
}

static const char *end_by_call(uint8_t function, bool *is_sure)
{
	*is_sure = function == HC_EXIT || function == HC_EXIT_STATUS;
	if (!*is_sure)
		return NULL;
	return function == HC_EXIT ? "hypercall 0" : "hypercall 8";
}

static const char *end_by_port(const struct kvm_run *run, bool *is_sure)
{
	switch (run->io.port) {
	case HC_PORT:
		return end_by_call(first_byte(run), is_sure);
	case PORT_COMMAND:
		*is_sure = first_byte(run) == PULSE_RESET;
		return "reset, port 0x64";
	case PORT_I8042:
		return "reset, port 0x60";
	case PORT_RESET:
		return "reset, port 0xcf9";
	default:
		return NULL;
	}
}

const char *stage_end(const struct kvm_run *run, bool *is_sure)
{
	*is_sure = false;
	if (is_out(run))
		return end_by_port(run, is_sure);
	switch (run->exit_reason) {
	case KVM_EXIT_HLT:
		return "HLT";
	case KVM_EXIT_SHUTDOWN:
		*is_sure = true;
		return "triple fault";
	case KVM_EXIT_FAIL_ENTRY:
		*is_sure = true;
		return "entry refused";
	case KVM_EXIT_INTERNAL_ERROR:
		*is_sure = true;
		return "KVM internal error";
	case KVM_EXIT_SYSTEM_EVENT:
		return "system event";
	default:
		return NULL;
	}
}
