/* The timer, for speaker_plug.c, which makes one that is listened to. */
#ifndef MKVM_PIT_H
#define MKVM_PIT_H

#include "device.h"

extern const struct device_type pit_device;

#endif
