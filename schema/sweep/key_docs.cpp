#include "schema/sweep/key_docs.h"

#include "schema/sweep/setting_table.h"

namespace spin::sweep {
namespace {

std::vector<KeyDoc> before_settings() {
  return {
      {"version", "whole number", "1", "none; give it", "of this format", ""},
      {"name", kTextType, "1 to 128 letters, digits, - _ .; no id, no hash", "none; give it",
       "names the sweep; no part of what a job is", ""},
      {"description", kTextType, "up to 16384 bytes", "empty", "for people; no part of what a job is", ""}};
}

std::vector<KeyDoc> after_settings() {
  return {
      {"axes", "map of lists", "any setting: a list of its values", "none",
       "the product of all lists, the first slowest", ""},
      {"zip", "list of maps of lists", "", "none", "each entry is one more axis, its lists walked in step",
       ""},
      {"cells", "list of maps", "", "none", "points set out one by one, each crossed with axes and zip", ""},
      {"exclude", "list of maps", "", "none", "cells that match every entry of one map are left out", ""},
      {"limits.params", "number", "above 0", "none", "cells with more parameters are left out", ""},
      {"limits.flops", "number", "above 0", "none", "cells with more FLOPs for one image are left out", ""},
      {"baselines.unshared", "true | false", "", "false", "adds each network without sharing", ""},
      {"baselines.scaling", "list of depth | channels", "", "none",
       "adds plain networks of about the same size", "paper, Table 4"},
      {"baselines.match", "paper | closest", "", "paper",
       "paper: depth / rate layers, or about channels / sqrt(rate), as in Table 4; closest: the nearest in "
       "params "
       "and FLOPs",
       "paper, Table 4"},
      {"seeds", "list of whole numbers", "0 to 2^63 - 1", "[0]",
       "one job a seed; a job's seed is part of its identity", ""},
      {"requires.device", "cpu | cuda", "", "any", "of the devices that take its jobs", ""},
      {"requires.memory", "amount", "such as 20GiB", "the predicted peak", "free memory of the device", ""},
      {"requires.labels", "list of texts", "up to 32", "none", "all of them must be the worker's", ""},
      {"priority", "whole number", "-1000000 to 1000000", "0", "higher first", ""},
      {"max_attempts", "whole number", "1 to 1000", "3", "tries of a job before it has failed", ""}};
}

KeyDoc doc_of(const Setting& setting) {
  auto otherwise = setting.words.otherwise;
  if (otherwise.empty()) otherwise = setting.text(PointSettings());
  return {setting.path,           setting.type,
          setting.words.accepted, otherwise.empty() ? "empty" : otherwise,
          setting.words.meaning,  setting.words.source};
}

}  // namespace

const std::vector<KeyDoc>& key_docs() {
  static const std::vector<KeyDoc> kDocs = [] {
    auto docs = before_settings();
    for (const auto& setting : setting_table()) docs.push_back(doc_of(setting));
    for (auto& doc : after_settings()) docs.push_back(std::move(doc));
    return docs;
  }();
  return kDocs;
}

}  // namespace spin::sweep
