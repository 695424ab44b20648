// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/build/modules.h"

#include <libkmod.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <memory>
#include <set>

#include "common/file.h"
#include "common/text.h"

namespace kdump::image {
namespace {

template <auto Function>
struct Call {
  template <typename T>
  void operator()(T* pointer) const {
    Function(pointer);
  }
};
using Context = std::unique_ptr<kmod_ctx, Call<kmod_unref>>;
using Module = std::unique_ptr<kmod_module, Call<kmod_module_unref>>;
using ModuleInfo = std::unique_ptr<kmod_list, Call<kmod_module_info_free_list>>;
using ModuleList = std::unique_ptr<kmod_list, Call<kmod_module_unref_list>>;

// Where modprobe.d(5) looks.
constexpr const char* kConfigurations[] = {"/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d",
                                           "/usr/lib/modprobe.d", "/lib/modprobe.d"};
constexpr const char* kCompressions[] = {".xz", ".zst", ".gz"};

// libkmod leaves out what it cannot find and only logs it; a module loaded without its dependency fails.
__attribute__((format(printf, 6, 0))) void keep_complaint(void* complaint, int /*priority*/,
                                                          const char* /*file*/, int /*line*/,
                                                          const char* /*fn*/, const char* format,
                                                          va_list args) {
  char text[512];
  const int length = vsnprintf(text, sizeof text, format, args);
  if (length <= 0) return;
  std::string_view line = trim(text);
  if (line.starts_with("ctx=")) line.remove_prefix(std::min(line.size(), line.find(' ') + 1));
  *static_cast<std::string*>(complaint) = line;
}

Result<std::string> module_directory(const HostTree& tree, const std::string& release) {
  for (const char* parent : {"/lib/modules/", "/usr/lib/modules/"}) {
    if (const auto found = tree.real_path(parent + release)) return *found;
  }
  return fail("no modules of kernel {}: {} does not exist", release, tree.outside("/lib/modules/" + release));
}

std::vector<std::string> firmware_of(const kmod_module* module) {
  std::vector<std::string> names;
  kmod_list* found = nullptr;
  if (kmod_module_get_info(module, &found) < 0) return names;
  const ModuleInfo info(found);
  const kmod_list* entry = nullptr;
  kmod_list_foreach(entry, info.get()) {
    if (std::string_view(kmod_module_info_get_key(entry)) == "firmware")
      names.emplace_back(kmod_module_info_get_value(entry));
  }
  return names;
}

// The traversal of one kernel's modules.
class Resolver {
 public:
  static Result<Resolver> open(const HostTree& tree, const std::string& release);

  // False when the kernel knows none of the names.
  Result<bool> add(const ModuleWish& wish);
  LoadOrder take() { return std::move(order_); }

 private:
  Resolver(Context context, std::unique_ptr<std::string> complaint, std::string directory,
           std::string outside)
      : complaint_(std::move(complaint)),
        context_(std::move(context)),
        directory_(std::move(directory)),
        outside_(std::move(outside)) {}

  Result<ModuleList> lookup(const std::string& name);
  Status add_list(const kmod_list* list);
  Status add_module(kmod_module* module);
  Status append(kmod_module* module);

  std::unique_ptr<std::string> complaint_;  // libkmod's last, "" when there was none; it holds the address
  Context context_;
  std::string directory_;  // in the tree
  std::string outside_;    // as libkmod knows it
  std::set<std::string> visited_;
  LoadOrder order_;
};

Result<Resolver> Resolver::open(const HostTree& tree, const std::string& release) {
  std::string directory = TRY(module_directory(tree, release));
  std::string outside = tree.outside(directory);
  if (!file_exists(outside + "/modules.dep.bin"))
    return fail("{}/modules.dep.bin does not exist (run: depmod {})", outside, release);
  std::vector<std::string> paths;
  for (const char* path : kConfigurations) paths.push_back(tree.outside(path));
  std::vector<const char*> pointers;
  for (const std::string& path : paths) pointers.push_back(path.c_str());
  pointers.push_back(nullptr);
  Context context(kmod_new(outside.c_str(), pointers.data()));
  if (!context) return fail("cannot read the module configuration of {}", outside);
  auto complaint = std::make_unique<std::string>();
  kmod_set_log_fn(context.get(), keep_complaint, complaint.get());
  return Resolver(std::move(context), std::move(complaint), std::move(directory), std::move(outside));
}

Result<ModuleList> Resolver::lookup(const std::string& name) {
  kmod_list* found = nullptr;
  const int error = kmod_module_new_from_lookup(context_.get(), name.c_str(), &found);
  ModuleList list(found);
  if (error < 0) return fail_errno(-error, "cannot look up module {}", name);
  const bool is_modalias = name.contains(':');
  if (!is_modalias || !list) return list;
  kmod_list* allowed = nullptr;
  kmod_module_apply_filter(context_.get(), KMOD_FILTER_BLACKLIST, list.get(), &allowed);
  return ModuleList(allowed);
}

Result<bool> Resolver::add(const ModuleWish& wish) {
  for (const std::string& name : wish.names) {
    const ModuleList list = TRY(lookup(name));
    if (!list) continue;
    TRY(with_context(add_list(list.get()), "{}", wish.purpose));
    return true;
  }
  return false;
}

Status Resolver::add_list(const kmod_list* list) {
  const kmod_list* entry = nullptr;
  kmod_list_foreach(entry, list) {
    const Module module(kmod_module_get_module(entry));
    TRY(add_module(module.get()));
  }
  return {};
}

Status Resolver::add_module(kmod_module* module) {
  // Marked before its dependencies are walked: soft dependencies may form a circle.
  if (!visited_.insert(kmod_module_get_name(module)).second) return {};
  if (kmod_module_get_initstate(module) == KMOD_MODULE_BUILTIN) return {};
  kmod_list* before = nullptr;
  kmod_list* after = nullptr;
  kmod_module_get_softdeps(module, &before, &after);
  const ModuleList pre(before);
  const ModuleList post(after);
  complaint_->clear();
  const ModuleList needed(kmod_module_get_dependencies(module));
  if (!complaint_->empty()) return fail("module {}: libkmod: {}", kmod_module_get_name(module), *complaint_);
  TRY(add_list(pre.get()));
  TRY(add_list(needed.get()));
  TRY(append(module));
  return add_list(post.get());
}

Status Resolver::append(kmod_module* module) {
  const std::string name = kmod_module_get_name(module);
  const char* path = kmod_module_get_path(module);
  if (path == nullptr || !file_exists(path))
    return fail("module {} has no file in {} ({})", name, outside_, path == nullptr ? "none listed" : path);
  if (!std::string_view(path).starts_with(outside_ + "/"))
    return fail("module {} is {}, expected below {}", name, path, outside_);
  std::string relative = std::string(path).substr(outside_.size() + 1);
  const std::string in_tree = directory_ + "/" + relative;
  for (const std::string_view suffix : kCompressions) {
    if (relative.ends_with(suffix)) relative.resize(relative.size() - suffix.size());
  }
  order_.modules.push_back({name, in_tree, relative, firmware_of(module)});
  if (const char* options = kmod_module_get_options(module); options != nullptr && *options != '\0')
    order_.warnings.push_back(
        fmt::format("options of module {} ({}) hold in the capture kernel only as {}.OPTION=VALUE on its "
                    "command line: KDUMP_COMMANDLINE_APPEND in /etc/sysconfig/kdump",
                    name, options, name));
  return {};
}

}  // namespace

Result<LoadOrder> resolve_modules(const HostTree& tree, const std::string& kernel_release,
                                  std::span<const ModuleWish> wishes) {
  Resolver resolver = TRY(Resolver::open(tree, kernel_release));
  std::vector<std::string> missing;
  for (const ModuleWish& wish : wishes) {
    if (TRY(resolver.add(wish)) || wish.if_missing == IfMissing::ignore) continue;
    std::string what =
        fmt::format("{}: kernel {} has no module {}", wish.purpose, kernel_release, wish.names.front());
    if (wish.if_missing == IfMissing::error) return fail("{}", what);
    missing.push_back(std::move(what));
  }
  LoadOrder order = resolver.take();
  order.warnings.insert(order.warnings.begin(), missing.begin(), missing.end());
  return order;
}

}  // namespace kdump::image
