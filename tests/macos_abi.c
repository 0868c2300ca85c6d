/* Compiled for macOS by tests/macos.sh, never run: the prototypes and layouts that the backend
 * writes down for itself against the system's own headers. */
#include <libproc.h>
#include <mach/mach.h>
#include <mach/mach_time.h>
#include <stddef.h>
#include <sys/proc_info.h>
#include <sys/resource.h>
#include <sys/sysctl.h>

#include "host/darwin_api.h"

#define SAME(mine, theirs) _Static_assert((mine) == (theirs), #theirs)

SAME(4, HOST_VM_INFO64);
SAME(-307, MIG_ARRAY_TOO_LARGE);
SAME(8, offsetof(struct vm_statistics64, inactive_count));
SAME(12, offsetof(struct vm_statistics64, wire_count));
SAME(88, offsetof(struct vm_statistics64, purgeable_count));
SAME(92, offsetof(struct vm_statistics64, speculative_count));
SAME(120, offsetof(struct vm_statistics64, swapouts));
SAME(128, offsetof(struct vm_statistics64, compressor_page_count));
SAME(136, offsetof(struct vm_statistics64, external_page_count));
SAME(32, sizeof(struct xsw_usage));
SAME(16, offsetof(struct xsw_usage, xsu_used));
SAME(1, CTL_KERN);
SAME(49, KERN_PROCARGS2);
SAME(1, PROC_ALL_PIDS);
SAME(3, PROC_PIDTBSDINFO);
SAME(13, PROC_PIDT_SHORTBSDINFO);
SAME(1, PROC_PIDLISTFDS);
SAME(3, PROC_PIDFDSOCKETINFO);
SAME(4096, PROC_PIDPATHINFO_MAXSIZE);
SAME(136, sizeof(struct proc_bsdinfo));
SAME(12, offsetof(struct proc_bsdinfo, pbi_pid));
SAME(16, offsetof(struct proc_bsdinfo, pbi_ppid));
SAME(120, offsetof(struct proc_bsdinfo, pbi_start_tvsec));
SAME(128, offsetof(struct proc_bsdinfo, pbi_start_tvusec));
SAME(64, sizeof(struct proc_bsdshortinfo));
SAME(0, offsetof(struct proc_bsdshortinfo, pbsi_pid));
SAME(4, offsetof(struct proc_bsdshortinfo, pbsi_ppid));
SAME(8, sizeof(struct proc_fdinfo));
SAME(4, offsetof(struct proc_fdinfo, proc_fdtype));
SAME(2, PROX_FDTYPE_SOCKET);
SAME(792, sizeof(struct socket_fdinfo));
SAME(256, offsetof(struct socket_fdinfo, psi.soi_kind));
SAME(268, offsetof(struct socket_fdinfo, psi.soi_proto.pri_tcp.tcpsi_ini.insi_lport));
SAME(344, offsetof(struct socket_fdinfo, psi.soi_proto.pri_tcp.tcpsi_state));
SAME(2, SOCKINFO_TCP);
SAME(1, TSI_S_LISTEN);
SAME(4, RUSAGE_INFO_V4);
SAME(296, sizeof(struct rusage_info_v4));
SAME(64, offsetof(struct rusage_info_v4, ri_resident_size));
SAME(72, offsetof(struct rusage_info_v4, ri_phys_footprint));
SAME(8, sizeof(struct mach_timebase_info));
SAME(0, offsetof(struct mach_timebase_info, numer));

/* Pointers to the system's own functions, of our types: a compiler's warning is the finding. */
struct darwin_api macos_abi(void);
struct darwin_api macos_abi(void) {
    return (struct darwin_api){
        .sysctl = sysctl,
        .sysctl_name = sysctlbyname,
        .host_port = mach_host_self,
        .host_statistics = host_statistics64,
        .port_deallocate = mach_port_deallocate,
        .ticks = mach_absolute_time,
        .ticks_with_sleep = mach_continuous_time,
        .list_pids = proc_listpids,
        .pid_info = proc_pidinfo,
        .pid_path = proc_pidpath,
        .pid_fd_info = proc_pidfdinfo,
        .task = &mach_task_self_,
        .page_size = &vm_kernel_page_size,
    };
}
