/* A sound that is recorded: a WAV file of 16-bit samples, one channel. */
#ifndef MKVM_WAV_H
#define MKVM_WAV_H

#include <stdint.h>

#define WAV_HZ 44100

/* An hour of sound and silence, 303 MiB: what comes later is not recorded. */
#define WAV_SAMPLES_MAX (3600LL * WAV_HZ)

#define WAV_BUFFER 4096 /* samples */

struct wav {
	int fd;
	int64_t from; /* of the first in the buffer */
	unsigned int len;
	int16_t buffer[WAV_BUFFER];
};

/*
 * Opens @path for @option, empty: a new file, or one that this has written before.
 * Returns the descriptor, or -errno after one message.
 */
int wav_open(const char *option, const char *path);

/*
 * Sample number @at is @val: 0 where none was put, and numbers only grow. The file
 * is a whole one after each wav_flush(), wherever the program ends.
 */
void wav_put(struct wav *wav, int64_t at, int16_t val);
void wav_flush(struct wav *wav);

#endif
