/// Named groups of system calls, for `system_calls`. The calls are the kernel's names over all architectures; where a
/// kernel or a machine lacks one, there is nothing to allow or to forbid.
package struct SystemCallGroup: Sendable {
  /// Without the @.
  package let name: String
  /// One line for inetd.d(5) and inetctl explain.
  package let help: String
  private let text: String
  /// Groups that are part of this one.
  package let includes: [String]

  private init(_ name: String, _ help: String, _ text: String = "", includes: [String] = []) {
    self.name = name
    self.help = help
    self.text = text
    self.includes = includes
  }

  /// The names of the calls, those of the included groups too.
  package var calls: [String] {
    let own = text.utf8.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
    return includes.reduce(own) { calls, name in calls + (SystemCallGroup.named(name)?.calls ?? []) }
  }

  package static func named(_ name: String) -> SystemCallGroup? { all.first { $0.name == name } }

  package static let all: [SystemCallGroup] = [
    SystemCallGroup(
      "default", "what every program needs: to start, to end, to have memory and time",
      """
      access arch_prctl brk clock_getres clock_gettime clock_nanosleep close close_range execve execveat exit \
      exit_group faccessat faccessat2 fcntl fstat fstat64 fstatat64 futex futex_wait futex_waitv futex_wake \
      get_robust_list get_thread_area getegid geteuid getgid getgroups getpgid getpgrp getpid getppid \
      getrandom getresgid getresuid getrlimit getsid gettid gettimeofday getuid lstat lstat64 madvise \
      membarrier mmap mmap2 mprotect mremap mseal munmap nanosleep newfstatat pause prlimit64 read readv \
      restart_syscall riscv_flush_icache rseq rt_sigaction rt_sigprocmask rt_sigreturn sched_getaffinity \
      sched_yield set_robust_list set_thread_area set_tid_address sigaction sigprocmask sigreturn stat stat64 \
      statx time times ugetrlimit umask uname wait4 waitid waitpid write writev
      """),
    SystemCallGroup(
      "aio", "asynchronous input and output",
      """
      io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit
      """),
    SystemCallGroup(
      "basic-io", "reading and writing what is open",
      """
      _llseek close close_range copy_file_range dup dup2 dup3 lseek pread64 preadv preadv2 pwrite64 pwritev \
      pwritev2 read readv sendfile sendfile64 splice tee vmsplice write writev
      """),
    SystemCallGroup(
      "file-system", "files and directories",
      """
      access arm_fadvise64_64 chdir chmod close creat faccessat faccessat2 fadvise64 fadvise64_64 fallocate \
      fchdir fchmod fchmodat fchmodat2 fcntl fcntl64 fgetxattr flistxattr flock fremovexattr fsetxattr fstat \
      fstat64 fstatat64 fstatfs fstatfs64 ftruncate ftruncate64 futimesat getcwd getdents getdents64 getxattr \
      getxattrat inotify_add_watch inotify_init inotify_init1 inotify_rm_watch lgetxattr link linkat listxattr \
      listxattrat llistxattr lremovexattr lsetxattr lstat lstat64 mkdir mkdirat mknod mknodat newfstatat \
      oldfstat oldlstat oldstat open openat openat2 readahead readlink readlinkat removexattr removexattrat \
      rename renameat renameat2 rmdir setxattr setxattrat stat stat64 statfs statfs64 statmount statx symlink \
      symlinkat truncate truncate64 umask unlink unlinkat utime utimensat utimensat_time64 utimes
      """),
    SystemCallGroup(
      "io-event", "waiting for events",
      """
      _newselect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait \
      epoll_wait_old eventfd eventfd2 poll ppoll ppoll_time64 pselect6 pselect6_time64 select
      """),
    SystemCallGroup(
      "ipc", "pipes, message queues, semaphores and shared memory",
      """
      ipc memfd_create mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend \
      mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd pipe pipe2 semctl semget semop semtimedop \
      semtimedop_time64 shmat shmctl shmdt shmget
      """),
    SystemCallGroup(
      "network-io", "sockets",
      """
      accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg \
      recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt shutdown socket socketcall socketpair
      """),
    SystemCallGroup(
      "process", "processes and threads",
      """
      capget clone clone3 execve execveat fork getpgid getrusage kill pidfd_open pidfd_send_signal prctl \
      rt_sigqueueinfo rt_tgsigqueueinfo setpgid setsid tgkill times tkill vfork wait4 waitid waitpid
      """),
    SystemCallGroup(
      "signal", "signal handlers",
      """
      rt_sigaction rt_sigpending rt_sigprocmask rt_sigreturn rt_sigsuspend rt_sigtimedwait \
      rt_sigtimedwait_time64 sigaction sigaltstack signal signalfd signalfd4 sigpending sigprocmask sigreturn \
      sigsuspend
      """),
    SystemCallGroup(
      "sync", "writing files to disk",
      """
      arm_sync_file_range fdatasync fsync msync sync sync_file_range sync_file_range2 syncfs
      """),
    SystemCallGroup(
      "timer", "timers",
      """
      alarm clock_getres_time64 clock_gettime64 clock_nanosleep_time64 futex_time64 getitimer setitimer \
      timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 \
      timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times
      """),
    SystemCallGroup(
      "memory", "locking and placing memory",
      """
      get_mempolicy map_shadow_stack mbind migrate_pages mincore mlock mlock2 mlockall move_pages munlock \
      munlockall pkey_alloc pkey_free pkey_mprotect process_madvise remap_file_pages set_mempolicy
      """),
    SystemCallGroup(
      "resources", "priorities and limits",
      """
      getcpu getpriority ioprio_get ioprio_set nice prlimit64 sched_get_priority_max sched_get_priority_min \
      sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval sched_setaffinity sched_setattr \
      sched_setparam sched_setscheduler setpriority setrlimit sysinfo
      """),
    SystemCallGroup(
      "setuid", "changing the user",
      """
      getegid32 geteuid32 getgid32 getgroups32 getresgid32 getresuid32 getuid32 setfsgid setfsgid32 setfsuid \
      setfsuid32 setgid setgid32 setgroups setgroups32 setregid setregid32 setresgid setresgid32 setresuid \
      setresuid32 setreuid setreuid32 setuid setuid32
      """),
    SystemCallGroup(
      "sandbox", "restricting oneself further",
      """
      landlock_add_rule landlock_create_ruleset landlock_restrict_self seccomp
      """),
    SystemCallGroup(
      "chown", "changing the owner of files",
      """
      chown chown32 fchown fchown32 fchownat lchown lchown32
      """),
    SystemCallGroup(
      "clock", "setting the clock",
      """
      adjtimex clock_adjtime clock_adjtime64 clock_settime clock_settime64 settimeofday stime
      """),
    SystemCallGroup(
      "cpu-emulation", "emulating other processors",
      """
      modify_ldt subpage_prot switch_endian vm86 vm86old
      """),
    SystemCallGroup(
      "debug", "looking into other processes, tracing and measuring",
      """
      kcmp lookup_dcookie perf_event_open pidfd_getfd process_vm_readv process_vm_writev ptrace rtas \
      sys_debug_setcontext userfaultfd
      """),
    SystemCallGroup(
      "io-uring", "io_uring",
      """
      io_uring_enter io_uring_register io_uring_setup
      """),
    SystemCallGroup(
      "kernel", "the kernel itself: BPF, modules, another kernel",
      """
      acct bpf create_module delete_module finit_module get_kernel_syms init_module ioperm iopl \
      kexec_file_load kexec_load pciconfig_iobase pciconfig_read pciconfig_write query_module quotactl \
      quotactl_fd reboot swapoff swapon syslog
      """),
    SystemCallGroup(
      "keyring", "the keyrings of the kernel",
      """
      add_key keyctl request_key
      """),
    SystemCallGroup(
      "mount", "mounting and changing the root",
      """
      chroot fsconfig fsmount fsopen fspick listmount mount mount_setattr move_mount open_tree open_tree_attr \
      pivot_root umount umount2
      """),
    SystemCallGroup(
      "namespaces", "new namespaces",
      """
      setns unshare
      """),
    SystemCallGroup(
      "obsolete", "calls that nothing has used for decades",
      """
      _sysctl afs_syscall bdflush break ftime getpmsg gtty idle lock mpx prof profil putpmsg security sgetmask \
      ssetmask stty sysfs tuxcall ulimit uselib ustat vserver
      """),
    SystemCallGroup(
      "privileged", "what only an administrator does",
      """
      capset fanotify_init fanotify_mark name_to_handle_at nfsservctl open_by_handle_at setdomainname \
      sethostname vhangup
      """),
    SystemCallGroup(
      "service", "what servers of all kinds use",
      includes: [
        "default", "aio", "basic-io", "file-system", "io-event", "ipc", "network-io", "process", "signal", "sync",
        "timer", "memory", "resources", "setuid", "sandbox", "chown",
      ]),
  ]
}
