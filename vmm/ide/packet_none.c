/* No CD-ROM, so no packet comes: see packet.c. */
#include "ide/ide.h"

void ide_begin_packet(struct ide_channel *c)
{
	ide_finish(c, ERROR_ABRT);
}

void ide_packet(struct ide_channel *c)
{
	ide_finish(c, ERROR_ABRT);
}

void ide_packet_fail(struct ide_channel *c)
{
	ide_finish(c, ERROR_ABRT);
}
