// SPDX-License-Identifier: GPL-2.0-or-later
// plan.json: all that the capture side knows. Made by the running system from kdump.conf with every name
// resolved, read by kdump-capture and its worker after the panic, which read nothing else. A version they do
// not know is refused.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"

namespace kdump::plan {

inline constexpr int kVersion = 1;
inline constexpr const char* kPathInImage = "/plan.json";
inline constexpr const char* kShellInImage = "/bin/busybox";  // with failure_action shell

// The last two are for failure_action alone; final_action follows them.
enum class Action { reboot, halt, poweroff, shell, dump_to_rootfs };

std::string_view action_name(Action action);

// How the capture kernel finds a block device. The first that is not empty decides.
struct Device {
  std::string uuid;      // of the filesystem, as blkid prints it
  std::string label;     // of the filesystem
  std::string partuuid;  // of the partition
  std::string devname;   // "/dev/vda1", as the running system has it

  bool operator==(const Device&) const = default;
};

// The machine a remote target is on.
struct Server {
  std::string host;                    // as the administrator wrote it, IPv6 without its brackets
  std::vector<std::string> addresses;  // IPv4 and IPv6 literals it had when the image was built, best first
  int port = 0;                        // 0: the protocol's own

  bool operator==(const Server&) const = default;
};

struct SshLogin {
  std::string user;
  std::string key;          // private key, a path in the image
  std::string known_hosts;  // the lines that pin the server; nothing is ever learned

  bool operator==(const SshLogin&) const = default;
};

// Who speaks NFS: libnfs in the worker, or the kernel's client, mounted by kdump-capture.
enum class NfsClient { libnfs, kernel };

struct NfsExport {
  std::string path;  // "/srv/crash"
  NfsClient client = NfsClient::libnfs;
  std::vector<std::string> versions;  // "4.2", "4.1", "4.0", "3", tried in order
  std::string mount_options;          // kernel's client only, without vers, addr and the like

  bool operator==(const NfsExport&) const = default;
};

// raw: a flattened dump on the bare device. ssh, nfs: over plan::Network.
enum class TargetKind { filesystem, raw, ssh, nfs };

// What belongs to other kinds stays empty.
struct Target {
  TargetKind kind = TargetKind::filesystem;
  Device device{};              // filesystem, raw
  std::string fstype{};         // filesystem: "ext4"
  std::string mount_options{};  // filesystem: for mount(2)'s data argument, without ro/rw
  Server server{};              // ssh, nfs
  SshLogin ssh{};               // ssh
  NfsExport nfs{};              // nfs
  std::string directory{};      // where dumps go, from the root of that filesystem: "/var/crash"; with nfs
                                // below the export, with raw "/"
  std::chrono::seconds stall{120};  // no progress of the dump for so long

  bool operator==(const Target&) const = default;
};

// What an interface of the capture kernel gets; the one with this MAC address, whatever its name there.
struct Interface {
  std::string name;                    // in the running system: "enp1s0"
  std::string mac;                     // "52:54:00:12:34:56"; empty: the interface of that name (lo)
  int mtu = 0;                         // 0: the driver's
  std::vector<std::string> addresses;  // "192.0.2.7/24", "2001:db8::7/64"

  bool operator==(const Interface&) const = default;
};

struct Route {
  std::string destination;  // "0.0.0.0/0", "2001:db8:1::/48"
  std::string gateway;      // literal; empty: on the link
  std::string interface;    // Interface::name
  std::string source;       // literal; empty: the kernel's choice

  bool operator==(const Route&) const = default;
};

// How the running system reaches its remote targets; no interfaces where there are none.
struct Network {
  std::vector<Interface> interfaces;
  std::vector<Route> routes;
  std::vector<std::string> name_servers;  // literals
  std::vector<std::string> search;        // domains

  bool operator==(const Network&) const = default;
};

// A hardware watchdog that was active: it resets the machine unless somebody feeds it.
struct Watchdog {
  std::string identity;             // what its driver calls it: "i6300ESB timer"
  std::chrono::seconds timeout{0};  // as it was set; 0: not known

  bool operator==(const Watchdog&) const = default;
};

// Programs of the administrator in the image, as absolute paths; empty: none.
struct Hooks {
  std::string pre;  // may forbid the dump
  std::vector<std::string> pre_d;
  std::vector<std::string> post_d;
  std::string post;
  std::vector<std::string> emergency_d;
  std::string emergency;

  bool operator==(const Hooks&) const = default;
};

// No step may last longer. 0 means no limit.
struct Deadlines {
  std::chrono::seconds device{60};  // until the target's device is there
  std::chrono::seconds mount{60};
  std::chrono::seconds network{60};  // until there are carrier, addresses and routes
  std::chrono::seconds connect{30};  // to a server, with the login
  std::chrono::seconds overall{0};   // all dumping
  std::chrono::seconds hook{60};     // each hook
  std::chrono::seconds sync{120};    // unmount, and each small thing saved after the dump

  bool operator==(const Deadlines&) const = default;
};

struct Plan {
  std::string toolchain_version;
  std::string kernel_release;
  std::string hostname;
  int utc_offset_seconds = 0;
  std::vector<std::string> modules;    // paths in the image, in load order
  std::vector<Target> targets;         // tried in order until one takes the dump
  std::vector<std::string> collector;  // core_collector as words: "makedumpfile", "-z", "-d", "31"
  Action final_action = Action::reboot;
  Action failure_action = Action::reboot;
  uint64_t min_free = uint64_t{64} << 20;  // bytes that a dump leaves free on its target
  Deadlines deadlines;
  Network network;
  std::vector<Watchdog> watchdogs;  // taken over, and fed while the dump makes progress
  Hooks hooks;
  std::vector<Target> rootfs;  // one, for dump_to_rootfs; otherwise none

  bool operator==(const Plan&) const = default;
};

bool is_remote(const Target& target);
// "UUID=…", "LABEL=…", "PARTUUID=…" or "/dev/…": the one key that decides.
std::string device_text(const Device& device);
// "UUID=…", "raw PARTUUID=…", "ssh kdump@192.0.2.7:2222", "nfs [2001:db8::7]:/srv": for messages.
std::string target_text(const Target& target);

// One object with every key of kVersion. JSON is UTF-8: a byte that is not comes out as U+FFFD, so whoever
// writes a plan for real compares from_json(to_json(plan)) with it.
std::string to_json(const Plan& plan);

// Takes exactly what to_json makes: a key that is missing, unknown, of another type or out of bounds is an
// error that names it ("plan: targets[0]: device: uuid: …"), as is an unknown version, a plan without a
// target, a target without a device or a server, and a text of more than 1 MiB. Never throws, whatever the
// text.
Result<Plan> from_json(std::string_view text);

}  // namespace kdump::plan
