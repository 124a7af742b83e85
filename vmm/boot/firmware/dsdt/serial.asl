#define SERIAL_IRQ IRQNoFlags () { 4 }
#include "serial.asli"
