// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/target/raw_extract.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "common/fd.h"
#include "common/file.h"
#include "common/text.h"
#include "kdumpd/target/raw_compare.h"
#include "makedumpfile/format/reassembler.h"
#include "makedumpfile/sink/file_sink.h"
#include "makedumpfile/sink/raw/device_signature.h"
#include "makedumpfile/sink/raw/raw_device.h"
#include "makedumpfile/vmcore/kdump_headers.h"

namespace kdump::service {
namespace {

constexpr mode_t kPrivate = 0600;  // memory and logs hold secrets
constexpr mode_t kPrivateDirectory = 0700;
constexpr uint64_t kDirectoryBytes = uint64_t{1} << 20;  // what a few files need besides their content
constexpr int kMaxCollisions = 1000;
constexpr const char* kVmcore = "vmcore";

// For a stream without our files beside it: nobody has said when it was made.
std::string directory_named_now() {
  const time_t now = time(nullptr);
  tm parts{};
  localtime_r(&now, &parts);
  char text[32];
  const size_t length = strftime(text, sizeof text, "%Y-%m-%d-%H:%M:%S", &parts);
  return "127.0.0.1-" + std::string(text, length);
}

// What a crash left on one device.
class Extraction {
 public:
  Extraction(RawDevice device, std::string parent, std::string shown_parent)
      : device_(std::move(device)), parent_(std::move(parent)), shown_parent_(std::move(shown_parent)) {}

  // False when there is nothing to take.
  Result<bool> look();
  [[nodiscard]] std::string describe() const;
  // What a start left that did not come to its end.
  void clear() const;
  // Each step is right only after the one before.
  Status check_space() const;
  [[nodiscard]] std::optional<std::string> taken_before() const;
  Status take();
  Result<std::string> give_name() const;
  Status forget();

  [[nodiscard]] std::string shown(const std::string& name) const { return shown_parent_ + "/" + name; }
  [[nodiscard]] const std::string& warning() const { return warning_; }

 private:
  [[nodiscard]] bool has_dump() const { return dump_ == RawDump::whole; }
  [[nodiscard]] std::string incomplete() const { return parent_ + "/" + name_ + "-incomplete"; }
  [[nodiscard]] uint64_t bytes() const;
  Status replay(RandomAccess& sink) const;
  Status take_all();
  Status take_file(const RawAttachment& attachment);
  Status take_dump();
  Status check_structure(const std::string& file);
  Status compare_dump(const std::string& file) const;
  [[nodiscard]] bool is_taken(const std::string& directory) const;
  void warn(const std::string& text) { warning_ += (warning_.empty() ? "" : "; ") + text; }

  RawDevice device_;
  std::string parent_;        // of the directory, with the host's prefix
  std::string shown_parent_;  // without
  RawDump dump_ = RawDump::none;
  FlattenedExtent extent_;
  std::vector<RawAttachment> files_;
  std::string name_;  // of the directory
  std::string warning_;
};

Result<bool> Extraction::look() {
  dump_ = TRY(device_.dump());
  files_ = TRY(device_.attachments());
  if (dump_ == RawDump::incomplete)
    warn("the dump on it is not whole and stays there until the next dump replaces it");
  if (!has_dump() && files_.empty()) return false;
  const std::string signature = TRY(device_signature(device_.fd()));
  if (!signature.empty()) return fail("it holds {} and is left alone", signature);
  name_ = files_.empty() ? directory_named_now() : files_.front().directory;
  if (!has_dump()) return true;
  const auto read_at = [this](uint64_t offset, MutableBytes out) {
    return pread_up_to(device_.fd(), out, offset);
  };
  extent_ =
      TRY(with_context(measure_flattened(read_at, device_.path()),
                       "the dump on it is damaged (makedumpfile -R < {} may tell more)", device_.path()));
  return true;
}

std::string Extraction::describe() const {
  return has_dump() ? fmt::format("the dump of a crash ({})", human_size(extent_.file_bytes))
                    : "the log of a crash that left no dump there";
}

uint64_t Extraction::bytes() const {
  uint64_t sum = kDirectoryBytes + extent_.file_bytes;
  for (const RawAttachment& file : files_) sum += file.size;
  return sum;
}

Status Extraction::check_space() const {
  struct statvfs info{};
  if (statvfs(parent_.c_str(), &info) != 0)
    return fail_errno(errno, "cannot take it to {}, create that or change path in kdump.conf", shown_parent_);
  const uint64_t free = info.f_bavail * info.f_frsize;
  if (free >= bytes()) return {};
  return fail(ErrorKind::no_space, "it needs {} ({} bytes) in {}, where {} ({} bytes) are free",
              human_size(bytes()), bytes(), shown_parent_, human_size(free), free);
}

// The whole stream once more, from the device itself.
Status Extraction::replay(RandomAccess& sink) const {
  posix_fadvise(device_.fd(), 0, 0, POSIX_FADV_DONTNEED);
  uint64_t position = 0;
  const auto read = [&](MutableBytes out) -> Result<size_t> {
    const size_t got = TRY(pread_up_to(device_.fd(), out, position));
    position += got;
    return got;
  };
  TRY(reassemble(read, device_.path(), sink));
  return {};
}

void Extraction::clear() const {
  std::error_code ignored;
  std::filesystem::remove_all(incomplete(), ignored);
}

Status Extraction::take() {
  Status taken = take_all();
  if (!taken) clear();
  return taken;
}

Status Extraction::take_all() {
  if (mkdir(incomplete().c_str(), kPrivateDirectory) != 0)
    return fail_errno(errno, "cannot create {}", incomplete());
  for (const RawAttachment& file : files_) TRY(take_file(file));
  if (has_dump()) TRY(take_dump());
  return {};
}

// Damaged bytes of a log are more than none, and must not keep the dump on the device.
Status Extraction::take_file(const RawAttachment& attachment) {
  Result<ByteVector> content = device_.read(attachment, raw_device::kMostAttachmentBytes);
  if (content) return replace_file(incomplete() + "/" + attachment.name, *content, kPrivate);
  if (content.error().kind() != ErrorKind::corrupt) return Failure(content.error());
  warn(content.error().message());
  ByteVector damaged(std::min(attachment.size, raw_device::kMostAttachmentBytes));
  TRY(pread_exact(device_.fd(), damaged, attachment.offset));
  return replace_file(incomplete() + "/" + attachment.name + ".damaged", damaged, kPrivate);
}

Status Extraction::take_dump() {
  const std::unique_ptr<FileSink> file = TRY(FileSink::create(incomplete() + "/" + kVmcore, false));
  TRY(replay(*file));
  TRY(file->sync());
  TRY(check_structure(file->remains()));
  TRY(compare_dump(file->remains()));
  return file->finish();
}

Status Extraction::check_structure(const std::string& file) {
  const UniqueFd fd = TRY(open_file(file, O_RDONLY));
  const uint64_t size = TRY(file_size(fd.get()));
  if (size != extent_.file_bytes)
    return fail(ErrorKind::corrupt, "{} has {} bytes, expected {}", file, size, extent_.file_bytes);
  const auto headers = TRY(find_kdump_headers(file));
  if (headers && headers->incomplete()) warn("the dump is marked incomplete");
  return {};
}

Status Extraction::compare_dump(const std::string& file) const {
  const UniqueFd fd = TRY(open_file(file, O_RDONLY));
  if (TRY(file_size(fd.get())) != extent_.file_bytes) return fail("{} has another size", file);
  posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED);
  Comparison comparison(fd.get(), file);
  TRY(replay(comparison));
  return comparison.finish();
}

bool Extraction::is_taken(const std::string& directory) const {
  const auto has = [&](const RawAttachment& file) {
    const auto wanted = device_.read(file, raw_device::kMostAttachmentBytes);
    const auto there = read_text_file(directory + "/" + file.name, raw_device::kMostAttachmentBytes + 1);
    return wanted && there && std::ranges::equal(*wanted, bytes_of(*there));
  };
  return !files_.empty() && std::ranges::all_of(files_, has) &&
         (!has_dump() || compare_dump(directory + "/" + kVmcore));
}

// The last start may have ended between the name and the device's forgetting.
std::optional<std::string> Extraction::taken_before() const {
  if (is_taken(parent_ + "/" + name_)) return name_;
  return std::nullopt;
}

Result<std::string> Extraction::give_name() const {
  TRY(sync_directory_of(incomplete() + "/" + kVmcore));
  for (int attempt = 1; attempt <= kMaxCollisions; ++attempt) {
    std::string name = attempt == 1 ? name_ : fmt::format("{}-{}", name_, attempt);
    const std::string path = parent_ + "/" + name;
    if (renameat2(AT_FDCWD, incomplete().c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) {
      TRY(sync_directory_of(path));
      return name;
    }
    if (errno != EEXIST) return fail_errno(errno, "cannot rename {} to {}", incomplete(), path);
  }
  return fail("cannot create {}: that name and {} more are taken", shown(name_), kMaxCollisions - 1);
}

// What is not whole is nobody's but the next dump's.
Status Extraction::forget() {
  return dump_ == RawDump::incomplete ? device_.forget_attachments() : device_.forget();
}

Result<RawExtraction> extract(const Host& host, const std::string& device, const std::string& path,
                              const Announce& announce) {
  Extraction extraction(TRY(RawDevice::open(host.at(device))), host.at(path), path);
  if (!TRY(extraction.look())) return RawExtraction{.directory = {}, .warning = extraction.warning()};
  auto name = extraction.taken_before();
  extraction.clear();
  if (!name) {
    TRY(extraction.check_space());
    announce(Level::info, fmt::format("raw {}: taking {} into {}", device, extraction.describe(), path));
    TRY(extraction.take());
    name = TRY(extraction.give_name());
  }
  TRY(extraction.forget());
  return RawExtraction{.directory = extraction.shown(*name), .warning = extraction.warning()};
}

}  // namespace

Result<RawExtraction> extract_raw(const Host& host, const std::string& device, const std::string& path,
                                  const Announce& announce) {
  return with_context(extract(host, device, path, announce), "raw {}", device);
}

}  // namespace kdump::service
