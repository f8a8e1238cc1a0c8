#include "server/app/daemon.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>
#include <malloc.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schema/base/paths.h"
#include "schema/base/stop_signals.h"
#include "schema/base/version.h"
#include "server/app/exit_code.h"
#include "server/app/grpc_log.h"
#include "server/http/http_server.h"

namespace spin {
namespace {

int fail(const Error& error) {
  fmt::print(stderr, "spind: {}\n", error.message);
  return exit_code_of(error);
}

void prepare_process(const DaemonOptions& options) {
  // Each of gRPC's threads would keep an arena of its own otherwise.
  mallopt(M_ARENA_MAX, 4);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  mallopt(M_MMAP_THRESHOLD, 8 << 20);
  umask(0077);
  std::signal(SIGPIPE, SIG_IGN);
  if (options.exit_with_parent) prctl(PR_SET_PDEATHSIG, SIGTERM);
  auto logger = spdlog::stderr_color_mt("spind");
  logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %^%l%$ %v");
  logger->set_level(spdlog::level::from_str(options.log_level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
  log_grpc();
}

HttpReply serve_http(App& app, std::string_view target) {
  if (target == "/healthz") return {.body = "ok\n"};
  if (target != "/metrics") return {.status = 404, .body = "there are /metrics and /healthz\n"};
  auto text = app.metrics();
  if (!text.ok()) return {.status = 503, .body = text.error().message + "\n"};
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = std::move(*text)};
}

/// The user's own folder for sockets is made where it is missing; any other one has to be there.
Status prepare_socket_folder(const std::vector<std::string>& addresses) {
  const std::string own = default_listen_address();
  if (std::find(addresses.begin(), addresses.end(), own) == addresses.end()) return {};
  SPIN_ASSIGN(const std::string path, unix_socket_path(own));
  return make_private_folders(std::filesystem::path(path).parent_path());
}

void tell_ready(const App& app, const DaemonOptions& options) {
  fmt::print(stderr, "spind {} listening on {} database {}\n", kVersion, fmt::join(app.addresses(), ", "),
             options.app.database.string());
  if (options.ready_fd < 0) return;
  if (write(options.ready_fd, "\n", 1) != 1) spdlog::warn("cannot write to descriptor {}", options.ready_fd);
  if (options.ready_fd > STDERR_FILENO) close(options.ready_fd);
}

}  // namespace

int run_daemon(const DaemonOptions& options) {
  prepare_process(options);
  boost::asio::io_context io(1);
  boost::asio::signal_set signals(io);
  for (const int number : stop_signals()) signals.add(number);
  if (const Status ready = prepare_socket_folder(options.app.listen); !ready.ok()) return fail(ready.error());
  auto app = App::start(options.app);
  if (!app.ok()) return fail(app.error());
  std::unique_ptr<HttpServer> http;
  if (!options.http.empty()) {
    auto started = HttpServer::start(io, options.http,
                                     [&app](std::string_view target) { return serve_http(**app, target); });
    if (!started.ok()) return fail(started.error());
    http = std::move(*started);
  }
  signals.async_wait([&](const boost::system::error_code&, int signal) {
    spdlog::info("stopping on signal {}", signal);
    io.stop();
  });
  tell_ready(**app, options);
  io.run();
  http.reset();
  (*app)->stop();
  return 0;
}

}  // namespace spin
