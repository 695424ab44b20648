// SPDX-License-Identifier: GPL-2.0-or-later
// A root file system made for one test: sysfs, kernel modules with depmod's indexes, files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kdump::image {

struct MadeModule {
  std::string path;                           // below the kernel's module directory: "kernel/fs/ext4/ext4.ko"
  std::vector<std::string> modinfo{};         // "alias=fs-ext4", "softdep=pre: crc32c"
  std::vector<std::string> exported{};        // symbols
  std::vector<std::string> needed_symbols{};  // symbols
};

// A relocatable ELF file with what depmod looks at.
std::string module_file(const MadeModule& module);

class MadeTree {
 public:
  MadeTree();
  ~MadeTree();
  MadeTree(const MadeTree&) = delete;
  MadeTree& operator=(const MadeTree&) = delete;

  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] std::string outside(const std::string& path) const { return root_ + path; }

  // All make the directories they need.
  void directory(const std::string& path) const;
  void file(const std::string& path, std::string_view content) const;
  void link(const std::string& path, const std::string& target) const;
  void copy(const std::string& path, const std::string& from_outside) const;
  void remove(const std::string& path) const;

  // A device directory in /sys/devices, with driver and modalias where they are not empty.
  void device(const std::string& path, const std::string& driver_module, const std::string& modalias) const;
  // /sys/class/block/NAME and the directory it leads to.
  void block_device(const std::string& name, const std::string& path) const;
  // QEMU's virtio disk: vda with a partition vda1.
  void virtio_disk() const;

  void modules(const std::string& release, const std::vector<MadeModule>& modules) const;
  // Runs depmod(8).
  void index(const std::string& release) const;

 private:
  std::string root_;
};

inline constexpr const char* kRelease = "6.1.0-made";
inline constexpr const char* kModules = "/lib/modules/6.1.0-made/";
// Modules as a 6.1 kernel has them for a virtio disk with ext4; xfs is built in.
std::vector<MadeModule> virtio_modules();

}  // namespace kdump::image
