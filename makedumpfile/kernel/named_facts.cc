// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/named_facts.h"

#include <algorithm>
#include <optional>

#include "common/endian.h"
#include "common/text.h"
#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/arch/architecture.h"
#include "makedumpfile/kernel/facts.h"
#include "makedumpfile/kernel/image_place.h"
#include "makedumpfile/kernel/kernel_info.h"
#include "makedumpfile/kernel/wanted_facts.h"

namespace kdump {
namespace {

constexpr uint64_t kUpperHalf = uint64_t{1} << 63;

// Lines of one boot, which are another's only by chance.
constexpr std::string_view kOfOneBoot[] = {"KERNELOFFSET",
                                           "CRASHTIME",
                                           "NUMBER(phys_base)",
                                           "NUMBER(pgtable_l5_enabled)",
                                           "NUMBER(sme_mask)",
                                           "NUMBER(VMALLOC_START)",
                                           "NUMBER(MAX_PHYSMEM_BITS)"};
// The beginning of the image, by any of its names.
constexpr std::string_view kImageStarts[] = {"_text", "_stext"};
constexpr std::string_view kRoots[] = {"init_top_pgt", "init_level4_pgt", "swapper_pg_dir"};
constexpr uint64_t kMaxNotesSection = 65536;  // bytes; .notes of a kernel has some hundred

std::optional<uint64_t> first_symbol(const Vmcoreinfo& lines, std::span<const std::string_view> names) {
  for (const std::string_view name : names)
    if (const auto symbol = lines.symbol(name)) return symbol;
  return std::nullopt;
}

std::optional<uint64_t> kernel_offset(const Vmcoreinfo& lines) {
  const auto text = lines.text("KERNELOFFSET");
  return text ? parse_u64(*text, 16) : std::nullopt;
}

// A symbol of the image that both tell.
std::optional<uint64_t> distance_of_common_symbol(const Vmcoreinfo& file, const Vmcoreinfo& dump,
                                                  const ImageRange& image) {
  for (const std::string_view name : {"_stext", "init_uts_ns", "swapper_pg_dir", "prb"}) {
    const auto in_file = file.symbol(name);
    const auto in_dump = dump.symbol(name);
    if (in_file && in_dump && image.holds(*in_file) && image.holds(*in_dump)) return *in_dump - *in_file;
  }
  return std::nullopt;
}

Vmcoreinfo merged_lines(const Vmcoreinfo& file, const Vmcoreinfo& dump) {
  Vmcoreinfo all = file;
  for (const auto& [key, value] : dump.lines()) all.set(key, value);
  return all;
}

// Brings the file's lines to where the dump's kernel was.
class Placer {
 public:
  Placer(const NamedFacts& named, const Vmcore& vmcore, const Vmcoreinfo& vmcoreinfo, const ImageRange& image)
      : named_(named), vmcore_(vmcore), dump_(vmcoreinfo), image_(image) {}

  Result<Vmcoreinfo> place() {
    distance_ = TRY(distance());
    for (const auto& [key, value] : named_.lines.lines()) take(key, value);
    find_phys_base();
    find_encryption_mask();
    find_levels();
    return std::move(placed_);
  }

 private:
  // How far every address of the image is from the file's.
  [[nodiscard]] Result<uint64_t> distance() const {
    if (const auto offset = kernel_offset(dump_)) return *offset - kernel_offset(named_.lines).value_or(0);
    if (const auto found = distance_of_common_symbol(named_.lines, dump_, image_)) return *found;
    const auto segment = image_segment(vmcore_, image_);
    const auto start = first_symbol(named_.lines, kImageStarts);
    if (segment && start) return segment->vaddr.value() - *start;
    return fail(
        ErrorKind::unsupported,
        "{}: nothing tells where its kernel was (no KERNELOFFSET in VMCOREINFO, {}), so the addresses in {} "
        "lead nowhere",
        vmcore_.name(),
        vmcore_.earlier() == nullptr ? fmt::format("no PT_LOAD at {:#x} or above", image_.begin)
                                     : "and a kdump-compressed file has no program headers",
        named_.file);
  }

  [[nodiscard]] bool is_of_this_boot() const { return distance_ == 0 && kernel_offset(named_.lines); }

  void take(const std::string& key, const std::string& value) {
    const bool of_one_boot = std::ranges::find(kOfOneBoot, key) != std::end(kOfOneBoot);
    const auto addr = key.starts_with("SYMBOL(") ? parse_u64(value, 16) : std::nullopt;
    if (addr && image_.holds(*addr)) {
      placed_.set(key, fmt::format("{:x}", *addr + distance_));
      return;
    }
    // Offsets into per-CPU areas stay as they are; other addresses of the kernel are from its heap.
    const bool stays = !of_one_boot && addr.value_or(0) < kUpperHalf;
    if (stays || is_of_this_boot()) placed_.set(key, value);
  }

  [[nodiscard]] std::optional<std::string_view> text(std::string_view key) const {
    const auto own = dump_.text(key);
    return own ? own : placed_.text(key);
  }

  void find_phys_base() {
    if (text("NUMBER(phys_base)")) return;
    if (const auto base = phys_base_by_headers(vmcore_))
      placed_.set("NUMBER(phys_base)", std::to_string(*base));
  }

  // Where an address of the image lies, without page tables.
  [[nodiscard]] std::optional<PhysAddr> physical(std::string_view symbol) const {
    const auto found = parse_u64(text(fmt::format("SYMBOL({})", symbol)).value_or(""), 16);
    const auto phys_base = parse_vmcoreinfo_number(text("NUMBER(phys_base)").value_or(""));
    if (!found || !phys_base || !image_.holds(*found)) return std::nullopt;
    return PhysAddr(*found - image_.begin + static_cast<uint64_t>(*phys_base));
  }

  void find_encryption_mask() {
    const auto place = physical("sme_me_mask");
    le64 mask = 0;
    if (text("NUMBER(sme_mask)") || !place || !vmcore_.read(*place, mutable_bytes_of(mask))) return;
    placed_.set("NUMBER(sme_mask)", std::to_string(static_cast<int64_t>(uint64_t{mask})));
  }

  // The number of levels is the one with which the tables' root maps itself where it lies.
  void find_levels() {
    if (text("NUMBER(pgtable_l5_enabled)")) return;
    for (const char* five : {"0", "1"}) {
      placed_.set("NUMBER(pgtable_l5_enabled)", five);
      if (maps_root()) return;
    }
    placed_.set("NUMBER(pgtable_l5_enabled)", "0");
  }

  [[nodiscard]] bool maps_root() const {
    const auto architecture = find_architecture(vmcore_.machine());
    const Vmcoreinfo lines = merged_lines(placed_, dump_);
    const auto root = first_symbol(lines, kRoots);
    if (!architecture || !root) return false;
    const auto table = (*architecture)->page_table(lines);
    if (!table) return false;
    const auto found = PageTableWalker(vmcore_, *table).translate(VirtAddr(*root));
    return found && found->addr == table->root;
  }

  const NamedFacts& named_;
  const Vmcore& vmcore_;
  const Vmcoreinfo& dump_;
  ImageRange image_;
  uint64_t distance_ = 0;
  Vmcoreinfo placed_;
};

ByteVector bytes_of_hex(std::string_view hex) {
  ByteVector bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    const auto byte = parse_u64(hex.substr(i, 2), 16);
    bytes.push_back(static_cast<std::byte>(byte.value_or(0)));
  }
  return bytes;
}

// The kernel's own notes in its memory. What VMCOREINFO calls the build id is not it in kernels between
// 905415ff3ffb (6.12, and in stable kernels of 2024) and its fix: their parser of the notes went astray.
bool notes_in_memory_have(const KernelInfo& kernel, std::string_view build_id) {
  const auto begin = kernel.facts().symbol("__start_notes");
  const auto end = kernel.facts().symbol("__stop_notes");
  if (!begin || !end || *end <= *begin || *end - *begin > kMaxNotesSection) return false;
  ByteVector notes(*end - *begin);
  if (!kernel.address_space().read(*begin, notes)) return false;
  return !std::ranges::search(notes, bytes_of_hex(build_id)).empty();
}

Status check_release(const NamedFacts& named, const Vmcore& vmcore, std::string_view of_dump) {
  const std::string_view of_file = named.lines.text("OSRELEASE").value_or("");
  if (of_file.empty() || of_dump.empty() || of_file == of_dump) return {};
  return fail(ErrorKind::mismatch, "{} is of kernel {}, {} of {}: name the file of that kernel", named.file,
              printable(of_file), vmcore.name(), printable(of_dump));
}

Status check_build_id(const NamedFacts& named, const KernelInfo& kernel) {
  const auto of_file = named.lines.text("BUILD-ID");
  const auto of_dump = kernel.facts().text("BUILD-ID");
  if (!of_file || !of_dump || *of_file == *of_dump || notes_in_memory_have(kernel, *of_file)) return {};
  return fail("{} has build id {}, the kernel of {} has {}: another build of {}", named.file,
              printable(*of_file), kernel.vmcore().name(), printable(*of_dump), printable(kernel.release()));
}

}  // namespace

Result<PlacedFacts> PlacedFacts::place(const NamedFacts& named, const Vmcore& vmcore,
                                       const Vmcoreinfo& vmcoreinfo) {
  PlacedFacts facts;
  if (named.empty()) return facts;
  if (named.machine != 0 && named.machine != vmcore.machine()) {
    return fail("{} is of ELF machine {}, {} of {}", named.file, named.machine, vmcore.name(),
                vmcore.machine());
  }
  TRY(check_release(named, vmcore, vmcoreinfo.text("OSRELEASE").value_or("")));
  const ImageRange image = TRY(with_context(image_range(vmcore.machine()), "{}", named.file));
  facts.lines_ = TRY(Placer(named, vmcore, vmcoreinfo, image).place());
  return facts;
}

Vmcoreinfo PlacedFacts::merged(const Vmcoreinfo& vmcoreinfo) const {
  return merged_lines(lines_, vmcoreinfo);
}

void PlacedFacts::add_to(Facts& facts) const {
  const Facts named(lines_);
  for (const auto& [key, fact] : named.all()) {
    // Of a pointer VMCOREINFO has the value and a vmlinux the place: that is no contradiction.
    const bool is_symbol = kind_of(key) == FactKind::symbol;
    if (!is_symbol || !facts.has(key)) facts.add(key, fact.value, FactSource::named_file);
  }
}

Status check_same_kernel(const NamedFacts& named, const KernelInfo& kernel) {
  if (named.empty()) return {};
  if (kernel.release().empty()) {
    return fail("{}: no kernel found in it with the addresses of {}: is that of another kernel?",
                kernel.vmcore().name(), named.file);
  }
  TRY(check_release(named, kernel.vmcore(), kernel.release()));
  return check_build_id(named, kernel);
}

}  // namespace kdump
