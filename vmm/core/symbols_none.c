/* Stands in for core/symbols.c: addresses have no names. */
#include "core/symbols.h"

#include <stddef.h>

void vm_attach_symbols(struct vm *vm)
{
	(void)vm;
}

void vm_detach_symbols(struct vm *vm)
{
	(void)vm;
}

const struct symbols *vm_symbols(const struct vm *vm)
{
	(void)vm;
	return NULL;
}

void vm_add_symbol(struct text *text, const struct vm *vm, uint64_t addr)
{
	(void)text;
	(void)vm;
	(void)addr;
}

void vm_add_code_symbol(struct text *text, const struct vm *vm,
			const struct kvm_regs *regs,
			const struct kvm_sregs *sregs)
{
	(void)text;
	(void)vm;
	(void)regs;
	(void)sregs;
}
