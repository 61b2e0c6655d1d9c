/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * port - the only place that knows compilers and byte order.
 */
#ifndef SIM_PORT_H
#define SIM_PORT_H

#if !defined(__GNUC__)
#error "gcc or clang is needed: attributes and __builtin_* are used"
#endif
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "a little-endian host is needed: guest memory is kept in host order"
#endif

#include <stddef.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

#define PORT_PRINTF(fmt_index, first_arg) __attribute__((format(printf, fmt_index, first_arg)))
#define PORT_NORETURN __attribute__((noreturn))
#define PORT_HOT __attribute__((hot))
#define PORT_COLD __attribute__((cold))
#define PORT_NOINLINE __attribute__((noinline))
#define PORT_LIKELY(x) __builtin_expect(!!(x), 1)
#define PORT_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define PORT_PREFETCH(p) __builtin_prefetch(p)
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Ask for large pages under n_bytes at p (page aligned); a hint, so its failure is no error. */
static inline void port_huge_pages(void *p, size_t n_bytes)
{
#if defined(__linux__) && defined(MADV_HUGEPAGE)
	madvise(p, n_bytes, MADV_HUGEPAGE);
#else
	(void)p;
	(void)n_bytes;
#endif
}

#endif
