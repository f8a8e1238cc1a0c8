#include "client/render/style.h"

#include <algorithm>
#include <cctype>

#include <langinfo.h>
#include <locale.h>

namespace spin::render {
namespace {

std::string_view code_of(Tone tone) {
  switch (tone) {
    case Tone::plain:
      return "";
    case Tone::heading:
      return "\x1b[1m";
    case Tone::muted:
      return "\x1b[2m";
    case Tone::accent:
      return "\x1b[36m";
    case Tone::good:
      return "\x1b[32m";
    case Tone::warning:
      return "\x1b[33m";
    case Tone::bad:
      return "\x1b[31m";
  }
  return "";
}

}  // namespace

Charset charset_of_locale(const char* lc_all, const char* lc_ctype, const char* lang) {
  std::string name;
  for (const char* value : {lc_all, lc_ctype, lang})
    if (name.empty() && value != nullptr) name = value;
  std::string codeset = name.substr(std::min(name.size(), name.find('.')));
  std::transform(codeset.begin(), codeset.end(), codeset.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  // A name that says its codeset is believed though the system has no such locale, as in a small container.
  if (!codeset.empty())
    return codeset.starts_with(".utf-8") || codeset.starts_with(".utf8") ? Charset::utf8 : Charset::ascii;
  const locale_t locale = newlocale(LC_CTYPE_MASK, name.empty() ? "C" : name.c_str(), nullptr);
  if (locale == nullptr) return Charset::ascii;
  const bool is_utf8 = std::string_view(nl_langinfo_l(CODESET, locale)) == "UTF-8";
  freelocale(locale);
  return is_utf8 ? Charset::utf8 : Charset::ascii;
}

bool wants_colour(bool is_terminal, const char* no_color, const char* term) {
  const bool refused = no_color != nullptr && *no_color != '\0';
  return is_terminal && !refused && term != nullptr && std::string_view(term) != "dumb";
}

std::string painted(std::string_view text, Tone tone, const Style& style) {
  if (!style.colour || tone == Tone::plain || text.empty()) return std::string(text);
  return std::string(code_of(tone)) + std::string(text) + "\x1b[0m";
}

}  // namespace spin::render
