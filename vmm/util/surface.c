/*
 * A screen as text: see surface.h. The code page is the one in the character
 * generator of every PC, IBM's 437; its first 32 characters are pictures.
 */
#include "util/surface.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SPACE 0x20
#define DEL   0x7f
#define FIRST 0x80 /* of those beyond ASCII */

/* The last one, a house, stands where ASCII has DEL. */
static const char low[] = " ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼⌂";
static const char high[] = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒ"
			   "áíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐"
			   "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀"
			   "αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■ ";
static const char low_ascii[] = " oo????.:oO??&&*><|!PS_|^v><L-^v^";
static const char high_ascii[] = "CueaaaaceeeiiiAAEaAooouuyOUcLYPf"
				 "aiounNao?--/4!<>###|++++++|+++++"
				 "++++-++++++++=+++++++++++++#####"
				 "aBGpSsutFTOd8fen=+><()/~o..Vn2# ";

void surface_ega(uint8_t number, uint8_t rgb[3])
{
	for (unsigned int i = 0; i < 3; i++)
		rgb[i] = (number >> (2 - i) & 1) * 0xaa +
			 (number >> (5 - i) & 1) * 0x55;
}

uint8_t surface_usual(unsigned int colour)
{
	if (colour == 6)
		return 0x14; /* brown, not a dark yellow */
	return colour < 8 ? colour : 0x38 | (colour & 7);
}

unsigned int surface_front(uint16_t cell)
{
	return cell >> 8 & 0xf;
}

unsigned int surface_ground(const struct surface *surface, uint16_t cell)
{
	return cell >> 12 & (surface->blinks ? 7 : 0xf);
}

bool surface_is_blank(const struct surface *surface, uint16_t cell)
{
	uint8_t c = cell;

	return !c || c == SPACE || c == 0xff ||
	       surface_front(cell) == surface_ground(surface, cell);
}

/*
 * A black character on black is nobody's text, and a screen that is the same all
 * over is a pattern in memory.
 */
bool surface_is_written(const struct surface *surface)
{
	unsigned int nr = surface->columns * surface->rows;
	bool differs = false;

	for (unsigned int i = 0; i < nr; i++) {
		uint16_t cell = surface->cells[i];

		if (cell >> 8 == 0 && cell != 0 && cell != SPACE)
			return false;
		differs |= cell != surface->cells[0];
	}
	return differs && surface_height(surface);
}

bool surface_wants_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *locale = NULL;

	for (size_t i = 0; i < 3 && (!locale || !*locale); i++)
		locale = getenv(names[i]);
	if (!locale)
		return false;
	locale += strcspn(locale, ".");
	return !strncasecmp(locale, ".utf-8", 6) ||
	       !strncasecmp(locale, ".utf8", 5);
}

/* Character number @n of @text, UTF-8: its length, and it in *@at. */
static size_t find_char(const char *text, unsigned int n, const char **at)
{
	size_t len = 1;

	while (n--)
		while ((*++text & 0xc0) == 0x80)
			;
	while ((text[len] & 0xc0) == 0x80)
		len++;
	*at = text;
	return len;
}

size_t surface_glyph(uint8_t c, bool utf8, char buf[GLYPH_MAX])
{
	bool is_high = c >= FIRST;
	unsigned int n = is_high  ? (unsigned int)c - FIRST :
			 c == DEL ? SPACE :
				    c;
	const char *at = (const char *)&c;
	size_t len = 1;

	if (c >= SPACE && c < DEL)
		; /* as it is */
	else if (utf8)
		len = find_char(is_high ? high : low, n, &at);
	else
		at = &(is_high ? high_ascii : low_ascii)[n];
	memcpy(buf, at, len);
	buf[len] = '\0';
	return len;
}

/* Columns of @row up to the last one with something in it. */
static unsigned int width(const struct surface *surface, unsigned int row)
{
	const uint16_t *cells = &surface->cells[row * surface->columns];
	unsigned int columns = surface->columns;

	while (columns && surface_is_blank(surface, cells[columns - 1]))
		columns--;
	return columns;
}

size_t surface_text(const struct surface *surface, unsigned int row, bool utf8,
		    char buf[SURFACE_TEXT_MAX])
{
	const uint16_t *cells = &surface->cells[row * surface->columns];
	unsigned int columns = width(surface, row);
	size_t len = 0;

	for (unsigned int i = 0; i < columns; i++) {
		bool blank = surface_is_blank(surface, cells[i]);

		len += surface_glyph(blank ? SPACE : cells[i], utf8, buf + len);
	}
	buf[len] = '\0';
	return len;
}

unsigned int surface_height(const struct surface *surface)
{
	unsigned int rows = surface->mode == SURFACE_GRAPHICS ? 0 :
								surface->rows;

	while (rows && !width(surface, rows - 1))
		rows--;
	return rows;
}

char *surface_lines(const struct surface *surface, bool utf8,
		    const char *before, size_t *len)
{
	unsigned int rows = surface_height(surface);
	size_t before_len = strlen(before);
	char *buf = malloc(rows * (before_len + SURFACE_TEXT_MAX + 1) + 1);

	*len = 0;
	for (unsigned int row = 0; buf && row < rows; row++) {
		memcpy(buf + *len, before, before_len);
		*len += before_len;
		*len += surface_text(surface, row, utf8, buf + *len);
		buf[(*len)++] = '\n';
	}
	if (buf)
		buf[*len] = '\0';
	return buf;
}
