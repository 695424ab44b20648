// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/build/image.h"

#include <unistd.h>

#include "common/file.h"
#include "initramfs/build/archive.h"
#include "initramfs/build/contents.h"
#include "initramfs/build/digest.h"
#include "initramfs/build/fingerprint.h"

namespace kdump::image {
namespace {

constexpr const char* kImageName = "initramfs.img";
constexpr const char* kPlanName = "plan.json";
constexpr const char* kFingerprintName = "fingerprint.json";
constexpr const char* kMountPoints[] = {"/dev", "/mnt", "/proc", "/run", "/sys"};
constexpr mode_t kPrivate = 0600;  // an image can hold keys

std::string in(const std::string& directory, const char* name) { return directory + "/" + name; }

struct Packed {
  std::string archive;
  std::string plan_json;
  Fingerprint fingerprint;
  Image image;
};

void add_skeleton(std::vector<ArchiveEntry>& entries) {
  using Kind = ArchiveEntry::Kind;
  for (const char* path : kMountPoints) entries.push_back({Kind::directory, path, 0755, {}, 0, 0});
  entries.push_back({Kind::directory, "/tmp", 01777, {}, 0, 0});
  // The kernel opens /dev/console for init before anything can mount devtmpfs.
  entries.push_back({Kind::character_device, "/dev/console", 0600, {}, 5, 1});
  entries.push_back({Kind::character_device, "/dev/null", 0666, {}, 1, 3});
}

// A compressed module shows in its content: every uncompressed one is an ELF file.
Result<std::string> module_content(std::string stored, const std::string& path) {
  constexpr std::string_view kElf = "\177ELF";
  if (!stored.starts_with(kElf)) stored = TRY(decompress(stored, path));
  if (!stored.starts_with(kElf)) return fail(ErrorKind::corrupt, "module {} is not an ELF file", path);
  return stored;
}

Status add_file(const HostTree& tree, const ImageFile& file, std::vector<ArchiveEntry>& entries,
                Fingerprint& fingerprint) {
  std::string stored = TRY(tree.read(file.source));
  fingerprint.inputs[file.source] = TRY(sha256(bytes_of(stored)));
  if (file.is_module) stored = TRY(module_content(std::move(stored), file.source));
  if (file.is_compressed) stored = TRY(decompress(stored, file.source));
  entries.push_back({ArchiveEntry::Kind::file, file.image_path, file.mode, std::move(stored), 0, 0});
  return {};
}

Result<Packed> pack(const Request& request) {
  const HostTree tree = TRY(HostTree::open(request.root));
  Contents contents = TRY(gather_contents(tree, request));
  Packed packed;
  packed.plan_json = plan::to_json(contents.plan);
  packed.fingerprint.plan = plan_by_key(contents.plan);
  std::vector<ArchiveEntry> entries;
  add_skeleton(entries);
  entries.push_back({ArchiveEntry::Kind::file, plan::kPathInImage, kPrivate, packed.plan_json, 0, 0});
  for (const ImageFile& file : contents.files) TRY(add_file(tree, file, entries, packed.fingerprint));
  for (const ArchiveEntry& entry : entries) packed.image.unpacked_bytes += entry.content.size();
  packed.archive = TRY(pack_initramfs(std::move(entries)));
  packed.fingerprint.image = TRY(sha256(bytes_of(packed.archive)));
  packed.image.compressed_bytes = packed.archive.size();
  packed.image.modules = std::move(contents.modules);
  packed.image.warnings = std::move(contents.warnings);
  return packed;
}

// What the same request would be made from now, without making it.
Result<Fingerprint> fingerprint_now(const Request& request) {
  const HostTree tree = TRY(HostTree::open(request.root));
  const Contents contents = TRY(gather_contents(tree, request));
  Fingerprint now;
  now.plan = plan_by_key(contents.plan);
  for (const ImageFile& file : contents.files) {
    const std::string content = TRY(tree.read(file.source));
    now.inputs[file.source] = TRY(sha256(bytes_of(content)));
  }
  return now;
}

// What fingerprint.json says of the image beside it, which must be that very image: a power cut between two
// renames, or a full disk, leaves another.
Result<Fingerprint> fingerprint_of(const std::string& directory) {
  const std::string path = in(directory, kFingerprintName);
  const std::string text = TRY(read_text_file(path));
  Fingerprint fingerprint = TRY(with_context(fingerprint_from_json(text), "{}", path));
  const std::string archive = TRY(read_text_file(in(directory, kImageName), size_t{1} << 30));
  if (TRY(sha256(bytes_of(archive))) != fingerprint.image)
    return fail("{} is not the image its fingerprint describes", in(directory, kImageName));
  return fingerprint;
}

// The old name stays valid all the time: the new one is a second link first.
Status keep_as_previous(const std::string& path) {
  const std::string previous = path + ".prev";
  const std::string temporary = previous + ".new";
  if (unlink(temporary.c_str()) != 0 && errno != ENOENT)
    return fail_errno(errno, "cannot remove {}", temporary);
  if (link(path.c_str(), temporary.c_str()) != 0) return fail_errno(errno, "cannot link {}", temporary);
  if (rename(temporary.c_str(), previous.c_str()) != 0)
    return fail_errno(errno, "cannot rename {} to {}", temporary, previous);
  return {};
}

// A broken image must not push out a good previous one.
Status keep_previous(const std::string& directory) {
  if (!fingerprint_of(directory)) return {};
  for (const char* name : {kImageName, kPlanName, kFingerprintName}) {
    if (file_exists(in(directory, name))) TRY(keep_as_previous(in(directory, name)));
  }
  return {};
}

}  // namespace

Result<Image> build(const Request& request, const std::string& directory) {
  Packed packed = TRY(with_context(pack(request), "cannot build the capture image"));
  TRY(make_directories(directory, 0755));
  TRY(keep_previous(directory));
  packed.image.path = in(directory, kImageName);
  TRY(replace_file(packed.image.path, bytes_of(packed.archive), kPrivate));
  TRY(replace_file(in(directory, kPlanName), bytes_of(packed.plan_json), kPrivate));
  // Last, since it vouches for the others.
  TRY(replace_file(in(directory, kFingerprintName), bytes_of(to_json(packed.fingerprint)), kPrivate));
  return std::move(packed.image);
}

Result<Image> build_file(const Request& request, const std::string& output) {
  Packed packed = TRY(with_context(pack(request), "cannot build the capture image"));
  packed.image.path = output;
  TRY(replace_file(output, bytes_of(packed.archive), kPrivate));
  return std::move(packed.image);
}

Result<std::string> why_rebuild(const Request& request, const std::string& directory) {
  if (!file_exists(in(directory, kImageName))) return "image missing";
  if (!file_exists(in(directory, kFingerprintName))) return "fingerprint missing";
  const Result<Fingerprint> before = fingerprint_of(directory);
  if (!before) return before.error().message();
  return first_difference(*before, TRY(fingerprint_now(request)));
}

}  // namespace kdump::image
