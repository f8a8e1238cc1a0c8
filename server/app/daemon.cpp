#include "server/app/daemon.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <optional>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>
#include <malloc.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schema/base/log_format.h"
#include "schema/base/paths.h"
#include "schema/base/stop_signal_set.h"
#include "schema/base/version.h"
#include "server/app/grpc_log.h"
#include "server/app/say.h"
#include "server/http/http_server.h"

namespace spin {
namespace {

/// Each connection takes a descriptor: as many as the system lets this process have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void prepare_process(const DaemonOptions& options) {
  // Each of gRPC's threads would keep an arena of its own otherwise.
  mallopt(M_ARENA_MAX, 4);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  mallopt(M_MMAP_THRESHOLD, 8 << 20);
  raise_descriptor_limit();
  umask(0077);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit of the size of files is a disk that is full
  if (options.exit_with_parent) prctl(PR_SET_PDEATHSIG, SIGTERM);
  auto logger = spdlog::stderr_color_mt("spind");
  logger->set_formatter(printable_log("%Y-%m-%d %H:%M:%S.%e %^%l%$ %v"));
  logger->set_level(spdlog::level::from_str(options.log_level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
  log_grpc();
}

HttpReply serve_http(App& app, std::string_view path) {
  if (path == "/healthz") {
    const Health health = app.health();
    return health.ok ? HttpReply{.body = "ok\n"} : HttpReply{.status = 503, .body = health.reason + "\n"};
  }
  if (path != "/metrics") return {.status = 404, .body = "there are /metrics and /healthz\n"};
  auto text = app.metrics();
  if (!text.ok()) return {.status = 503, .body = text.error().message + "\n"};
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = std::move(*text)};
}

/// The user's own folder for sockets is made where it is missing; any other one has to be there.
Status prepare_socket_folder(const std::vector<std::string>& addresses) {
  const std::string own = default_listen_address();
  if (std::find(addresses.begin(), addresses.end(), own) == addresses.end()) return {};
  const auto made = [&own]() -> Status {
    SPIN_ASSIGN(const std::string path, unix_socket_path(own));
    return make_private_folders(std::filesystem::path(path).parent_path());
  }();
  if (made.ok() || runtime_folder().empty()) return made;
  return Error{
      made.error().code,
      fmt::format("the environment says XDG_RUNTIME_DIR={}, and spind cannot keep its socket there: {}; "
                  "unset it, or give a place with --listen unix:PATH",
                  runtime_folder(), made.error().message)};
}

/// Written through a stream, which does not throw where the log cannot be written: that line is lost.
void tell_ready(const App& app, const HttpServer* http, const DaemonOptions& options) {
  const std::string http_text = http == nullptr ? "" : " http " + http->address();
  std::cerr << fmt::format("spind {} listening on {} database {}{}\n", kVersion,
                           fmt::join(app.addresses(), ", "), options.app.database.string(), http_text);
  if (options.ready_fd < 0) return;
  if (write(options.ready_fd, "\n", 1) != 1) spdlog::warn("cannot write to descriptor {}", options.ready_fd);
  if (options.ready_fd > STDERR_FILENO) close(options.ready_fd);
}

}  // namespace

int run_daemon(const DaemonOptions& options) {
  prepare_process(options);
  boost::asio::io_context io(1);
  boost::asio::signal_set signals(io);
  hear_stop_signals(signals);
  if (const Status ready = prepare_socket_folder(options.app.listen); !ready.ok()) return fail(ready.error());
  auto app = App::start(options.app);
  if (!app.ok()) return fail(app.error());
  // A thread of its own, so that no scrape that waits for an answer holds up a signal.
  boost::asio::io_context http_io(1);
  std::unique_ptr<HttpServer> http;
  std::thread http_thread;
  if (!options.http.empty()) {
    auto started = HttpServer::start(http_io, options.http,
                                     [&app](std::string_view path) { return serve_http(**app, path); });
    if (!started.ok()) return fail(started.error());
    http = std::move(*started);
    http_thread = std::thread([&http_io] { http_io.run(); });
  }
  signals.async_wait([&](const boost::system::error_code&, int signal) {
    spdlog::info("stopping on signal {} ({})", signal, strsignal(signal));
    io.stop();
  });
  tell_ready(**app, http.get(), options);
  io.run();
  http_io.stop();
  (*app)->stop();
  if (http_thread.joinable()) http_thread.join();
  http.reset();
  return 0;
}

}  // namespace spin
