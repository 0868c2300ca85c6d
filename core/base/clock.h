/* clock: the only caller of clock_gettime. Monotonic time for everything measured; wall time only
 * to say when a run took place. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Monotonic, does not tick asleep on macOS (CLOCK_UPTIME_RAW), CLOCK_MONOTONIC elsewhere. */
int64_t clock_ns(void);
int64_t clock_us(void);

/* Likewise, but goes on while the machine sleeps. */
int64_t clock_boot_ns(void);

/* CPU time this process used (all threads), µs. */
int64_t clock_cpu_us(void);

/* Wall time in UTC: "2026-11-20T18:02:11Z" and "20261120T180211Z". */
#define CLOCK_ISO_SIZE 24
void clock_iso(char out[CLOCK_ISO_SIZE]);
void clock_stamp(char out[CLOCK_ISO_SIZE]);

/* 64 bits from the system's random source, for salts and run names. */
uint64_t clock_entropy(void);

#endif
