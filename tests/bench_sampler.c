/* bench_sampler SECONDS BEATS: what the sampler takes of a core at its own pace, on this machine
 * with an exporter beside it; and what it holds more after so many beats than after a tenth. */
#include "beat_rig.h"
#include "host/sampler.h"

static double share_of_core(int port, int seconds) {
    struct run run = beat_run(port);
    struct queue *queue = queue_new((size_t)1 << 20);
    struct beats beats = {0};
    struct sampler *sampler = sampler_start(&run, queue, clock_ns(), &engine_processes);
    sleep(2); /* what is done once */
    int64_t cpu_us = clock_cpu_us(), from_us = clock_us();
    for (int i = 0; i < seconds; i++) {
        sleep(1);
        take_pushed(queue, &beats);
    }
    double share = (double)(clock_cpu_us() - cpu_us) / (double)(clock_us() - from_us);
    sampler_stop(sampler);
    take_pushed(queue, &beats);
    queue_free(queue);
    run_done(&run);
    return share;
}

int main(int argc, char **argv) {
    if (argc != 3)
        die("usage: bench_sampler SECONDS BEATS");
    http_global_init();
    struct beat_exporter exporter = exporter_begin(600);
    double share = share_of_core(exporter.port, (int)strtol(argv[1], NULL, 10));
    exporter_end(&exporter);
    exporter = exporter_begin(20);
    struct beats beats = run_beats(exporter.port, (int)strtol(argv[2], NULL, 10));
    exporter_end(&exporter);
    long more = beats.held_after > beats.held_before ? beats.held_after - beats.held_before : 0;
    printf("sampler_pct=%.3f samples=%zu rails=%zu rss_kb=%ld held_bytes=%ld beat_us=%.1f\n",
           100 * share, beats.samples, beats.rails, beats.rss_after_kb - beats.rss_before_kb,
           beats.held_before < 0 ? -1 : more,
           (double)beats.cpu_us / (0.9 * (double)strtol(argv[2], NULL, 10)));
    http_global_done();
    return 0;
}
