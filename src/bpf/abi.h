/* SPDX-License-Identifier: MIT
 *
 * Numbers of the kernel's interface that the checks compare with. They are ours because a filter
 * is compiled for a machine, not for the headers of the host that compiles it; x86-64 and aarch64
 * agree on all of them. A test compares them with the host's headers.
 */
#ifndef BPF_ABI_H
#define BPF_ABI_H

/* clone(2), unshare(2); NEWTIME exists for unshare and clone3 only. */
#define ABI_CLONE_NEWTIME 0x00000080u
#define ABI_CLONE_FS 0x00000200u
#define ABI_CLONE_FILES 0x00000400u
#define ABI_CLONE_PARENT 0x00008000u
#define ABI_CLONE_THREAD 0x00010000u
#define ABI_CLONE_NEWNS 0x00020000u
#define ABI_CLONE_SYSVSEM 0x00040000u
#define ABI_CLONE_NEWCGROUP 0x02000000u
#define ABI_CLONE_NEWUTS 0x04000000u
#define ABI_CLONE_NEWIPC 0x08000000u
#define ABI_CLONE_NEWUSER 0x10000000u
#define ABI_CLONE_NEWPID 0x20000000u
#define ABI_CLONE_NEWNET 0x40000000u

/* socket(2) */
#define ABI_AF_UNIX 1u
#define ABI_AF_INET 2u
#define ABI_AF_INET6 10u
#define ABI_AF_NETLINK 16u
#define ABI_SOCK_STREAM 1u
#define ABI_SOCK_DGRAM 2u
#define ABI_SOCK_SEQPACKET 5u
#define ABI_SOCK_TYPE_MASK 0xfu
#define ABI_IPPROTO_ICMP 1u
#define ABI_IPPROTO_TCP 6u
#define ABI_IPPROTO_UDP 17u
#define ABI_IPPROTO_ICMPV6 58u
#define ABI_NETLINK_ROUTE 0u

/* ioctl(2): terminals */
#define ABI_TCGETS 0x5401u
#define ABI_TCSETSF 0x5404u
#define ABI_TIOCGPGRP 0x540fu
#define ABI_TIOCSPGRP 0x5410u
#define ABI_TIOCSTI 0x5412u
#define ABI_TIOCGWINSZ 0x5413u
#define ABI_FIONREAD 0x541bu
#define ABI_TIOCLINUX 0x541cu
#define ABI_TIOCCONS 0x541du
#define ABI_FIONBIO 0x5421u
#define ABI_TIOCSETD 0x5423u
#define ABI_TIOCGSID 0x5429u
#define ABI_TCGETS2 0x802c542au
#define ABI_TCSETS2 0x402c542bu
#define ABI_TCSETSF2 0x402c542du
/* ioctl(2): any descriptor */
#define ABI_FIONCLEX 0x5450u
#define ABI_FIOASYNC 0x5452u
#define ABI_FIOSETOWN 0x8901u
#define ABI_SIOCSPGRP 0x8902u
/* ioctl(2): files; the second byte is the family */
#define ABI_IOC_TYPE_MASK 0xff00u
#define ABI_IOC_EXT 0x6600u     /* 'f': flags, encryption, verity */
#define ABI_IOC_XFS 0x5800u     /* 'X': extended attributes of inodes, freeze, trim */
#define ABI_IOC_VERSION 0x7600u /* 'v' */
#define ABI_IOC_FAT 0x7200u     /* 'r' */
#define ABI_IOC_BTRFS 0x9400u   /* subvolumes, and the clone ioctls of all filesystems */
#define ABI_IOC_F2FS 0xf500u
#define ABI_IOC_BCACHEFS 0xbc00u
#define ABI_FICLONE 0x40049409u
#define ABI_FICLONERANGE 0x4020940du
#define ABI_FIDEDUPERANGE 0xc0189436u
#define ABI_FS_IOC_GETFLAGS 0x80086601u
#define ABI_FS_IOC_SETFLAGS 0x40086602u
#define ABI_FS_IOC_FIEMAP 0xc020660bu
#define ABI_FS_IOC_GETVERSION 0x80087601u
#define ABI_FS_IOC_FSGETXATTR 0x801c581fu
#define ABI_FS_IOC_FSSETXATTR 0x401c5820u

/* fcntl(2) */
#define ABI_F_SETOWN 8u
#define ABI_F_SETOWN_EX 15u
#define ABI_F_SETLEASE 1024u
#define ABI_F_NOTIFY 1026u
#define ABI_F_SETDELEG 1040u

/* open(2), chmod(2), mknod(2), mmap(2), shmat(2) */
#define ABI_O_ACCMODE 3u
#define ABI_O_WRONLY 1u
#define ABI_O_RDWR 2u
#define ABI_O_CREAT 0x40u
#define ABI_O_TRUNC 0x200u
#define ABI_O_UNNAMED 0x400000u /* the bit of O_TMPFILE that is not O_DIRECTORY */
#define ABI_S_ISUID 0x800u
#define ABI_S_ISGID 0x400u
#define ABI_S_IFMT 0xf000u
#define ABI_S_IFCHR 0x2000u
#define ABI_S_IFBLK 0x6000u
#define ABI_PROT_EXEC 4u
#define ABI_MAP_SHARED 0x01u
#define ABI_MAP_ANONYMOUS 0x20u
#define ABI_SHM_EXEC 0x8000u

/* prctl(2): the ends of the ranges that BASELINE allows */
#define ABI_PR_SET_PDEATHSIG 1u
#define ABI_PR_SET_KEEPCAPS 8u
#define ABI_PR_GET_TIMING 13u
#define ABI_PR_GET_NAME 16u
#define ABI_PR_GET_SECCOMP 21u
#define ABI_PR_GET_TIMERSLACK 30u
#define ABI_PR_SET_CHILD_SUBREAPER 36u
#define ABI_PR_GET_THP_DISABLE 42u
#define ABI_PR_CAP_AMBIENT 47u
#define ABI_PR_SVE_SET_VL 50u
#define ABI_PR_GET_TAGGED_ADDR_CTRL 56u
#define ABI_PR_PAC_SET_ENABLED_KEYS 60u
#define ABI_PR_PAC_GET_ENABLED_KEYS 61u
#define ABI_PR_SCHED_CORE 62u
#define ABI_PR_SME_SET_VL 63u
#define ABI_PR_GET_MDWE 66u
#define ABI_PR_GET_SHADOW_STACK_STATUS 74u
#define ABI_PR_LOCK_SHADOW_STACK_STATUS 76u
#define ABI_PR_GET_AUXV 0x41555856u
#define ABI_PR_SET_VMA 0x53564d41u

/* seccomp(2), personality(2), setpriority(2), ioprio_set(2) */
#define ABI_SECCOMP_FLAG_NEW_LISTENER 8u
#define ABI_PER_LINUX 0u
#define ABI_PER_LINUX32 8u
#define ABI_PER_QUERY 0xffffffffu
#define ABI_READ_IMPLIES_EXEC 0x00400000u
#define ABI_PRIO_PROCESS 0u
#define ABI_IOPRIO_WHO_PROCESS 1u

#endif
