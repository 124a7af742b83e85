/* A CD-ROM's packets, between packet.c and packet_reply.c. */
#ifndef MKVM_IDE_PACKET_H
#define MKVM_IDE_PACKET_H

#include "ide/ide.h"

#define CD_BLOCK 2048

/* SPC-2, "Sense key and sense code definitions": of the codes, the first half. */
#define SENSE_NOT_READY 0x02
#define SENSE_MEDIUM	0x03
#define SENSE_ILLEGAL	0x05
#define CODE_UNREADABLE 0x11
#define CODE_COMMAND	0x20
#define CODE_ADDRESS	0x21
#define CODE_FIELD	0x24
#define CODE_NO_DISC	0x3a
#define CODE_LOCKED	0x53

/* Numbers in packets and replies have the high byte first. */
static inline uint32_t packet_16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static inline uint32_t packet_32(const uint8_t *at)
{
	return packet_16(at) << 16 | packet_16(at + 2);
}

static inline void reply_16(uint8_t *at, uint32_t val)
{
	at[0] = val >> 8;
	at[1] = val;
}

static inline void reply_32(uint8_t *at, uint32_t val)
{
	reply_16(at, val >> 16);
	reply_16(at + 2, val);
}

/* The command ends with that sense. */
void packet_refuse(struct ide_channel *c, uint8_t sense, uint8_t code);

/* Blocks of the disc. */
uint32_t packet_blocks(const struct ide_channel *c);

/* packet_reply.c: what @packet asks for is put to @to, IDE_BUFFER bytes of zeroes: its
 * length, or -1: there is no such thing. */
int reply_sense(struct ide_channel *c, const uint8_t *packet, uint8_t *to);
int reply_inquiry(struct ide_channel *c, const uint8_t *packet, uint8_t *to);
int reply_capacity(struct ide_channel *c, const uint8_t *packet, uint8_t *to);
int reply_toc(struct ide_channel *c, const uint8_t *packet, uint8_t *to);
int reply_configuration(struct ide_channel *c, const uint8_t *packet,
			uint8_t *to);
int reply_event(struct ide_channel *c, const uint8_t *packet, uint8_t *to);
int reply_disc(struct ide_channel *c, const uint8_t *packet, uint8_t *to);
int reply_mode(struct ide_channel *c, const uint8_t *packet, uint8_t *to);
int reply_mechanism(struct ide_channel *c, const uint8_t *packet, uint8_t *to);

#endif
