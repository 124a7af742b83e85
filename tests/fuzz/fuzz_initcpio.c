/* host-objects: tools/initcpio/verify.o tools/initcpio/verify_init.o */
/* host-objects: tools/initcpio/index.o tools/initcpio/newc.o */
/* host-objects: tools/initcpio/tree.o tools/initcpio/buf.o */
/* host-objects: tools/initcpio/report.o tools/initcpio/show.o */
/* host-objects: tools/initcpio/squeeze.o tools/initcpio/unpack.o */
/* host-objects: tools/initcpio/unpack_gzip.o tools/initcpio/unpack_lzo.o */
/* host-objects: tools/initcpio/extent.o tools/initcpio/parts.o */
/* host-objects: tools/initcpio/frames.o tools/initcpio/list.o */
/* host-objects: tools/initcpio/words.o */
/*
 * Hostile bytes for everything of initcpio that reads: packed and unpacked
 * archives, and file lists. The first byte chooses which.
 *
 *   fuzz_initcpio [SEED [ROUNDS]]
 *
 * mutates small good inputs that many times. Built with clang's
 * -fsanitize=fuzzer and -DFUZZ_LIBFUZZER, libFuzzer drives it instead.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/lzo_sample.h"
#include "tools/initcpio/frames.h"
#include "tools/initcpio/list.h"
#include "tools/initcpio/show.h"
#include "tools/initcpio/squeeze.h"
#include "tools/initcpio/verify.h"

#define UNPACKED_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static FILE *nowhere;

static void look_at_archive(const uint8_t *data, size_t size)
{
	verify_archive(nowhere, "fuzz", data, size, UNPACKED_MAX);
	show_archive(nowhere, "fuzz", data, size, UNPACKED_MAX);
}

/* Frames that libarchive wrote are trusted to be whole; these are not. */
static void reframe(const uint8_t *data, size_t size)
{
	const struct buf in = { .data = (uint8_t *)data, .len = size };
	struct buf out = { 0 };

	lz4_to_legacy(&in, &in, &out);
	xz_to_crc32(&in, &in, &out);
	lzo_without_time(&in, &in, &out);
	buf_free(&out);
}

static void read_list(const uint8_t *data, size_t size)
{
	struct origin at = { .file = "fuzz" };
	char *text = malloc(size + 1), *line = text, *end;
	struct tree tree = { 0 };

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	for (; line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		at.line++;
		at.rank = at.line / 4;
		list_line(&tree, &at, line);
	}
	tree_free(&tree);
	free(text);
}

static void (*const readers[])(const uint8_t *data, size_t size) = {
	look_at_archive,
	reframe,
	read_list,
};

#define READERS (sizeof(readers) / sizeof(readers[0]))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!nowhere) {
		int null = open("/dev/null", O_WRONLY);

		nowhere = fopen("/dev/null", "w");
		if (!nowhere || null < 0)
			abort();
		dup2(null, STDERR_FILENO); /* the messages, not the reports */
		close(null);
	}
	if (size)
		readers[data[0] % READERS](data + 1, size - 1);
	return 0;
}

#ifndef FUZZ_LIBFUZZER

#define SEEDS	     9
#define CHANGES_MAX  8
#define ROUNDS	     20000
#define SEED_DEFAULT 1

static const char list_seed[] =
	"dir / 0755 0 0\ndir /a 0755 0 0\nfile /a/f /etc/passwd 0644 0 0 /g\n"
	"slink \"/a/s t\" ../${HOME} 0777 0 0 # text\n"
	"nod /c 0600 0 0 c 5 1\npipe /p 0600 0 0\nsock /s\\ s 0600 1 2\n";

static uint64_t state;

static uint32_t draw(uint32_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (state >> 33) % below;
}

static void add(struct buf *out, const void *bytes, size_t n)
{
	static const char zeros[4];

	if (buf_add(out, bytes, n) || buf_add(out, zeros, -out->len & 3))
		abort();
}

static void add_entry(struct buf *out, const char *name, unsigned int mode,
		      unsigned int ino, const char *body)
{
	unsigned int name_bytes = strlen(name) + 1, size = strlen(body);
	char head[111];

	snprintf(head, sizeof(head),
		 "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		 ino, mode, 0, 0, 2, 0, size, 0, 0, 5, 1, name_bytes, 0);
	if (buf_add(out, head, 110))
		abort();
	add(out, name, name_bytes);
	add(out, body, size);
}

static struct buf good_archive(void)
{
	struct buf out = { 0 };

	add_entry(&out, "d", 040755, 1, "");
	add_entry(&out, "d/sh", 0100755, 2, "\177ELF\2\1\1");
	add_entry(&out, "l", 0120777, 3, "../d");
	add_entry(&out, "init", 0100755, 4, "#!/l/sh -e\n");
	add_entry(&out, "again", 0100755, 4, "");
	add_entry(&out, "c", 020600, 5, "");
	add_entry(&out, "TRAILER!!!", 0, 0, "");
	return out;
}

/* Good inputs, with the byte that chooses the reader still to come. */
static void make_seeds(struct buf seeds[SEEDS], unsigned int reader[SEEDS])
{
	static const char *const packers[] = { "gzip", "bzip2", "lzma",
					       "xz",   "lz4",	"zstd" };

	seeds[0] = good_archive();
	reader[0] = 0;
	for (int i = 0; i < 6; i++) {
		if (squeeze(compressor_find(packers[i]), &seeds[0],
			    &seeds[i + 1]))
			abort();
		reader[i + 1] = 0;
	}
	add(&seeds[7], list_seed, sizeof(list_seed) - 1);
	reader[7] = 2;
	add(&seeds[8], lzo_sample, sizeof(lzo_sample));
	reader[8] = 0;
}

static size_t mutate(uint8_t *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdefF/.\"${}\\#\n 7";

	for (uint32_t left = 1 + draw(CHANGES_MAX); left; left--) {
		size_t at = draw(n), more = draw(n - at) + 1;

		switch (draw(5)) {
		case 0:
			bytes[at] ^= 1 << draw(8);
			break;
		case 1:
			bytes[at] = draw(256);
			break;
		case 2:
			bytes[at] = digits[draw(sizeof(digits) - 1)];
			break;
		case 3:
			memmove(bytes + draw(n - more + 1), bytes + at, more);
			break;
		case 4:
			n = draw(8) ? n : at + 1;
			break;
		}
	}
	return n;
}

/* Each input in memory of its own size, so that ASan sees the byte after. */
static void one_round(const struct buf *seed, unsigned int reader)
{
	uint8_t *bytes = malloc(seed->len + 1), *exact;
	size_t n;

	if (!bytes)
		abort();
	bytes[0] = reader;
	memcpy(bytes + 1, seed->data, seed->len);
	n = mutate(bytes + 1, seed->len) + 1;
	exact = realloc(bytes, n);
	if (!exact)
		abort();
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 0) : ROUNDS;
	struct buf seeds[SEEDS] = { { 0 } };
	unsigned int reader[SEEDS];

	state = argc > 1 ? strtoull(argv[1], NULL, 0) : SEED_DEFAULT;
	make_seeds(seeds, reader);
	for (unsigned long i = 0; i < rounds; i++) {
		uint32_t k = draw(SEEDS);

		one_round(&seeds[k], draw(4) ? reader[k] : draw(READERS));
	}
	for (int i = 0; i < SEEDS; i++)
		buf_free(&seeds[i]);
	fclose(nowhere);
	printf("fuzz_initcpio: %lu rounds: ok\n", rounds);
	return 0;
}

#endif
