/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * time - simulated time is whole cycles of the machine's clock; text is in seconds.
 */
#ifndef SIM_TIME_H
#define SIM_TIME_H

#include <stdint.h>

typedef uint64_t cycles_t; /* cycles of the machine's clock */

/* Time as users write it, in whole picoseconds: 1ns = 1000, 1s = 10^12 (213 days fit). */
__extension__ typedef unsigned __int128 time_wide; /* for products only */
typedef uint64_t ps_t;
#define PS_PER_NS UINT64_C(1000)
#define PS_PER_US UINT64_C(1000000)
#define PS_PER_MS UINT64_C(1000000000)
#define PS_PER_S UINT64_C(1000000000000)

/* ps picoseconds in cycles of a clock of hz, rounded to nearest, halves up. */
static inline cycles_t time_cycles(ps_t ps, uint64_t hz)
{
	return (cycles_t)(((time_wide)ps * hz + PS_PER_S / 2) / PS_PER_S);
}

/* cycles of a clock of hz in picoseconds, rounded to nearest, halves up. */
static inline ps_t time_ps(cycles_t cycles, uint64_t hz)
{
	return (ps_t)(((time_wide)cycles * PS_PER_S + hz / 2) / hz);
}

#endif
