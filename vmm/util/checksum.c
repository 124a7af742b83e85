/*
 * The sum of checksum.h. Four lanes take a word each: xor and a multiplication by
 * an odd number are both undone by another, so no two words lead from one sum to
 * the same. A rotation brings what is high where the next product spreads it.
 */
#include "util/checksum.h"

#include <string.h>

#define LANES 4
#define ODD   0x9e3779b97f4a7c15ULL /* 2^64 over the golden ratio */

static inline uint64_t word_at(const uint8_t *data, size_t len)
{
	uint64_t word = 0;

	memcpy(&word, data, len);
	return word;
}

static inline uint64_t mix(uint64_t lane, uint64_t word)
{
	lane = (lane ^ word) * ODD;
	return lane << 29 | lane >> 35;
}

/* Each line is three instructions. */
static inline void mix_all(uint64_t lanes[LANES], const uint8_t *at)
{
	lanes[0] = mix(lanes[0], word_at(at, 8));
	lanes[1] = mix(lanes[1], word_at(at + 8, 8));
	lanes[2] = mix(lanes[2], word_at(at + 16, 8));
	lanes[3] = mix(lanes[3], word_at(at + 24, 8));
}

uint64_t checksum(uint64_t sum, const void *data, size_t len)
{
	uint64_t lanes[LANES] = { sum, ~sum, sum + ODD, sum ^ len };
	const uint8_t *at = data;

	for (; len >= sizeof(lanes); len -= sizeof(lanes), at += sizeof(lanes))
		mix_all(lanes, at);
	for (; len >= 8; len -= 8, at += 8)
		lanes[0] = mix(lanes[0], word_at(at, 8));
	if (len)
		lanes[1] = mix(lanes[1], word_at(at, len));
	for (unsigned int i = 1; i < LANES; i++)
		lanes[0] = mix(lanes[0], lanes[i]);
	return lanes[0];
}
