/* Its driver has to look by a timer. */
#define SERIAL_IRQ
#include "serial.asli"
