#include "server/app/daemon.h"

int main(int argc, char** argv) {
  const auto parsed = spin::parse_options(argc, argv);
  if (const int* exit_code = std::get_if<int>(&parsed)) return *exit_code;
  return spin::run_daemon(std::get<spin::DaemonOptions>(parsed));
}
