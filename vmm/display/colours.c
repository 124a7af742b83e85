/* Colours that a terminal has, for those that it may not have: see colours.h. */
#include "display/colours.h"

#define CUBE_FIRST  16
#define CUBE_SIDE   6
#define GREY_FIRST  232
#define GREYS	    24
#define GREY_DARK   8 /* the first */
#define GREY_STEP   10
#define LEVEL_FIRST 95 /* of a cube's side, behind 0 */
#define LEVEL_STEP  40

static unsigned int level_at(unsigned int at)
{
	return at ? LEVEL_FIRST + (at - 1) * LEVEL_STEP : 0;
}

/* The place on a side of the cube that is nearest to @part. */
static unsigned int nearest_level(unsigned int part)
{
	unsigned int at = 0;

	while (at + 1 < CUBE_SIDE &&
	       2 * part >= level_at(at) + level_at(at + 1))
		at++;
	return at;
}

static unsigned int nearest_grey(unsigned int light)
{
	const unsigned int half = GREY_STEP / 2;
	const unsigned int at = light + half < GREY_DARK ?
					0 :
					(light + half - GREY_DARK) / GREY_STEP;

	return at < GREYS ? at : GREYS - 1;
}

static unsigned int distance(const unsigned int a[3], const unsigned int b[3])
{
	unsigned int sum = 0;

	for (int i = 0; i < 3; i++)
		sum += (a[i] - b[i]) * (a[i] - b[i]);
	return sum;
}

unsigned int colours_256(uint32_t rgb)
{
	const unsigned int want[3] = { rgb >> 16 & 0xff, rgb >> 8 & 0xff,
				       rgb & 0xff };
	unsigned int number = 0, light = 0, cube[3];

	for (int i = 0; i < 3; i++) {
		const unsigned int at = nearest_level(want[i]);

		number = number * CUBE_SIDE + at;
		cube[i] = level_at(at);
		light += want[i];
	}
	const unsigned int at = nearest_grey(light / 3);
	const unsigned int part = GREY_DARK + at * GREY_STEP;
	const unsigned int grey[3] = { part, part, part };

	return distance(want, grey) < distance(want, cube) ?
		       GREY_FIRST + at :
		       CUBE_FIRST + number;
}
