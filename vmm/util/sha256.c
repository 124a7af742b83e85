/* SHA-256: see sha256.h. The letters are those of FIPS 180-4, section 6.2.2. */
#include "util/sha256.h"

#include <stdio.h>
#include <string.h>

#define ROUNDS	 64
#define LEN_SIZE 8 /* of the message's length in bits, at its end */

static const uint32_t k[ROUNDS] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotr(uint32_t x, unsigned int n)
{
	return x >> n | x << (32 - n);
}

static uint32_t big_endian(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | at[3];
}

static void schedule(uint32_t w[ROUNDS], const uint8_t *block)
{
	for (unsigned int t = 0; t < 16; t++)
		w[t] = big_endian(block + 4 * t);
	for (unsigned int t = 16; t < ROUNDS; t++) {
		uint32_t a = w[t - 15], b = w[t - 2];

		w[t] = w[t - 16] + w[t - 7] +
		       (rotr(a, 7) ^ rotr(a, 18) ^ a >> 3) +
		       (rotr(b, 17) ^ rotr(b, 19) ^ b >> 10);
	}
}

static void compress(uint32_t hash[8], const uint8_t *block)
{
	uint32_t w[ROUNDS], v[8];

	schedule(w, block);
	memcpy(v, hash, sizeof(v));
	for (unsigned int t = 0; t < ROUNDS; t++) {
		uint32_t a = v[0], b = v[1], c = v[2], e = v[4];
		uint32_t t1 = v[7] + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) +
			      ((e & v[5]) ^ (~e & v[6])) + k[t] + w[t];
		uint32_t t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) +
			      ((a & b) ^ (a & c) ^ (b & c));

		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (unsigned int i = 0; i < 8; i++)
		hash[i] += v[i];
}

void sha256_begin(struct sha256 *sha)
{
	static const uint32_t first[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(sha->hash, first, sizeof(first));
	sha->len = 0;
}

void sha256_add(struct sha256 *sha, const void *buf, size_t len)
{
	const uint8_t *at = buf;

	while (len) {
		size_t used = sha->len % SHA256_BLOCK;
		size_t part = SHA256_BLOCK - used;

		if (part > len)
			part = len;
		memcpy(sha->block + used, at, part);
		sha->len += part;
		at += part;
		len -= part;
		if (used + part == SHA256_BLOCK)
			compress(sha->hash, sha->block);
	}
}

void sha256_end(struct sha256 *sha, char text[SHA256_TEXT])
{
	const uint8_t one = 0x80, zero = 0;
	const uint64_t bits = sha->len * 8;
	uint8_t len[LEN_SIZE];

	for (unsigned int i = 0; i < LEN_SIZE; i++)
		len[i] = (uint8_t)(bits >> (8 * (LEN_SIZE - 1 - i)));
	sha256_add(sha, &one, 1);
	while (sha->len % SHA256_BLOCK != SHA256_BLOCK - LEN_SIZE)
		sha256_add(sha, &zero, 1);
	sha256_add(sha, len, sizeof(len));
	for (unsigned int i = 0; i < 8; i++)
		snprintf(text + 8 * i, 9, "%08x", sha->hash[i]);
}
