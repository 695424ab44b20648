// SPDX-License-Identifier: GPL-2.0-or-later
#include <nlohmann/json.hpp>

#include "makedumpfile/codec/codec.h"
#include "makedumpfile/inspect/info.h"

namespace kdump {
namespace {

using json = nlohmann::ordered_json;  // for people, too: in the order written here

constexpr int kVersion = 1;

json pages_of(const DumpInfo& info) {
  json pages = {{"size", uint64_t{1} << info.file.page_shift},
                {"max_pfn", info.file.max_pfn().value()},
                {"existing", info.existing},
                {"excluded", info.excluded}};
  if (info.file.kdump == nullptr) {
    pages["stored"] = info.stored_elf;
    return pages;
  }
  pages["stored"] = info.census.stored;
  pages["zero"] = info.census.zero;
  pages["lost"] = info.census.lost;
  pages["damaged"] = info.census.damaged;
  return pages;
}

json codecs_of(const DumpInfo& info) {
  json codecs = json::object();
  for (const auto& [flags, pages] : info.census.codecs) codecs[codec_of_flags(flags)->name] = pages;
  return codecs;
}

json notes_of(const DumpInfo& info) {
  const Notes& notes = info.file.vmcore->notes();
  return {{"bytes", notes.raw().size()},
          {"cpus", notes.cpu_count()},
          {"vmcoreinfo", !notes.vmcoreinfo().empty()},
          {"damage", notes.damage()}};
}

void add_headers(json& object, const KdumpHeaders& headers) {
  object["header_version"] = headers.version;
  object["big_endian"] = headers.big_endian;
  object["dump_level"] = headers.dump_level;
  object["phys_base"] = headers.phys_base;
  object["cpus"] = headers.cpus;
  object["eraseinfo_bytes"] = headers.eraseinfo.size;
  if (headers.split) object["part"] = {headers.part.begin.value(), headers.part.end.value()};
}

json object_of(const DumpInfo& info) {
  json object = {{"file", info.file.path},
                 {"format", format_name(info)},
                 {"flattened", info.file.flattened},
                 {"bytes", info.file.bytes},
                 {"incomplete", info.file.incomplete},
                 {"kernel_release", info.release},
                 {"kernel_version", info.version},
                 {"machine", info.machine},
                 {"node_name", info.nodename},
                 {"crash_time", info.crash_time}};
  if (info.file.kdump != nullptr) add_headers(object, info.file.kdump->headers());
  object["pages"] = pages_of(info);
  if (info.file.kdump != nullptr) object["codecs"] = codecs_of(info);
  object["data_bytes"] = info.census.data_bytes;
  object["notes"] = notes_of(info);
  object["problems"] = info.problems;
  return object;
}

}  // namespace

std::string info_json(std::span<const DumpInfo> infos) {
  json files = json::array();
  for (const DumpInfo& info : infos) files.push_back(object_of(info));
  const json document = {{"version", kVersion}, {"files", files}};
  return document.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace kdump
