/* The palette of 256 colours that xterm has and others have of it. */
#ifndef MKVM_DISPLAY_COLOURS_H
#define MKVM_DISPLAY_COLOURS_H

#include <stdint.h>

/* The number, 16 to 255, of the colour that is most like @rgb, 0xRRGGBB: one of a
 * cube of 6 by 6 by 6, or of 24 greys. The first 16 are the user's own. */
unsigned int colours_256(uint32_t rgb);

#endif
