#include "base/clock.h"

#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/util.h"

#define NS_PER_S INT64_C(1000000000)

#ifndef __APPLE__
static int64_t read_ns(clockid_t id) {
    struct timespec now;
    if (clock_gettime(id, &now) != 0)
        die("this system has no clock %d", (int)id);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}
#endif

int64_t clock_ns(void) {
#ifdef __APPLE__
    /* CLOCK_MONOTONIC is adjusted and microsecond-grained there (facts/deps.md) */
    return (int64_t)clock_gettime_nsec_np(CLOCK_UPTIME_RAW);
#else
    return read_ns(CLOCK_MONOTONIC);
#endif
}

int64_t clock_boot_ns(void) {
#if defined __APPLE__
    return (int64_t)clock_gettime_nsec_np(CLOCK_MONOTONIC_RAW);
#elif defined CLOCK_BOOTTIME
    return read_ns(CLOCK_BOOTTIME);
#else
    return read_ns(CLOCK_MONOTONIC);
#endif
}

int64_t clock_us(void) {
    return clock_ns() / 1000;
}

int64_t clock_cpu_us(void) {
#ifdef __APPLE__
    return (int64_t)clock_gettime_nsec_np(CLOCK_PROCESS_CPUTIME_ID) / 1000;
#else
    return read_ns(CLOCK_PROCESS_CPUTIME_ID) / 1000;
#endif
}

static struct tm utc_now(void) {
    time_t now = time(NULL);
    struct tm utc;
    if (!gmtime_r(&now, &utc))
        die("the wall clock can't be read");
    return utc;
}

void clock_iso(char out[CLOCK_ISO_SIZE]) {
    struct tm utc = utc_now();
    strftime(out, CLOCK_ISO_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

void clock_stamp(char out[CLOCK_ISO_SIZE]) {
    struct tm utc = utc_now();
    strftime(out, CLOCK_ISO_SIZE, "%Y%m%dT%H%M%SZ", &utc);
}

uint64_t clock_entropy(void) {
    uint64_t bits;
    if (getentropy(&bits, sizeof bits) != 0)
        die("the system's random source can't be read");
    return bits;
}
