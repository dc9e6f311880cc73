/* sanitize.h - what the sanitizers cannot see for themselves: memory that may not be touched, told
 * to AddressSanitizer by allocators that cut blocks from larger ones; and bytes that a library
 * wrote, which MemorySanitizer, seeing instrumented code only, takes for never written.  In other
 * builds these are nothing. */
#ifndef ORR_BASE_SANITIZE_H
#define ORR_BASE_SANITIZE_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define ORR_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ORR_ASAN 1
#elif __has_feature(memory_sanitizer)
#define ORR_MSAN 1
#elif __has_feature(thread_sanitizer)
#define ORR_TSAN 1
#endif
#elif defined(__SANITIZE_THREAD__)
#define ORR_TSAN 1
#endif
/* Terabytes of addresses are the sanitizer's: no limit on them (RLIMIT_AS) can stand. */
#if defined(ORR_ASAN) || defined(ORR_MSAN) || defined(ORR_TSAN)
#define ORR_HAS_SHADOW true
#else
#define ORR_HAS_SHADOW false
#endif

#ifdef ORR_ASAN
#include <sanitizer/asan_interface.h>
/* From here on a read or write of p[0..size) ends the program with a report. */
static inline void orr_hide(const void *p, size_t size) { ASAN_POISON_MEMORY_REGION(p, size); }
/* It may be touched again. */
static inline void orr_show(const void *p, size_t size) { ASAN_UNPOISON_MEMORY_REGION(p, size); }
#else
static inline void orr_hide(const void *p, size_t size) { (void)p, (void)size; }
static inline void orr_show(const void *p, size_t size) { (void)p, (void)size; }
#endif

#ifdef ORR_MSAN
#include <sanitizer/msan_interface.h>
/* A library wrote p[0..size). */
static inline void orr_filled(const void *p, size_t size) { __msan_unpoison(p, size); }
#else
static inline void orr_filled(const void *p, size_t size) { (void)p, (void)size; }
#endif
#endif
