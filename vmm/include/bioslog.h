/* The port that a BIOS writes its messages to: with firmware, one is planned. */
#ifndef MKVM_BIOSLOG_H
#define MKVM_BIOSLOG_H

#include "device.h"

extern const struct device_type bioslog;

#endif
