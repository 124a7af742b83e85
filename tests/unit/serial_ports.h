/* The registers of COM1, by the PC16550D's names, and tests of a COM1 that
 * lacks something. */
#ifndef MKVM_SERIAL_PORTS_H
#define MKVM_SERIAL_PORTS_H

#define RBR 0x3f8
#define THR 0x3f8
#define DLL 0x3f8
#define DLM 0x3f9
#define IER 0x3f9
#define IIR 0x3fa
#define FCR 0x3fa
#define LCR 0x3fb
#define MCR 0x3fc
#define LSR 0x3fd
#define MSR 0x3fe
#define SCR 0x3ff

/* @check, after @how() has seen to what is lacking; its name tells both. */
/* clang-format off */
#define TEST_LACKING(check, how) { #check " " #how, check, how, NULL, NULL }
/* clang-format on */

#endif
