// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/named_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "makedumpfile/kernel/debug_info.h"
#include "makedumpfile/kernel/dwarf_types.h"
#include "makedumpfile/kernel/module_files.h"
#include "makedumpfile/kernel/vmcoreinfo_file.h"
#include "makedumpfile/sink/file_sink.h"

namespace kdump {
namespace {

// A dump holds secrets, but these lines are in every copy of the kernel.
constexpr mode_t kForEverybody = 0644;
constexpr size_t kMaxRules = size_t{1} << 20;  // bytes

Status write_text(FileSink& file, const std::string& text) {
  TRY(file.write_at(0, bytes_of(std::string_view(text))));
  return file.finish();
}

bool is_regular(const std::string& path) {
  struct stat status{};
  return stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

Result<NamedFacts> read_named_file(const Options& options) {
  if (!options.vmlinux.empty()) return with_context(read_debug_info(options.vmlinux), "-x");
  if (!options.vmcoreinfo.empty()) return with_context(read_vmcoreinfo_file(options.vmcoreinfo), "-i");
  return NamedFacts{};
}

Result<EraseRules> read_rules(const std::string& path) {
  if (path.empty()) return EraseRules{};
  return parse_erase_rules(TRY(read_text_file(path, kMaxRules)), path);
}

}  // namespace

Status read_named_files(const Options& options, DumpRequest& dump) {
  const EraseRules rules = TRY(with_context(read_rules(options.erase_rules), "--config"));
  dump.named = TRY(read_named_file(options));
  if (rules.rules.empty()) return {};
  const auto types = TRY(with_context(open_dwarf_types(options.vmlinux, symbols_of(rules)), "-x"));
  ModuleFiles modules(options.vmlinux, std::string(dump.named.lines.text("OSRELEASE").value_or("")));
  dump.erase = TRY(with_context(bind_rules(rules, *types, modules), "--config"));
  dump.erase.add_symbols(dump.named);
  return {};
}

Status save_facts(const std::string& vmlinux, const std::string& output, bool overwrite) {
  TRY(FileSink::check(output, overwrite));
  const NamedFacts facts = TRY(with_context(read_debug_info(vmlinux), "-x"));
  const std::string text = TRY(with_context(vmcoreinfo_text(facts), "-x"));
  const std::unique_ptr<FileSink> file = TRY(FileSink::create(output, overwrite));
  if (Status written = write_text(*file, text); !written) {
    if (is_regular(file->remains())) unlink(file->remains().c_str());
    return written;
  }
  if (is_regular(output) && chmod(output.c_str(), kForEverybody) != 0)
    return fail_errno(errno, "cannot set the mode of {}", output);
  return {};
}

}  // namespace kdump
