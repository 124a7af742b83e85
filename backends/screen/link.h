/*
 * A back end's end of the talk with kvm-vmm about a guest's screen:
 * vmm/util/screen_link.h. Its descriptors are the socket, the picture's memory, the
 * one for messages, and those that listen for people, in this order.
 */
#ifndef BACKENDS_SCREEN_LINK_H
#define BACKENDS_SCREEN_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/util/screen_link.h"

#define LINK_SOCKET    0
#define LINK_MEMORY    1
#define LINK_LISTENER  3 /* the first; there may be a second */
#define LINK_LISTENERS 2

enum link_state { LINK_THERE, LINK_GONE, LINK_LIES };

/* Maps the memory, and finds who listens. False: these are not the descriptors. */
bool link_open(void);

/* How many descriptors listen. They do not block. */
extern unsigned int link_listeners;

/* Takes a call at @listener: its descriptor, or -1. One beyond @limit is hung up on:
 * without any left, it would be there for ever. */
int link_accept(int listener, int limit);

/* The picture, which belongs to us from one SCREEN_LINK_PICTURE to the next
 * link_want(). */
extern const uint32_t *link_pixels;

/* Takes the messages that have come to @take, whose numbers are within their bounds;
 * with @wait, one, which comes. */
enum link_state link_receive(void (*take)(const struct screen_link_message *),
			     bool wait);

/* Says it. What the other side has no room for is lost, but for the next two. */
void link_say(const struct screen_link_message *message);

/* Whether anybody looks, and wants what changes; asks for it again if it was
 * not answered yet. */
void link_want(bool on);

void link_key(unsigned int code, bool down);
void link_pointer(int dx, int dy, int wheel, unsigned int buttons);

#endif
