/* Whether this is built with a sanitizer, whose runtime makes calls and keeps memory
 * of its own (`make san`). */
#ifndef MKVM_UTIL_SANITIZED_H
#define MKVM_UTIL_SANITIZED_H

#ifndef __has_feature
#define __has_feature(what) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
	__has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

#endif
