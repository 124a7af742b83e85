/* The machine as firmware describes it, and that description in guest RAM. */
#ifndef MKVM_PLATFORM_H
#define MKVM_PLATFORM_H

#include "firmware.h"

struct vm;

/* What there is of a PC in @vm. */
struct platform platform_of(const struct vm *vm);

/* Where ACPI's root pointer of this run will be; 0: nowhere. */
gpa_t platform_rsdp(const struct vm *vm, const struct platform *platform);

/* Sets the interrupt controllers as firmware does. */
void platform_wire(struct vm *vm, const struct platform *platform);

/* Writes what this run describes the machine by. */
void platform_write(struct vm *vm, const struct platform *platform);

/* Likewise, to @mem instead of its RAM. */
void platform_write_to(struct vm *vm, const struct platform *platform,
		       const struct memory *mem);

/* Gives firmware files with all of that, in vm->files. 0 or -errno after one
 * message. */
int platform_tell(struct vm *vm, const struct platform *platform);

/* Writes to @mem what a guest that was restored is told by: of that, whatever is
 * another each time. It stands still. */
void platform_write_again(struct vm *vm, const struct platform *platform,
			  const struct memory *mem);

/* The same, to where firmware has put it in such a guest, or will. 0 or -errno after one
 * message. */
int platform_tell_again(struct vm *vm, const struct platform *platform);

#endif
