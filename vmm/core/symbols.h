/*
 * Names for a guest's addresses: of the file that --symbols says, or of its image
 * if that is an ELF file. Nothing is read before the first address is to be
 * printed. Where this is not built in, symbols_none.c stands in: no names.
 */
#ifndef MKVM_CORE_SYMBOLS_H
#define MKVM_CORE_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

struct kvm_regs;
struct kvm_sregs;
struct symbols;
struct text;
struct vm;

/* @vm has been created from the file config.image, and perhaps config.symbols: one
 * that is another by the time it is read names nothing. */
void vm_attach_symbols(struct vm *vm);
void vm_detach_symbols(struct vm *vm);

/* For util/symbols.h, which is there with this only; NULL: there are none, as in a
 * flat image. Any thread. They live as long as @vm, which may be NULL. */
const struct symbols *vm_symbols(const struct vm *vm);

/* symbols_find(), symbols_find_loaded() and symbols_value() of these; false where there are none. */
bool vm_find_symbol(const struct vm *vm, uint64_t addr, const char **name,
		    uint64_t *off);
bool vm_find_loaded_symbol(const struct vm *vm, uint64_t gpa, const char **name,
			   uint64_t *off);
bool vm_symbol_value(const struct vm *vm, const char *name, uint64_t *addr);

/*
 * Adds what linear address @addr is called, with a blank before it, or nothing:
 * " <main+0x12>". A kernel that is linked high has another name for where it was
 * loaded to, and runs there until it has turned to its own addresses:
 * " <start+0x12, as loaded>". @vm may be NULL. Any thread.
 */
void vm_add_symbol(struct text *text, const struct vm *vm, uint64_t addr);

/* The same for RIP in @regs. A program in ring 3 has low addresses for itself, so
 * that the second kind of name is not for it. */
void vm_add_code_symbol(struct text *text, const struct vm *vm,
			const struct kvm_regs *regs,
			const struct kvm_sregs *sregs);

#endif
