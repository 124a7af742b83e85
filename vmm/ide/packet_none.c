/* No CD-ROM, so no packet comes: see packet.c. */
#include "ide/ide.h"

void ide_packet(struct ide_channel *c)
{
	ide_finish(c, ERROR_ABRT);
}
