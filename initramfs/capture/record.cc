// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/record.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace kdump::capture {
namespace {

using json = nlohmann::ordered_json;  // for people: in the order written here

constexpr int kResultVersion = 1;

double milliseconds_kept(double seconds) { return std::round(seconds * 1000) / 1000; }

json steps_of(const Record& record) {
  json steps = json::array();
  for (const StepRecord& step : record.steps) {
    json item = {
        {"name", step.name}, {"ok", step.error.empty()}, {"seconds", milliseconds_kept(step.seconds)}};
    if (!step.error.empty()) item["error"] = step.error;
    steps.push_back(std::move(item));
  }
  return steps;
}

json files_of(const Record& record) {
  json files = json::array();
  for (const SavedFile& file : record.files) files.push_back({{"name", file.name}, {"bytes", file.bytes}});
  return files;
}

json dump_of(const protocol::Summary& summary) {
  json pages = {{"total", summary.pages_total}, {"written", summary.pages_written}};
  for (const auto& [name, count] : summary.classes) pages[name] = count;
  json rescued = json::object();
  for (const auto& [name, count] : summary.rescued) rescued[name] = count;
  return {{"pages", std::move(pages)},
          {"rescued", std::move(rescued)},
          {"requested_level", summary.requested_level},
          {"dump_level", summary.dump_level},
          {"reasons", summary.reasons},
          {"page_size", summary.page_size},
          {"bytes_written", summary.bytes_written},
          {"classify_seconds", static_cast<double>(summary.classify_ms) / 1000},
          {"copy_seconds", static_cast<double>(summary.copy_ms) / 1000}};
}

json memory_of(const Record& record, const MemoryFigures& memory) {
  return {{"total_kib", memory.total_kib},
          {"available_min_kib", memory.available_min_kib},
          {"worker_peak_rss_kib", record.worker_peak_rss_kib},
          {"worker_peak_anon_kib", record.worker_peak_anon_kib}};
}

}  // namespace

bool Record::has_file(std::string_view name) const {
  return std::ranges::any_of(files, [&](const SavedFile& file) { return file.name == name; });
}

std::string to_json(const Record& record, const MemoryFigures& memory) {
  json object = {{"version", kResultVersion},
                 {"saved", record.saved},
                 {"failure", record.failure},
                 {"hostname", record.hostname},
                 {"kernel_release", record.kernel_release},
                 {"capture_kernel_release", record.capture_kernel_release},
                 {"toolchain_version", record.toolchain_version},
                 {"image_toolchain_version", record.plan_version},
                 {"target", record.target},
                 {"directory", record.dump_directory},
                 {"started_unix", milliseconds_kept(record.started_unix)},
                 {"started_uptime_seconds", milliseconds_kept(record.started_uptime_seconds)},
                 {"steps", steps_of(record)},
                 {"warnings", record.warnings},
                 {"files", files_of(record)},
                 {"memory", memory_of(record, memory)}};
  if (record.has_summary) object["dump"] = dump_of(record.summary);
  return object.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace kdump::capture
