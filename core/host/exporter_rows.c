/* Series, labels and units as facts: telemetry C has them, with sources. */
#include "host/exporter_rows.h"

#include <string.h>

#include "base/util.h"

#define GIB (1024.0 * 1024 * 1024)

static const struct {
    const char *prefix, *title;
} exporters[EXPORTER_COUNT] = {
    [EXPORTER_SIM] = {"sim_", "the simulated machine"},
    [EXPORTER_MACMON] = {"macmon_", "macmon"},
    [EXPORTER_MACTOP] = {"mactop_", "mactop"},
    [EXPORTER_ALLSMI] = {"all_smi_", "all-smi"},
    [EXPORTER_ASIAI] = {"asiai_", "asiai"},
    [EXPORTER_DCGM] = {"DCGM_FI_", "dcgm-exporter"},
    [EXPORTER_NVIDIA] = {"nvidia_smi_", "nvidia_gpu_exporter"},
    [EXPORTER_NODE] = {"node_", "node_exporter"},
};

const char *exporter_title(enum exporter_id exporter) {
    return exporters[exporter].title;
}

int exporter_of(const char *series) {
    for (int id = 0; id < EXPORTER_COUNT; id++)
        if (strncmp(series, exporters[id].prefix, strlen(exporters[id].prefix)) == 0)
            return id;
    return -1;
}

const struct exporter_row exporter_rows[] = {
    {EXPORTER_SIM, "sim_energy_joules_total", .tells = TELLS_JOULES, .rail = "", .from = "rail"},
    {EXPORTER_SIM, "sim_energy_published_seconds", .tells = TELLS_PUBLISHED, .rail = "",
     .from = "rail"},
    {EXPORTER_SIM, "sim_swap_used_bytes", .tells = TELLS_SWAP},
    {EXPORTER_SIM, "sim_swapouts_total", .tells = TELLS_SWAPOUTS},
    {EXPORTER_SIM, "sim_thermal_pressure_level", .tells = TELLS_PRESSURE},
    {EXPORTER_SIM, "sim_memory_free_bytes", .tells = TELLS_FREE},
    {EXPORTER_SIM, "sim_power_source", .tells = TELLS_SOURCE, .from = "source"},
    {EXPORTER_SIM, "sim_kv_tokens", .tells = TELLS_KV},

    {EXPORTER_MACMON, "macmon_gpu_power_watts", .tells = TELLS_WATTS_PART},
    {EXPORTER_MACMON, "macmon_cpu_power_watts", .tells = TELLS_WATTS_PART},
    {EXPORTER_MACMON, "macmon_ane_power_watts", .tells = TELLS_WATTS_PART},
    {EXPORTER_MACMON, "macmon_ram_power_watts", .tells = TELLS_WATTS_PART},
    {EXPORTER_MACMON, "macmon_cpu_temp_celsius", .tells = TELLS_TEMPERATURE},
    {EXPORTER_MACMON, "macmon_gpu_temp_celsius", .tells = TELLS_TEMPERATURE},
    {EXPORTER_MACMON, "macmon_gpu_active_ratio", .tells = TELLS_BUSY, .factor = 100},
    {EXPORTER_MACMON, "macmon_memory_swap_used_bytes", .tells = TELLS_SWAP},
    {EXPORTER_MACMON, "macmon_memory_ram_total_bytes", .tells = TELLS_FREE, .whole = true},
    {EXPORTER_MACMON, "macmon_memory_ram_used_bytes", .tells = TELLS_FREE, .factor = -1,
     .whole = true},

    /* component "total" is the larger of these and another sensor, "system" only the rest */
    {EXPORTER_MACTOP, "mactop_power_watts", .tells = TELLS_WATTS_PART, .label = "component",
     .value = "gpu"},
    {EXPORTER_MACTOP, "mactop_power_watts", .tells = TELLS_WATTS_PART, .label = "component",
     .value = "cpu"},
    {EXPORTER_MACTOP, "mactop_power_watts", .tells = TELLS_WATTS_PART, .label = "component",
     .value = "ane"},
    {EXPORTER_MACTOP, "mactop_power_watts", .tells = TELLS_WATTS_PART, .label = "component",
     .value = "dram"},
    {EXPORTER_MACTOP, "mactop_thermal_state", .tells = TELLS_STATE},
    {EXPORTER_MACTOP, "mactop_soc_temp_celsius", .tells = TELLS_TEMPERATURE},
    {EXPORTER_MACTOP, "mactop_gpu_temp_celsius", .tells = TELLS_TEMPERATURE},
    {EXPORTER_MACTOP, "mactop_gpu_usage_percent", .tells = TELLS_BUSY},
    {EXPORTER_MACTOP, "mactop_memory_gb", .tells = TELLS_SWAP, .factor = GIB, .label = "type",
     .value = "swap_used"},
    {EXPORTER_MACTOP, "mactop_memory_gb", .tells = TELLS_FREE, .factor = GIB, .label = "type",
     .value = "total", .whole = true},
    {EXPORTER_MACTOP, "mactop_memory_gb", .tells = TELLS_FREE, .factor = -GIB, .label = "type",
     .value = "used", .whole = true},

    /* its energy counters are sums of these watts */
    {EXPORTER_ALLSMI, "all_smi_chassis_power_watts", .tells = TELLS_WATTS},
    {EXPORTER_ALLSMI, "all_smi_gpu_power_consumption_watts", .tells = TELLS_WATTS_PART},
    {EXPORTER_ALLSMI, "all_smi_cpu_power_consumption_watts", .tells = TELLS_WATTS_PART},
    {EXPORTER_ALLSMI, "all_smi_ane_power_watts", .tells = TELLS_WATTS_PART},
    {EXPORTER_ALLSMI, "all_smi_chassis_thermal_pressure_info", .tells = TELLS_LEVEL,
     .from = "level"},
    {EXPORTER_ALLSMI, "all_smi_thermal_pressure_info", .tells = TELLS_LEVEL, .from = "level"},
    {EXPORTER_ALLSMI, "all_smi_gpu_temperature_celsius", .tells = TELLS_TEMPERATURE},
    {EXPORTER_ALLSMI, "all_smi_gpu_utilization", .tells = TELLS_BUSY},
    {EXPORTER_ALLSMI, "all_smi_swap_used_bytes", .tells = TELLS_SWAP},
    {EXPORTER_ALLSMI, "all_smi_memory_available_bytes", .tells = TELLS_FREE},

    /* its thermal "speed limit" is made up, so it is left out */
    {EXPORTER_ASIAI, "asiai_power_total_watts", .tells = TELLS_WATTS},
    {EXPORTER_ASIAI, "asiai_gpu_utilization_pct", .tells = TELLS_BUSY},

    {EXPORTER_DCGM, "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", .tells = TELLS_JOULES, .factor = 1e-3,
     .rail = "GPU", .from = "gpu"},
    {EXPORTER_DCGM, "DCGM_FI_DEV_POWER_USAGE", .tells = TELLS_WATTS_PART},
    {EXPORTER_DCGM, "DCGM_FI_DEV_GPU_TEMP", .tells = TELLS_TEMPERATURE},
    {EXPORTER_DCGM, "DCGM_FI_DEV_GPU_UTIL", .tells = TELLS_BUSY},
    {EXPORTER_DCGM, "DCGM_FI_DEV_THERMAL_VIOLATION", .tells = TELLS_THROTTLES},

    {EXPORTER_NVIDIA, "nvidia_smi_power_draw_watts", .tells = TELLS_WATTS_PART},
    {EXPORTER_NVIDIA, "nvidia_smi_temperature_gpu", .tells = TELLS_TEMPERATURE},
    {EXPORTER_NVIDIA, "nvidia_smi_utilization_gpu_ratio", .tells = TELLS_BUSY, .factor = 100},
    {EXPORTER_NVIDIA, "nvidia_smi_clocks_event_reasons_hw_thermal_slowdown", .tells = TELLS_SLOWED},
    {EXPORTER_NVIDIA, "nvidia_smi_clocks_event_reasons_sw_thermal_slowdown", .tells = TELLS_SLOWED},

    /* core and uncore lie within the package, psys holds it */
    {EXPORTER_NODE, "node_rapl_package_joules_total", .tells = TELLS_JOULES, .rail = "package-",
     .from = "index"},
    {EXPORTER_NODE, "node_rapl_dram_joules_total", .tells = TELLS_JOULES, .rail = "dram-",
     .from = "index"},
    {EXPORTER_NODE, "node_cpu_core_throttles_total", .tells = TELLS_THROTTLES},
    {EXPORTER_NODE, "node_cpu_package_throttles_total", .tells = TELLS_THROTTLES},
    {EXPORTER_NODE, "node_hwmon_temp_celsius", .tells = TELLS_TEMPERATURE, .label = "chip",
     .value = "platform_coretemp*"},
    {EXPORTER_NODE, "node_thermal_zone_temp", .tells = TELLS_TEMPERATURE, .label = "type",
     .value = "x86_pkg_temp"},
    {EXPORTER_NODE, "node_thermal_zone_temp", .tells = TELLS_TEMPERATURE, .label = "type",
     .value = "cpu*"},
    {EXPORTER_NODE, "node_drm_gpu_busy_percent", .tells = TELLS_BUSY},
    {EXPORTER_NODE, "node_memory_SwapTotal_bytes", .tells = TELLS_SWAP, .whole = true},
    {EXPORTER_NODE, "node_memory_SwapFree_bytes", .tells = TELLS_SWAP, .factor = -1, .whole = true},
    {EXPORTER_NODE, "node_memory_swap_used_bytes", .tells = TELLS_SWAP},
    {EXPORTER_NODE, "node_memory_MemAvailable_bytes", .tells = TELLS_FREE},
    {EXPORTER_NODE, "node_vmstat_pswpout", .tells = TELLS_SWAPOUTS},
    {EXPORTER_NODE, "node_pressure_memory_waiting_seconds_total", .tells = TELLS_STALLED},
};
const size_t exporter_row_count = COUNT_OF(exporter_rows);
