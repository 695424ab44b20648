// SPDX-License-Identifier: GPL-2.0-or-later
// Where the debug information of a kernel's modules lies on this machine.
#pragma once

#include <string>
#include <vector>

#include "makedumpfile/kernel/type_source.h"

namespace kdump {

struct ModuleFolder {
  std::string path;
  bool recursive = false;  // whether what is in its folders counts, too
};

// Where the files of modules of the kernel `release` are looked for, in this order: beside `vmlinux` and as
// distributions lay them out around it, then the system's folders.
std::vector<ModuleFolder> module_folders(const std::string& vmlinux, const std::string& release);

// Files of the module that are there: NAME.ko, also with .debug, .xz, .zst or .gz behind it, where "-" and
// "_" are the same, as they are to the kernel.
std::vector<std::string> find_module_files(const std::vector<ModuleFolder>& folders, std::string_view module);

// The modules of the kernel whose vmlinux is `vmlinux`.
class ModuleFiles final : public ModuleTypeSource {
 public:
  ModuleFiles(const std::string& vmlinux, std::string release)
      : folders_(module_folders(vmlinux, release)), release_(std::move(release)) {}

  Result<ModuleTypes> open(std::string_view module, std::span<const std::string> variables) override;

 private:
  [[nodiscard]] std::string missing(std::string_view module) const;

  std::vector<ModuleFolder> folders_;
  std::string release_;
};

}  // namespace kdump
