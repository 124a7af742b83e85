/*
 * The PC's speaker, recorded: --sound. What drives it is the output of the timer's
 * counter 2 AND bit 1 of port 0x61 (IBM PC/AT Technical Reference, "Speaker").
 *
 * Nothing is played and nothing ticks: the level of each of the timer's clocks
 * follows from its registers, and is worked out when the guest changes one, and
 * four times a second while a tone lasts. A sample is the average of its 27
 * clocks, so that programs which talk by the width of pulses are understood. A
 * level that stays is silence, as on a speaker behind a capacitor.
 */
#include "devices/speaker.h"

#include <stdlib.h>
#include <unistd.h>

#include "devices/wav.h"
#include "util/log.h"

#define OPTION	   "--sound"
#define LEVEL	   16000 /* of a pin that is high */
#define DECAY	   256	 /* samples in which a level loses 63 % */
#define FOLLOWS_HZ 4	 /* while there is something to be heard */

struct speaker {
	int64_t begin; /* clock of the first sample */
	int64_t clock; /* up to which it was listened to, */
	int64_t at;    /* in the middle of this sample, */
	int64_t high;  /* of which so many clocks were high */
	int64_t next;  /* clock of the next look; of no use if it has passed */
	int level;     /* of the last whole sample */
	int heard;     /* behind the capacitor */
	bool is_full;
	struct wav wav;
};

void speaker_close(struct speaker *speaker)
{
	if (!speaker)
		return;
	wav_flush(&speaker->wav);
	close(speaker->wav.fd);
	free(speaker);
}

/* The clock at which sample @at begins. */
static int64_t clock_of(const struct speaker *s, int64_t at)
{
	return s->begin + at / WAV_HZ * PIT_HZ + at % WAV_HZ * PIT_HZ / WAV_HZ;
}

/* The last sample that begins by @clock. */
static int64_t sample_at(const struct speaker *s, int64_t clock)
{
	int64_t since = clock - s->begin;
	int64_t at = since / PIT_HZ * WAV_HZ + since % PIT_HZ * WAV_HZ / PIT_HZ;

	return clock_of(s, at + 1) <= clock ? at + 1 : at;
}

/* Time that was not listened to is silence; of a guest that began before, the
 * recording does not. */
void speaker_begin(struct speaker *speaker, int64_t t)
{
	struct speaker *s = speaker;

	if (!s)
		return;
	wav_flush(&s->wav);
	if (!s->at)
		s->begin = t;
	else if (t < s->clock)
		s->begin += t - s->clock;
	s->at = sample_at(s, t);
	s->clock = clock_of(s, s->at);
	s->high = s->level = s->heard = 0;
}

struct speaker *speaker_open(const void *config, int64_t t)
{
	const int *fd = config;
	struct speaker *s = fd && *fd >= 0 ? calloc(1, sizeof(*s)) : NULL;

	if (!s)
		return NULL;
	s->wav.fd = *fd;
	speaker_begin(s, t);
	return s;
}

/* The capacitor lets through what changes. */
static int decay(int heard)
{
	return heard - heard / DECAY - (heard > 0) + (heard < 0);
}

static void end_sample(struct speaker *s, int64_t clocks)
{
	int level = s->high * LEVEL / clocks;

	s->heard = decay(s->heard + level - s->level);
	s->level = level;
	wav_put(&s->wav, s->at++, s->heard);
	s->high = 0;
}

/* Silence for the rest of this sample, and the next ones up to clock @end. */
static bool skip(struct speaker *s, int level, int64_t end)
{
	if (s->heard || s->level != level || s->clock != clock_of(s, s->at))
		return false;
	wav_flush(&s->wav);
	s->at = sample_at(s, end);
	s->clock = clock_of(s, s->at);
	return true;
}

/* The pin is @level up to clock @end. */
static void stay(struct speaker *s, bool level, int64_t end)
{
	while (s->clock < end) {
		int64_t first = clock_of(s, s->at),
			last = clock_of(s, s->at + 1);
		int64_t stop = last < end ? last : end;

		if (last <= end && skip(s, level ? LEVEL : 0, end))
			continue;
		s->high += level ? stop - s->clock : 0;
		s->clock = stop;
		if (stop == last)
			end_sample(s, last - first);
	}
}

static void check_length(struct speaker *s)
{
	if (s->is_full || s->at < WAV_SAMPLES_MAX)
		return;
	s->is_full = true;
	log_warn(OPTION ": an hour is recorded, and no more will be");
}

void speaker_follow(struct speaker *speaker, struct counter *c, bool on,
		    int64_t t)
{
	struct speaker *s = speaker;

	if (!s)
		return;
	while (s->clock < t && !s->is_full) {
		int64_t edge = on ? counter_edge(c, s->clock) : t;
		int64_t end = edge < t ? edge : t;

		stay(s, on && counter_out(c, s->clock), end);
		if (on)
			counter_follow(c, end);
	}
	check_length(s);
	if (t >= s->next)
		wav_flush(&s->wav);
}

int64_t speaker_next(struct speaker *speaker, const struct counter *c, bool on,
		     int64_t t)
{
	struct speaker *s = speaker;

	if (!s || s->is_full)
		return CLOCK_NEVER;
	if (!s->heard && (!on || counter_edge(c, t) == CLOCK_NEVER))
		return CLOCK_NEVER;
	if (s->next <= t)
		s->next = t + PIT_HZ / FOLLOWS_HZ;
	return s->next;
}
