#include "client/render/load_script.h"

#include <stdexcept>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "client/render/load_texts.h"
#include "schema/design/family.h"

namespace spin::render {
namespace {

std::string_view text_named(std::string_view name) {
  for (const auto& entry : load_texts())
    if (entry.name == name) return entry.text;
  throw std::logic_error(fmt::format("there is no load/{}.py", name));
}

void put_in(std::string& text, std::string_view mark, const std::string& value) {
  for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += value.size())
    text.replace(at, mark.size(), value);
}

}  // namespace

std::string load_script(const Train& task) {
  const auto& family = describe(task.network.family);
  std::string text(text_named("tensors"));
  if (family.norm == Norm::layer) text += text_named("layer_norm");
  text += text_named(family.name);
  text += text_named("batch");
  const auto* dataset = find_dataset(task.dataset.name);
  const PixelStatistics pixels = dataset == nullptr ? PixelStatistics{} : dataset->pixels;
  put_in(text, "@MEAN@", fmt::format("{}", fmt::join(pixels.mean, ", ")));
  put_in(text, "@DEVIATION@", fmt::format("{}", fmt::join(pixels.deviation, ", ")));
  put_in(text, "@EPS@", fmt::format("{}", epsilon_of(family.norm)));
  return text;
}

}  // namespace spin::render
