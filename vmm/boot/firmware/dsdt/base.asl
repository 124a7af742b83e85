/* What every machine has that has ACPI: power off, and nothing else to sleep
 * in. */
#include "block.asli"
BLOCK
{
	Name (\_S5, Package () { PC_S5_TYP, PC_S5_TYP, 0, 0 })
}
