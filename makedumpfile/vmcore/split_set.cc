// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/split_set.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "makedumpfile/vmcore/open.h"

namespace kdump {
namespace {

// What all files of one dump have alike. Not their names: a set is put together from anywhere.
struct SharedField {
  std::string_view name;
  bool (*same)(const KdumpHeaders& a, const KdumpHeaders& b);
};

constexpr SharedField kShared[] = {
    {"header_version", [](const KdumpHeaders& a, const KdumpHeaders& b) { return a.version == b.version; }},
    {"byte order", [](const KdumpHeaders& a, const KdumpHeaders& b) { return a.big_endian == b.big_endian; }},
    {"utsname",
     [](const KdumpHeaders& a, const KdumpHeaders& b) {
       return std::memcmp(&a.utsname, &b.utsname, sizeof a.utsname) == 0;
     }},
    {"timestamp", [](const KdumpHeaders& a, const KdumpHeaders& b) { return a.crash_time == b.crash_time; }},
    {"block_size", [](const KdumpHeaders& a, const KdumpHeaders& b) { return a.block_size == b.block_size; }},
    {"max_mapnr", [](const KdumpHeaders& a, const KdumpHeaders& b) { return a.max_pfn == b.max_pfn; }},
    {"dump_level", [](const KdumpHeaders& a, const KdumpHeaders& b) { return a.dump_level == b.dump_level; }},
    {"phys_base", [](const KdumpHeaders& a, const KdumpHeaders& b) { return a.phys_base == b.phys_base; }},
};

Status check_same_bitmap(const KdumpFile& first, const FileBitmap& ours, const KdumpFile& other,
                         const FileBitmap& theirs, std::string_view name) {
  constexpr size_t kAtOnce = size_t{64} << 10;
  ByteVector a(std::min<uint64_t>(kAtOnce, ours.end().value() / 8 + 1)), b(a.size());
  for (Pfn pfn; pfn < ours.end(); pfn += a.size() * 8) {
    TRY(ours.read(pfn, a));
    TRY(theirs.read(pfn, b));
    if (a == b) continue;
    return fail(ErrorKind::mismatch, "{}: its {} is not that of {}: the files are not of one dump",
                other.name(), name, first.name());
  }
  return {};
}

Status check_same_dump(const KdumpFile& first, const KdumpFile& other) {
  for (const SharedField& field : kShared) {
    if (field.same(first.headers(), other.headers())) continue;
    return fail(ErrorKind::mismatch, "{}: its {} is not that of {}: the files are not of one dump",
                other.name(), field.name, first.name());
  }
  TRY(check_same_bitmap(first, first.existing(), other, other.existing(), "bitmap 1"));
  return check_same_bitmap(first, first.dumpable(), other, other.dumpable(), "bitmap 2");
}

Status check_split(const KdumpFile& part) {
  if (part.headers().split) return {};
  return fail(ErrorKind::mismatch, "{}: is a whole dump, not a file of a split one", part.name());
}

// `end` is where the pages of the files before `part` end.
Status check_follows(const KdumpFile* before, const KdumpFile& part, Pfn end) {
  const PfnRange pages = part.headers().part;
  if (pages.begin < end) {
    return fail(ErrorKind::mismatch, "{}: holds pages {:#x} to {:#x}, of which {} has some", part.name(),
                pages.begin.value(), pages.end.value(), before->name());
  }
  if (pages.begin > end) {
    return fail("the file with pages {:#x} to {:#x}, before those of {}, is missing", end.value(),
                pages.begin.value(), part.name());
  }
  return {};
}

Status check_complete(std::span<const std::unique_ptr<KdumpFile>> parts) {
  Pfn end;
  const KdumpFile* before = nullptr;
  for (const auto& part : parts) {
    TRY(check_follows(before, *part, end));
    end = part->headers().part.end;
    before = part.get();
  }
  if (end == before->headers().max_pfn) return {};
  return fail("the file with pages {:#x} to {:#x}, behind those of {}, is missing", end.value(),
              before->headers().max_pfn.value(), before->name());
}

}  // namespace

SplitSet::SplitSet(std::vector<std::unique_ptr<KdumpFile>> parts)
    : parts_(std::move(parts)), earlier_(*parts_.front()->earlier()) {
  std::set<std::string_view> told;
  for (const auto& part : parts_) {
    earlier_.incomplete |= part->headers().incomplete();
    if (told.insert(part->erase_info()).second) erase_info_ += part->erase_info();
  }
}

Result<std::unique_ptr<SplitSet>> SplitSet::join(std::vector<std::unique_ptr<KdumpFile>> parts) {
  if (parts.empty()) return fail(ErrorKind::usage, "no file of a split dump");
  for (const auto& part : parts) TRY(check_split(*part));
  for (const auto& part : parts)
    if (part != parts.front()) TRY(check_same_dump(*parts.front(), *part));
  std::ranges::sort(parts, {}, [](const auto& part) {
    const PfnRange pages = part->headers().part;
    return std::pair(pages.begin, pages.end);
  });
  TRY(check_complete(parts));
  return std::unique_ptr<SplitSet>(new SplitSet(std::move(parts)));
}

Result<std::unique_ptr<SplitSet>> SplitSet::open(std::span<const std::string> paths,
                                                 const OpenOptions& options) {
  std::vector<std::unique_ptr<KdumpFile>> parts;
  for (const std::string& path : paths) {
    std::unique_ptr<ByteSource> source = TRY(open_dump_source(path, options));
    parts.push_back(TRY(KdumpFile::open(std::move(source))));
  }
  return join(std::move(parts));
}

Status SplitSet::read(PhysAddr addr, MutableBytes out) const {
  const uint64_t page_size = earlier_.page_size;
  while (!out.empty()) {
    const Pfn pfn(addr.value() / page_size);
    const auto part =
        std::ranges::upper_bound(parts_, pfn, {}, [](const auto& p) { return p->headers().part.end; });
    if (part == parts_.end()) return parts_.back()->read(addr, out);
    const uint64_t left = (*part)->headers().part.end.value() * page_size - addr.value();
    const size_t step = std::min<uint64_t>(out.size(), left);
    TRY((*part)->read(addr, out.first(step)));
    out = out.subspan(step);
    addr += step;
  }
  return {};
}

}  // namespace kdump
