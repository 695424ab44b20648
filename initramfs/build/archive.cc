// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/build/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>
#include <set>

#include "common/file.h"

namespace kdump::image {
namespace {

// Level 9 has a window of 4 MiB, which the capture kernel must allocate to unpack; level 19 would need 8.
constexpr const char* kZstdLevel = "9";
constexpr size_t kMaximumUnpacked = size_t{256} << 20;

struct WriteFree {
  void operator()(archive* writer) const { archive_write_free(writer); }
};
struct ReadFree {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
struct EntryFree {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};
using Writer = std::unique_ptr<archive, WriteFree>;
using Reader = std::unique_ptr<archive, ReadFree>;

Status check(archive* handle, la_ssize_t result, std::string_view doing) {
  if (result >= ARCHIVE_OK) return {};
  const char* text = archive_error_string(handle);
  return fail("cannot {}: libarchive: {}", doing, text == nullptr ? "error without a text" : text);
}

la_ssize_t append(archive* /*unused*/, void* out, const void* data, size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(data), size);
  return static_cast<la_ssize_t>(size);
}

Result<Writer> open_writer(std::string& out) {
  Writer writer(archive_write_new());
  archive* handle = writer.get();
  TRY(check(handle, archive_write_set_format_cpio_newc(handle), "write newc"));
  TRY(check(handle, archive_write_add_filter_zstd(handle), "write zstd"));
  TRY(check(handle, archive_write_set_filter_option(handle, "zstd", "compression-level", kZstdLevel),
            "set the zstd level"));
  // No padding to a tape's block: the kernel would take it for another, broken archive.
  TRY(check(handle, archive_write_set_bytes_in_last_block(handle, 1), "set the block size"));
  TRY(check(handle, archive_write_open(handle, &out, nullptr, append, nullptr), "start the archive"));
  return writer;
}

unsigned file_type(ArchiveEntry::Kind kind) {
  if (kind == ArchiveEntry::Kind::directory) return AE_IFDIR;
  return kind == ArchiveEntry::Kind::file ? AE_IFREG : AE_IFCHR;
}

// Inode numbers must differ, or the kernel takes files for hard links of each other.
Status write_entry(archive* writer, const ArchiveEntry& from, int64_t inode) {
  const std::unique_ptr<archive_entry, EntryFree> to(archive_entry_new());
  archive_entry_set_pathname(to.get(), from.path.c_str() + 1);
  archive_entry_set_filetype(to.get(), file_type(from.kind));
  archive_entry_set_perm(to.get(), from.mode);
  archive_entry_set_ino64(to.get(), inode);
  archive_entry_set_nlink(to.get(), 1);
  archive_entry_set_mtime(to.get(), 0, 0);
  archive_entry_set_size(to.get(), static_cast<int64_t>(from.content.size()));
  archive_entry_set_rdevmajor(to.get(), from.major);
  archive_entry_set_rdevminor(to.get(), from.minor);
  TRY(check(writer, archive_write_header(writer, to.get()), "add " + from.path));
  if (from.content.empty()) return {};
  return check(writer, archive_write_data(writer, from.content.data(), from.content.size()),
               "add " + from.path);
}

void add_parents(std::vector<ArchiveEntry>& entries) {
  std::set<std::string> known{"/"};
  for (const ArchiveEntry& entry : entries) known.insert(entry.path);
  for (size_t i = 0; i < entries.size(); ++i) {  // grows while it runs: parents have parents
    const std::string parent = directory_of(entries[i].path);
    if (!known.insert(parent).second) continue;
    entries.push_back({ArchiveEntry::Kind::directory, parent, 0755, {}, 0, 0});
  }
}

Status refuse_twins(const std::vector<ArchiveEntry>& sorted) {
  const auto twin = std::ranges::adjacent_find(sorted, {}, &ArchiveEntry::path);
  if (twin == sorted.end()) return {};
  return fail("{} would be in the image twice", twin->path);
}

}  // namespace

Result<std::string> pack_initramfs(std::vector<ArchiveEntry> entries) {
  add_parents(entries);
  std::ranges::sort(entries, {}, &ArchiveEntry::path);
  TRY(refuse_twins(entries));
  std::string packed;
  const Writer writer = TRY(open_writer(packed));
  int64_t inode = 0;
  for (const ArchiveEntry& entry : entries) TRY(write_entry(writer.get(), entry, ++inode));
  TRY(check(writer.get(), archive_write_close(writer.get()), "finish the archive"));
  return packed;
}

Result<std::string> decompress(const std::string& compressed, const std::string& name) {
  const Reader reader(archive_read_new());
  archive* handle = reader.get();
  const std::string doing = "decompress " + name;
  // Not filter_all, which runs external programs for what it cannot read itself.
  archive_read_support_filter_xz(handle);
  archive_read_support_filter_zstd(handle);
  archive_read_support_filter_gzip(handle);
  archive_read_support_format_raw(handle);
  TRY(check(handle, archive_read_open_memory(handle, compressed.data(), compressed.size()), doing));
  archive_entry* entry = nullptr;
  TRY(check(handle, archive_read_next_header(handle, &entry), doing));
  std::string content;
  constexpr size_t kStep = size_t{1} << 18;
  while (true) {
    const size_t before = content.size();
    content.resize(before + kStep);
    const la_ssize_t got = archive_read_data(handle, content.data() + before, kStep);
    TRY(check(handle, got, doing));
    content.resize(before + static_cast<size_t>(got));
    if (got == 0) return content;
    if (content.size() > kMaximumUnpacked)
      return fail(ErrorKind::corrupt, "cannot {}: larger than {} bytes", doing, kMaximumUnpacked);
  }
}

}  // namespace kdump::image
