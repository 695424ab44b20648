// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/cores/sources.h"

#include <fmt/core.h>

#include <cstdio>

#include "makedumpfile/dump.h"
#include "makedumpfile/format/flattener.h"
#include "tests/cores/memory_sinks.h"

namespace kdump::test {
namespace {

using Files = std::vector<std::unique_ptr<MemoryFile>>;

constexpr int kParts = 3;

DumpRequest request_for(const MemoryFile& elf, int level) {
  DumpRequest request;
  request.vmcore = elf.path();
  request.dump_level = level;
  request.codec = CodecId::zlib;
  return request;
}

Status write_dump(const DumpRequest& request) {
  DumpReport report;
  DumpObserver observer;
  return write_dump(request, report, observer);
}

MemoryFile& new_file(Files& files) { return *files.emplace_back(std::make_unique<MemoryFile>("source")); }

Result<Files> copy(const MemoryFile& elf, const std::string& /*scratch*/) {
  Files files;
  new_file(files).copy_from(elf);
  return files;
}

template <int kLevel>
Result<Files> make_kdump(const MemoryFile& elf, const std::string& /*scratch*/) {
  Files files;
  DumpRequest request = request_for(elf, kLevel);
  MemoryPlace place(new_file(files));
  request.destination = &place;
  TRY(write_dump(request));
  return files;
}

Result<Files> make_flattened(const MemoryFile& elf, const std::string& /*scratch*/) {
  Files files;
  DumpRequest request = request_for(elf, 1);
  MemoryStream stream(new_file(files));
  request.destination_stream = &stream;
  TRY(write_dump(request));
  return files;
}

Result<Files> make_parts(const MemoryFile& elf, const std::string& scratch) {
  DumpRequest request = request_for(elf, 1);
  for (int i = 0; i < kParts; ++i) request.split_outputs.push_back(fmt::format("{}/part{}", scratch, i));
  TRY(write_dump(request));
  Files files;
  for (const std::string& part : request.split_outputs) {
    new_file(files).copy_from(MemoryFile(TRY(open_file(part, O_RDONLY))));
    std::remove(part.c_str());
  }
  return files;
}

// As makedumpfile --split has no stream of its own, a part that went through one has it in pieces.
Status flatten(const MemoryFile& plain, MemoryFile& out) {
  constexpr uint64_t kPiece = 100'000;
  MemoryStream stream(out);
  Flattener flattener(stream);
  ByteVector bytes;
  for (uint64_t at = 0; at < plain.size(); at += bytes.size()) {
    bytes.resize(std::min(kPiece, plain.size() - at));
    plain.read(at, bytes);
    TRY(flattener.write_at(at, bytes));
  }
  return flattener.finish();
}

Result<Files> make_flattened_parts(const MemoryFile& elf, const std::string& scratch) {
  Files files;
  for (const auto& part : TRY(make_parts(elf, scratch))) TRY(flatten(*part, new_file(files)));
  return files;
}

// A new input format = a row.
constexpr struct {
  const char* name;
  Shape shape;
  Result<Files> (*make)(const MemoryFile& elf, const std::string& scratch);
} kFormats[] = {{"ELF", Shape::plain, copy},
                {"kdump", Shape::plain, make_kdump<1>},
                {"kdump at level 31", Shape::plain, make_kdump<31>},
                {"flattened", Shape::stream, make_flattened},
                {"parts", Shape::parts, make_parts},
                {"flattened parts", Shape::parts, make_flattened_parts}};

}  // namespace

Status add_sources(const std::string& name, std::unique_ptr<MemoryFile> elf, const std::string& scratch,
                   std::vector<Source>& sources) {
  for (const auto& row : kFormats) {
    Source source{fmt::format("{} as {}", name, row.name), row.shape, {}};
    source.files = TRY(with_context(row.make(*elf, scratch), "{}", source.name));
    sources.push_back(std::move(source));
  }
  return {};
}

}  // namespace kdump::test
