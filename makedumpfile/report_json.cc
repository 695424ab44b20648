// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/report_json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace kdump {
namespace {

using json = nlohmann::ordered_json;  // for people, too: in the order written here

double milliseconds_kept(double seconds) { return std::round(seconds * 1000) / 1000; }

json classes_of(const ClassCounts& counts) {
  json object = json::object();
  for (size_t i = 0; i < kPageClassCount; ++i) {
    const auto page_class = static_cast<PageClass>(i);
    object[class_key(page_class)] = counts[page_class];
  }
  return object;
}

json rescued_of(const ClassCounts& counts) {
  json object = json::object();
  for (size_t i = 0; i < kPageClassCount; ++i) {
    const auto page_class = static_cast<PageClass>(i);
    if (counts[page_class] != 0) object[class_key(page_class)] = counts[page_class];
  }
  return object;
}

json seconds_of(const DumpReport& report) {
  return {{"classify", milliseconds_kept(report.classify_seconds)},
          {"copy", milliseconds_kept(report.copy_seconds)},
          {"total", milliseconds_kept(report.seconds)}};
}

}  // namespace

std::string class_key(PageClass page_class) {
  std::string key(page_class_name(page_class));
  std::ranges::replace(key, ' ', '_');
  return key;
}

std::string report_json(const DumpRequest& request, const DumpReport& report, std::string_view error) {
  const json object = {
      {"version", kReportVersion},
      {"ok", error.empty()},
      {"error", error},
      {"remains", report.remains},
      {"target_full", report.target_full},
      {"input", request.vmcore},
      {"output", request.flattened ? std::string() : request.output},
      {"kernel_release", report.release},
      {"requested_level", report.requested_level},
      {"dump_level", report.dump_level},
      {"keeps_offline", report.keeps_offline},
      {"keeps_hwpoison", report.keeps_hwpoison},
      {"reasons", report.reasons},
      {"pages",
       {{"total", report.pages_total},
        {"written", report.pages_written},
        {"missing", report.pages_missing},
        {"classes", classes_of(report.pages)},
        {"rescued", rescued_of(report.rescued)},
        {"doubtful", doubtful_pages(report.evidence)},
        {"unclassified", report.unclassified}}},
      {"page_size", report.page_size},
      {"bytes_written", report.bytes_written},
      {"bytes_erased", report.bytes_erased},
      {"codec", codec_row(request.codec).name},
      {"threads", request.num_threads},
      {"seconds", seconds_of(report)},
  };
  return object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace kdump
