/* 9: about the system. */
#include "user/print.h"

int main(void)
{
	print("1K OS: a 32-bit operating system in at most 1,000 lines.\n"
	      "  own page tables      each program has an address space\n"
	      "  ring 3               programs ask the kernel by int 0x80\n"
	      "  100 ticks a second   nobody keeps the CPU for longer\n"
	      "  IRQ 1 and IRQ 4      keyboard and serial line, one console\n");
	return 0;
}
