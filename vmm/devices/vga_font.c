/* The font of the text screen: Joseph Gil's, which is in the public domain and in the
 * ROM of most emulated PCs; tools/vgafont takes it out of one. */
#include <font.vga.h> /* made by tools/vgafont */
#include "vga.h"

#define LINES	   16
#define FONT_LINES 32 /* that plane 2 has for each character */

uint8_t vga_font_line(unsigned int at)
{
	unsigned int line = at % FONT_LINES;

	return line < LINES ? vga_font[at / FONT_LINES % 256 * LINES + line] :
			      0;
}
