/*
 * SLOW: a function off the way that every VM exit takes. Apart from its caller
 * it costs that one neither saved registers nor a stack to protect.
 */
#ifndef MKVM_SLOW_H
#define MKVM_SLOW_H

#define SLOW __attribute__((noinline, cold))

#endif
