// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/module_files.h"

#include <algorithm>
#include <filesystem>

#include "common/module_name.h"
#include "makedumpfile/kernel/dwarf_types.h"

namespace kdump {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCompressed[] = {".xz", ".zst", ".gz"};
constexpr size_t kMaxFiles = 100'000;  // looked at in one folder; a distribution's kernel has some 5000

void drop_end(std::string_view& name, std::string_view end) {
  if (name.ends_with(end)) name.remove_suffix(end.size());
}

bool is_file_of(std::string_view name, const std::string& module) {
  for (const std::string_view end : kCompressed) drop_end(name, end);
  drop_end(name, ".debug");
  if (!name.ends_with(".ko")) return false;
  drop_end(name, ".ko");
  return module_name(name) == module;
}

template <typename Iterator>
void search(const std::string& folder, const std::string& module, std::vector<std::string>& found) {
  std::error_code error;
  size_t left = kMaxFiles;
  for (Iterator at(folder, fs::directory_options::skip_permission_denied, error), end;
       !error && at != end && left-- > 0; at.increment(error)) {
    if (is_file_of(at->path().filename().native(), module)) found.push_back(at->path());
  }
}

void add(std::vector<ModuleFolder>& folders, const fs::path& path, bool recursive) {
  std::error_code error;
  fs::path real = fs::canonical(path, error);
  if (error) real = path;
  if (std::ranges::find(folders, real.native(), &ModuleFolder::path) == folders.end())
    folders.push_back({real, recursive});
}

// lib/modules/RELEASE/vmlinux, boot/vmlinux-RELEASE, and a tree beside a vmlinux.
void add_around(std::vector<ModuleFolder>& folders, const fs::path& vmlinux, const fs::path& modules) {
  std::error_code error;
  const fs::path folder = vmlinux.parent_path();
  add(folders, folder, folder.filename() == modules.filename());
  for (const fs::path& tree : {folder / modules, folder.parent_path() / modules})
    if (fs::is_directory(tree, error)) add(folders, tree, true);
}

}  // namespace

std::vector<ModuleFolder> module_folders(const std::string& vmlinux, const std::string& release) {
  std::vector<ModuleFolder> folders;
  std::error_code error;
  const fs::path modules = fs::path("lib/modules") / release;
  add_around(folders, fs::absolute(vmlinux, error), modules);
  const fs::path real = fs::canonical(vmlinux, error);
  if (!error) add_around(folders, real, modules);
  add(folders, "/usr/lib/debug" / modules, true);
  add(folders, "/" / modules, true);
  return folders;
}

std::vector<std::string> find_module_files(const std::vector<ModuleFolder>& folders,
                                           std::string_view module) {
  const std::string name = module_name(module);
  std::vector<std::string> found;
  for (const ModuleFolder& folder : folders) {
    const auto first = static_cast<std::ptrdiff_t>(found.size());
    if (folder.recursive) {
      search<fs::recursive_directory_iterator>(folder.path, name, found);
    } else {
      search<fs::directory_iterator>(folder.path, name, found);
    }
    std::sort(found.begin() + first, found.end());  // whatever the order of the directory is
  }
  return found;
}

Result<ModuleTypes> ModuleFiles::open(std::string_view module, std::span<const std::string> variables) {
  for (const std::string& path : find_module_files(folders_, module)) {
    auto types = TRY(open_module_types(path, std::string(module), variables));
    if (types != nullptr) return ModuleTypes{std::move(types), {}};
  }
  return ModuleTypes{nullptr, missing(module)};
}

std::string ModuleFiles::missing(std::string_view module) const {
  std::string places;
  for (const ModuleFolder& folder : folders_) places += (places.empty() ? "" : ", ") + folder.path;
  return fmt::format(
      "no {}.ko with debug information in {}: install the debug package of the kernel {} (Debian: "
      "linux-image-RELEASE-dbg, Fedora: kernel-debuginfo) or of the module, or lay the file beside the "
      "vmlinux",
      module, places, release_);
}

}  // namespace kdump
