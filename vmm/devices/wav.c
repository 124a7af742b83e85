/*
 * Sound in a file: RIFF WAVE, linear PCM (Microsoft, "Multimedia Programming
 * Interface and Data Specifications 1.0": Waveform Audio File Format).
 *
 * Silence is not written: it is a hole of the file, where file systems have them.
 * After each piece of sound the header says how much there is.
 */
#include "devices/wav.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/log.h"

#define FORMAT_PCM   1
#define CHANNELS     1
#define SAMPLE_BYTES 2

struct header {
	char riff[4];
	uint32_t riff_bytes; /* that follow */
	char wave_fmt[8];
	uint32_t fmt_bytes; /* of what follows up to `list` */
	uint16_t format, channels;
	uint32_t hz, bytes_per_second;
	uint16_t block, bits;
	char list[4]; /* what is known of it: the program that wrote it */
	uint32_t list_bytes;
	char info_isft[8];
	uint32_t name_bytes;
	char name[8];
	char data[4];
	uint32_t data_bytes;
};

static struct header header_of(int64_t samples)
{
	uint32_t bytes = samples * SAMPLE_BYTES;

	return (struct header){
		.riff = "RIFF",
		.riff_bytes = sizeof(struct header) - 8 + bytes,
		.wave_fmt = "WAVEfmt ",
		.fmt_bytes = 16,
		.format = FORMAT_PCM,
		.channels = CHANNELS,
		.hz = WAV_HZ,
		.bytes_per_second = WAV_HZ * SAMPLE_BYTES,
		.block = SAMPLE_BYTES,
		.bits = 8 * SAMPLE_BYTES,
		.list = "LIST",
		.list_bytes = 20,
		.info_isft = "INFOISFT",
		.name_bytes = sizeof("kvm-vmm"),
		.name = "kvm-vmm",
		.data = "data",
		.data_bytes = bytes,
	};
}

/* Empty, or it begins as ours do, however long it says that it is: what another
 * program has written, if only over ours, has another header. */
static bool is_ours(int fd)
{
	struct header found, ours = header_of(0);
	ssize_t len = pread(fd, &found, sizeof(found), 0);

	found.riff_bytes = ours.riff_bytes;
	found.data_bytes = 0;
	return !len ||
	       (len == sizeof(found) && !memcmp(&found, &ours, sizeof(found)));
}

/* NULL, or why the open file cannot be taken. */
static const char *take(int fd)
{
	struct header header = header_of(0);
	struct stat st;

	if (fstat(fd, &st))
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "it is no regular file";
	if (flock(fd, LOCK_EX | LOCK_NB))
		return "another guest records there";
	if (!is_ours(fd))
		return "it exists, and kvm-vmm has not written it; name "
		       "another file, or remove it";
	if (ftruncate(fd, 0) ||
	    pwrite(fd, &header, sizeof(header), 0) != sizeof(header))
		return strerror(errno);
	return NULL;
}

int wav_open(const char *option, const char *path)
{
	int fd = open(path,
		      O_RDWR | O_CREAT | O_NOCTTY | O_CLOEXEC | O_NONBLOCK,
		      0666);
	const char *why = fd < 0 ? strerror(errno) : take(fd);

	if (!why)
		return fd;
	log_error("%s %s: %s", option, path, why);
	if (fd >= 0)
		close(fd);
	return -EINVAL;
}

/* A disk that is full loses a piece; the header counts what is there. */
void wav_flush(struct wav *wav)
{
	size_t bytes = wav->len * SAMPLE_BYTES;
	int64_t end = wav->from + wav->len;
	struct header header;

	if (!wav->len)
		return;
	wav->len = 0;
	if (pwrite(wav->fd, wav->buffer, bytes,
		   sizeof(header) + wav->from * SAMPLE_BYTES) != (ssize_t)bytes)
		return;
	header = header_of(end);
	if (pwrite(wav->fd, &header, sizeof(header), 0) != sizeof(header))
		return; /* what follows makes up for it */
}

void wav_put(struct wav *wav, int64_t at, int16_t val)
{
	if (at >= WAV_SAMPLES_MAX || (!wav->len && !val))
		return;
	if (wav->len == WAV_BUFFER || (wav->len && at != wav->from + wav->len))
		wav_flush(wav);
	if (!wav->len)
		wav->from = at;
	wav->buffer[wav->len++] = val;
}
