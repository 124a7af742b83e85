/* What a BIOS writes to the interrupt controllers and the timer before it starts
 * a system, after the data sheets of the 8259A and the 8254. */
#include "irqchip/bios.h"

#include <stddef.h>
#include <stdint.h>

#include "core/vm.h"

#define PIC_1 0x20
#define PIC_2 0xa0
#define PIT   0x40

#define ICW1	   0x11 /* edges, cascade, ICW4 follows */
#define ICW3_1	   0x04 /* the second is at input 2 of the first */
#define ICW3_2	   0x02
#define ICW4	   0x01			       /* 8086 mode, EOI by hand */
#define CW_COUNTER (0x30 | BIOS_PIT_MODE << 1) /* 0, both halves */

static const struct {
	uint8_t port, val;
} writes[] = {
	{ PIC_1, ICW1 },
	{ PIC_1 + 1, BIOS_VECTOR_1 },
	{ PIC_1 + 1, ICW3_1 },
	{ PIC_1 + 1, ICW4 },
	{ PIC_1 + 1, BIOS_MASK_1 },
	{ PIC_2, ICW1 },
	{ PIC_2 + 1, BIOS_VECTOR_2 },
	{ PIC_2 + 1, ICW3_2 },
	{ PIC_2 + 1, ICW4 },
	{ PIC_2 + 1, BIOS_MASK_2 },
	{ PIT + 3, CW_COUNTER },
	{ PIT, 0 },
	{ PIT, 0 },
};

void bios_leaves(struct vm *vm)
{
	for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++)
		if (bus_owner(&vm->pio, writes[i].port))
			bus_write_byte(&vm->pio, writes[i].port, writes[i].val);
}
