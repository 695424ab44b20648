// SPDX-License-Identifier: GPL-2.0-or-later
// A machine as a folder: a root filesystem on /dev/vda, a kernel, a configuration.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "common/process.h"
#include "kdumpd/machine/host.h"

namespace kdump::service {

inline constexpr const char* kRelease = "6.1.0-test";
inline constexpr const char* kRootUuid = "0b2c5a1e-0000-4000-8000-000000000001";
inline constexpr const char* kDumpsUuid = "0b2c5a1e-0000-4000-8000-000000000002";

class Machine {
 public:
  Machine() {
    std::string name = (std::filesystem::temp_directory_path() / "kdump-machine-XXXXXX").string();
    root_ = std::filesystem::canonical(mkdtemp(name.data()));
    write("/proc/cmdline", "root=/dev/vda rw console=ttyS0 crashkernel=128M quiet\n");
    write("/proc/cpuinfo", "processor\t: 0\napicid\t\t: 2\n\nprocessor\t: 1\napicid\t\t: 3\n");
    write("/proc/meminfo", "MemTotal:        2030592 kB\nMemFree: 1 kB\n");
    write("/proc/sys/kernel/osrelease", std::string(kRelease) + "\n");
    write("/proc/sys/kernel/hostname", "machine\n");
    write("/proc/self/mountinfo",
          "25 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw,errors=remount-ro\n");
    write("/proc/partitions", "major minor  #blocks  name\n\n 254        0    2048 vda\n 254 16 2048 vdb\n");
    write("/sys/kernel/kexec_crash_size", "134217728\n");
    write("/sys/kernel/kexec_crash_loaded", "0\n");
    add_disk("vda", 0);
    write("/boot/vmlinuz-" + std::string(kRelease), "kernel");
    write("/etc/kdump.conf", "");
    folder("/var/crash");
  }
  ~Machine() { std::filesystem::remove_all(root_); }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  [[nodiscard]] Host host() const { return Host(root_.string()); }
  [[nodiscard]] std::string at(const std::string& path) const { return root_.string() + path; }

  void write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(at(path)).parent_path());
    std::ofstream(at(path)) << text;
  }
  void folder(const std::string& path) const { std::filesystem::create_directories(at(path)); }
  void remove(const std::string& path) const { std::filesystem::remove_all(at(path)); }
  void link(const std::string& path, const std::string& to) const {
    std::filesystem::create_directories(std::filesystem::path(at(path)).parent_path());
    std::filesystem::create_symlink(to, at(path));
  }

  // What sysfs has of a virtio disk.
  void add_disk(const std::string& name, unsigned minor) const {
    const std::string number = "254:" + std::to_string(minor);
    write("/sys/dev/block/" + number + "/uevent", "MAJOR=254\nDEVNAME=" + name + "\nDEVTYPE=disk\n");
    write("/sys/class/block/" + name + "/dev", number + "\n");
  }

  // A filesystem on a disk of `bytes`, made by `program` with its arguments before the device's.
  void make_filesystem(const std::string& device, uint64_t bytes, std::vector<std::string> program) const {
    program.push_back(make_disk(device, bytes));
    const auto run = run_captured(program, std::chrono::seconds(60));
    ASSERT_TRUE(run && run->exit.succeeded()) << (run ? run->output : run.error().message());
  }
  [[nodiscard]] std::string make_disk(const std::string& device, uint64_t bytes) const {
    folder("/dev");
    std::ofstream(at(device)).close();
    std::filesystem::resize_file(at(device), bytes);
    return at(device);
  }
  void make_ext4(const std::string& device, const std::string& uuid, const std::string& label) const {
    make_filesystem(device, 4 << 20, {"/usr/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-U", uuid, "-L", label});
  }
  void make_root_disk() const { make_ext4("/dev/vda", kRootUuid, "root"); }

 private:
  std::filesystem::path root_;
};

// What was announced, a line each, with the level in front.
class Log {
 public:
  Announce announce() {
    return [this](Level level, std::string_view text) {
      constexpr const char* kNames[] = {"info: ", "warning: ", "error: "};
      lines.push_back(kNames[static_cast<size_t>(level)] + std::string(text));
    };
  }
  [[nodiscard]] std::string all() const {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
  }

  std::vector<std::string> lines;
};

}  // namespace kdump::service
