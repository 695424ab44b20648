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

json files_of(const TargetRecord& target) {
  json files = json::array();
  for (const SavedFile& file : target.files) files.push_back({{"name", file.name}, {"bytes", file.bytes}});
  return files;
}

json targets_of(const Record& record) {
  json targets = json::array();
  for (const TargetRecord& target : record.targets) {
    json item = {{"name", target.name}, {"device", target.device}, {"directory", target.directory}};
    if (!target.error.empty()) item["error"] = target.error;
    item["seconds"] = milliseconds_kept(target.seconds);
    item["files"] = files_of(target);
    targets.push_back(std::move(item));
  }
  return targets;
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

json watchdogs_of(const Record& record) {
  json watchdogs = json::array();
  for (const WatchdogState& state : record.watchdogs) {
    json item = {{"identity", state.identity},
                 {"timeout_seconds", state.timeout.count()},
                 {"fed", state.error.empty()}};
    if (!state.error.empty()) item["error"] = state.error;
    watchdogs.push_back(std::move(item));
  }
  return watchdogs;
}

json memory_of(const Record& record, const MemoryFigures& memory) {
  return {{"total_kib", memory.total_kib},
          {"available_min_kib", memory.available_min_kib},
          {"worker_peak_rss_kib", record.worker_peak_rss_kib},
          {"worker_peak_anon_kib", record.worker_peak_anon_kib}};
}

}  // namespace

bool TargetRecord::has_file(std::string_view file) const {
  return std::ranges::any_of(files, [&](const SavedFile& saved) { return saved.name == file; });
}

size_t Record::begin_target(const std::string& name) {
  const auto found = std::ranges::find(targets, name, &TargetRecord::name);
  current_ = static_cast<size_t>(found - targets.begin());
  if (found == targets.end()) targets.push_back({.name = name});
  return targets.size();
}

TargetRecord& Record::target() {
  if (targets.empty()) targets.push_back({.name = {}});
  return targets[current_];
}

void Record::set_saved() {
  // Said twice, the first time counts: what came after it only told of it.
  if (!saved_at_) saved_at_ = current_;
  saved = true;
  failure.clear();
}

TargetRecord& Record::main_target() { return saved_at_ ? targets[*saved_at_] : target(); }

std::string to_json(const Record& given, const MemoryFigures& memory) {
  Record record = given;
  const TargetRecord& target = record.main_target();
  json object = {
      {"version", kResultVersion},
      {"saved", record.saved},
      {"failure", record.failure},
      {"hostname", record.hostname},
      {"kernel_release", record.kernel_release},
      {"capture_kernel_release", record.capture_kernel_release},
      {"toolchain_version", record.toolchain_version},
      {"image_toolchain_version", record.plan_version},
      {"target", target.device.empty() ? target.name : fmt::format("{} ({})", target.device, target.name)},
      {"directory", target.directory},
      {"targets", targets_of(record)},
      {"started_unix", milliseconds_kept(record.started_unix)},
      {"started_uptime_seconds", milliseconds_kept(record.started_uptime_seconds)},
      {"steps", steps_of(record)},
      {"warnings", record.warnings},
      {"files", files_of(target)},
      {"memory", memory_of(record, memory)}};
  if (!record.watchdogs.empty()) object["watchdogs"] = watchdogs_of(record);
  if (record.has_summary) object["dump"] = dump_of(record.summary);
  return object.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace kdump::capture
