/* The same for longer. */
#define ROUNDS 300
#include "blkrounds.c"
