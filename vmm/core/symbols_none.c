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

bool vm_find_symbol(const struct vm *vm, uint64_t addr, const char **name,
		    uint64_t *off)
{
	(void)vm;
	(void)addr;
	(void)name;
	(void)off;
	return false;
}

bool vm_find_loaded_symbol(const struct vm *vm, uint64_t gpa, const char **name,
			   uint64_t *off)
{
	(void)vm;
	(void)gpa;
	(void)name;
	(void)off;
	return false;
}

bool vm_symbol_value(const struct vm *vm, const char *name, uint64_t *addr)
{
	(void)vm;
	(void)name;
	(void)addr;
	return false;
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
