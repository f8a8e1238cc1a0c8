#include "schema/base/last_words.h"
#include "schema/base/standard_streams.h"
#include "server/app/daemon.h"
#include "server/app/say.h"
#include "server/app/upkeep.h"

int main(int argc, char** argv) {
  spin::open_standard_streams();
  spin::say_last_words("spind");
  if (const auto exit_code = spin::run_upkeep(argc, argv)) return spin::after_output(*exit_code);
  const auto parsed = spin::parse_options(argc, argv);
  if (const int* exit_code = std::get_if<int>(&parsed)) return spin::after_output(*exit_code);
  return spin::run_daemon(std::get<spin::DaemonOptions>(parsed));
}
