// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/kernel_info.h"

#include <bit>

#include "makedumpfile/arch/address_space.h"
#include "makedumpfile/arch/architecture.h"
#include "makedumpfile/kernel/facts.h"
#include "makedumpfile/kernel/image_place.h"
#include "makedumpfile/kernel/inferred.h"
#include "makedumpfile/kernel/own_memory.h"

namespace kdump {
namespace {

constexpr int64_t kMinPageSize = 4096;
constexpr int64_t kMaxPageSize = 262144;

constexpr std::string_view kPhysBase = "NUMBER(phys_base)";

// Without any line nothing is to be found, and the message shall say so.
Vmcoreinfo with_phys_base(Vmcoreinfo lines, const Vmcore& vmcore) {
  if (lines.empty() || lines.text(kPhysBase)) return lines;
  if (const auto base = phys_base_by_headers(vmcore))
    lines.set(std::string(kPhysBase), std::to_string(*base));
  return lines;
}

Result<PageTable> find_page_table(uint16_t machine, const Vmcoreinfo& vmcoreinfo, const std::string& file) {
  const Architecture* architecture = TRY(with_context(find_architecture(machine), "{}", file));
  if (vmcoreinfo.empty())
    return fail(ErrorKind::unsupported, "{}: no VMCOREINFO, neither in its notes nor in its memory", file);
  return with_context(architecture->page_table(vmcoreinfo), "{}", file);
}

Result<unsigned> page_shift_of(const Facts& facts, const Vmcore& vmcore) {
  const std::string& file = vmcore.name();
  const auto text = facts.text("PAGESIZE");
  const EarlierDump* earlier = vmcore.earlier();
  if (!text) return earlier == nullptr ? 12U : static_cast<unsigned>(std::countr_zero(earlier->page_size));
  const int64_t size = parse_vmcoreinfo_number(*text).value_or(0);
  if (size < kMinPageSize || size > kMaxPageSize || !std::has_single_bit(static_cast<uint64_t>(size))) {
    return fail(ErrorKind::corrupt, "{}: VMCOREINFO: PAGESIZE={}, expected a power of two from {} to {}",
                file, *text, kMinPageSize, kMaxPageSize);
  }
  if (earlier != nullptr && earlier->page_size != static_cast<uint64_t>(size)) {
    return fail(ErrorKind::corrupt, "{}: VMCOREINFO: PAGESIZE={}, but block_size is {}", file, *text,
                earlier->page_size);
  }
  return static_cast<unsigned>(std::countr_zero(static_cast<uint64_t>(size)));
}

uint64_t phys_base_of(const Facts& facts, uint16_t machine) {
  const auto architecture = find_architecture(machine);
  return architecture ? static_cast<uint64_t>(facts.number((*architecture)->phys_base).value_or(0)) : 0;
}

// Every field ends in a NUL in a sound kernel; in what we write it always does.
void terminate(diskdump::UtsName& name) {
  for (char* field : {name.sysname, name.nodename, name.release, name.version, name.machine, name.domainname})
    field[diskdump::kUtsFieldSize - 1] = '\0';
}

diskdump::UtsName read_utsname(const Facts& facts, const AddressSpace& address_space) {
  const auto place = utsname_place(facts);
  if (!place) return {};
  auto name = address_space.read_value<diskdump::UtsName>(*place);
  if (!name) return {};
  terminate(*name);
  return *name;
}

}  // namespace

// struct uts_namespace begins with struct new_utsname name (include/linux/utsname.h), or says where it is.
std::optional<VirtAddr> utsname_place(const Facts& facts) {
  const auto symbol = facts.symbol("init_uts_ns");
  if (!symbol) return std::nullopt;
  return *symbol + facts.offset("uts_namespace.name").value_or(0);
}

KernelInfo::KernelInfo(const Vmcore& vmcore, std::unique_ptr<Facts> facts,
                       std::unique_ptr<AddressSpace> address_space)
    : vmcore_(&vmcore), facts_(std::move(facts)), address_space_(std::move(address_space)) {}
KernelInfo::KernelInfo(KernelInfo&&) noexcept = default;
KernelInfo& KernelInfo::operator=(KernelInfo&&) noexcept = default;
KernelInfo::~KernelInfo() = default;

// The dump's headers tell what its memory does not, or no more.
void KernelInfo::take_earlier(const EarlierDump* earlier) {
  if (earlier == nullptr) return;
  if (phys_base_ == 0) phys_base_ = earlier->phys_base;
  if (crash_time_ == 0) crash_time_ = earlier->crash_time;
  if (utsname_.sysname[0] == '\0') utsname_ = earlier->utsname;
}

Result<KernelInfo> read_kernel_info(const Vmcore& vmcore, const NamedFacts& named) {
  Vmcoreinfo vmcoreinfo(vmcore.notes().vmcoreinfo());
  const PlacedFacts placed = TRY(PlacedFacts::place(named, vmcore, vmcoreinfo));
  const Vmcoreinfo lines = with_phys_base(placed.merged(vmcoreinfo), vmcore);
  auto address_space =
      std::make_unique<AddressSpace>(vmcore, find_page_table(vmcore.machine(), lines, vmcore.name()));
  auto facts = std::make_unique<Facts>(std::move(vmcoreinfo));
  std::vector<std::string> notes = add_facts_of_own_memory(*facts, *address_space, vmcore.machine());
  placed.add_to(*facts);
  if (const auto base = lines.number("phys_base"); base && !facts->number("phys_base"))
    facts->add(kPhysBase, *base, FactSource::inferred);
  infer_facts(*facts, vmcore.machine());
  KernelInfo info(vmcore, std::move(facts), std::move(address_space));
  info.provider_notes_ = std::move(notes);
  info.page_shift_ = TRY(page_shift_of(info.facts(), vmcore));
  info.phys_base_ = phys_base_of(info.facts(), vmcore.machine());
  info.crash_time_ = parse_vmcoreinfo_number(info.facts().text("CRASHTIME").value_or("")).value_or(0);
  info.utsname_ = read_utsname(info.facts(), info.address_space());
  info.take_earlier(vmcore.earlier());
  info.release_ = info.facts().text("OSRELEASE").value_or(info.utsname_.release);
  TRY(check_same_kernel(named, info));
  return info;
}

}  // namespace kdump
