// SPDX-License-Identifier: GPL-2.0-or-later
// A machine made of files, a made-up bzImage and a kernel that records what it is asked.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "kexec/kernel_calls.h"
#include "kexec/loader.h"
#include "kexec/setup_header.h"

namespace kdump::kexec::testing {

// The setup header of a loadable kernel that needs 32 MiB.
inline SetupHeader good_header() {
  SetupHeader header{};
  header.setup_sects = 1;
  header.syssize = 64;
  header.boot_flag = kBootFlag;
  header.header = kHeaderMagic;
  header.version = 0x20f;
  header.loadflags = kLoadedHigh;
  header.xloadflags = kXlfKernel64 | kXlfCanBeLoadedAbove4G | kXlf5Level;
  header.cmdline_size = 2047;
  header.kernel_alignment = 2 << 20;
  header.init_size = 32 << 20;
  return header;
}

// 2048 bytes: two setup sectors and 64 * 16 bytes of "code".
inline std::string bzimage(const SetupHeader& header = good_header()) {
  std::string image(2048, '\0');
  std::memcpy(image.data() + kSetupHeaderOffset, &header, sizeof header);
  return image;
}

inline constexpr const char* kIomem =
    "00000000-00000fff : Reserved\n"
    "00001000-0009fbff : System RAM\n"
    "00100000-7ffdefff : System RAM\n"
    "  01000000-01e00fff : Kernel code\n"
    "  60000000-67ffffff : Crash kernel\n"
    "7ffdf000-7fffffff : Reserved\n";

// A folder that stands for /, gone at the end.
class Machine {
 public:
  Machine() {
    std::string name = ::testing::TempDir() + "kexec.XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
    write("/proc/iomem", kIomem);
    write("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu lm\n");
    write("/proc/sys/kernel/kexec_load_disabled", "0\n");
    write("/proc/sys/kernel/kexec_load_limit_panic", "-1\n");
    write("/sys/kernel/kexec_crash_loaded", "0\n");
    write("/sys/kernel/kexec_loaded", "0\n");
    write("/sys/kernel/kexec_crash_size", "134217728\n");
    write("/sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
    write("/vmlinuz", bzimage());
    write("/initrd", std::string(1 << 20, 'i'));
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine() { std::filesystem::remove_all(path_); }

  [[nodiscard]] SystemRoot root() const { return {path_}; }
  [[nodiscard]] std::string at(const std::string& path) const { return path_ + path; }
  void write(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(at(path)).parent_path());
    std::ofstream(at(path), std::ios::binary) << text;
  }
  void remove(const std::string& path) const { std::filesystem::remove_all(at(path)); }
  void set_loaded(bool loaded) const { write("/sys/kernel/kexec_crash_loaded", loaded ? "1\n" : "0\n"); }
  [[nodiscard]] CrashImage image(const std::string& command_line = "console=ttyS0") const {
    return {at("/vmlinuz"), at("/initrd"), command_line};
  }

 private:
  std::string path_;
};

inline ino_t inode_of(int fd) {
  struct stat attributes{};
  return fd >= 0 && fstat(fd, &attributes) == 0 ? attributes.st_ino : 0;
}

// Answers as told, and behaves as the kernel does to kexec_crash_loaded.
class FakeKernel : public KernelCalls {
 public:
  explicit FakeKernel(const Machine& machine) : machine_(machine) {}

  struct Call {
    ino_t kernel;
    ino_t initrd;
    std::string command_line;
    unsigned long flags;
  };

  std::deque<int> answers{};  // one a call, then 0
  std::vector<Call> calls{};
  std::chrono::milliseconds paused{0};
  bool capable = true;
  bool lies = false;  // reports success and does nothing

  int kexec_file_load(int kernel_fd, int initrd_fd, const std::string& command_line,
                      unsigned long flags) override {
    calls.push_back({inode_of(kernel_fd), inode_of(initrd_fd), command_line, flags});
    int answer = 0;
    if (!answers.empty()) {
      answer = answers.front();
      answers.pop_front();
    }
    const bool before_the_old_image_goes = answer == EPERM || answer == EBUSY || answer == ENOSYS;
    if (!before_the_old_image_goes && !lies && (flags & kFileOnCrash) != 0) {
      machine_.set_loaded(answer == 0 && (flags & kFileUnload) == 0);
    }
    return answer;
  }
  bool may_boot() override { return capable; }
  std::string machine() override { return "x86_64"; }
  void pause(std::chrono::milliseconds duration) override { paused += duration; }

 private:
  const Machine& machine_;
};

}  // namespace kdump::kexec::testing
