#include "server/app/options.h"

#include <map>
#include <string>

#include <CLI/CLI.hpp>

#include "schema/base/paths.h"
#include "schema/base/usage.h"
#include "schema/base/version.h"
#include "server/app/say.h"

namespace spin {
namespace {

constexpr std::int64_t kHeartbeatsPerLease = 5;

constexpr const char* kExamples = R"(
Examples:
  spind                                          serve this user's own spinctl and spin-worker
  spind --db /srv/spin/spind.db --listen unix:/run/spin/spind.sock
  spind --listen unix:/run/spin/spind.sock --listen 0.0.0.0:7443 \
        --tls-cert spind.pem --tls-key spind.key --tls-ca ca.pem
                                                 for other hosts too: whoever has a certificate of this authority
  spind --http 127.0.0.1:9464                    for Prometheus, with deploy/prometheus/prometheus.yml
  spind --http unix:/run/spin/http.sock          and: curl --unix-socket /run/spin/http.sock http://spind/metrics

While no spind serves a database (each has its own --help):
  spind doctor --db PATH                         look for damage, orphans, a full disk, open permissions
  spind restore BACKUP --db PATH                 put a backup in its place

Exit codes: 0 stopped as asked; 1 failed while running; 2 bad usage, or a database, address or certificate that cannot be had.)";

const std::map<std::string, core::Retention>& retentions() {
  static const std::map<std::string, core::Retention> kNames = {{"unfinished", core::Retention::unfinished},
                                                                {"last", core::Retention::last},
                                                                {"best", core::Retention::best}};
  return kNames;
}

void add_options(CLI::App& cli, DaemonOptions& options, std::int64_t& lease_seconds) {
  cli.add_option("--listen", options.app.listen,
                 "Where to serve: unix:PATH, or HOST:PORT with the three --tls files; may be repeated")
      ->allow_extra_args(false)
      ->type_name("ADDRESS")
      ->default_str(default_listen_address());
  net::add_tls_options(cli, options.app.tls);
  cli.add_option("--db", options.app.database, "SQLite database; made where it is missing")
      ->default_val(default_database_path().string());
  cli.add_option("--artifacts", options.app.artifacts,
                 "Folder of checkpoints and models (default: DB.artifacts)");
  cli.add_option("--backups", options.app.backups,
                 "Folder that `spinctl backup` writes to, and nowhere else (default: DB.backups)")
      ->type_name("FOLDER");
  cli.add_option(
      "--http", options.http,
      "Serve /metrics and /healthz to this machine: unix:PATH, or a loopback address such as "
      "127.0.0.1:9464; for port 0 the system picks a free port, and the first line of the log names it");
  cli.add_flag(
         "--read-only", options.app.read_only,
         "Serve what can be read of a database that no other spind serves, a backup too, and change nothing: "
         "`spinctl COMMAND --db FILE` does it for one command")
      ->excludes("--http");
  cli.add_option("--lease-seconds", lease_seconds,
                 "An attempt is lost when nothing is heard of it for so long")
      ->default_val(15)
      ->check(CLI::Range(1, 3600));
  cli.add_option("--reserve-bytes", options.app.reserve_bytes,
                 "Free space on each disk, e.g. 1GiB, that no checkpoint, backup, query or log of a job "
                 "takes, and below "
                 "which no job is begun; 0: none")
      ->transform(CLI::AsSizeValue(false))
      ->capture_default_str();
  cli.add_option_function<std::string>(
         "--keep-checkpoints",
         [&options](const std::string& name) { options.app.settings.retention = retentions().at(name); },
         "Which checkpoints of a job stay: its newest until it is done (unfinished), its newest for good "
         "(last), or that and the one of its best accuracy (best)")
      ->check(CLI::IsMember(&retentions()))
      ->default_str("unfinished");
  cli.add_option("--log-level", options.log_level, "Least serious messages that are logged")
      ->default_val("info")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  cli.add_option("--ready-fd", options.ready_fd, "Write a newline to this descriptor once spind serves")
      ->check(CLI::Range(0, 1 << 20));
  cli.add_flag("--exit-with-parent", options.exit_with_parent,
               "Stop when the process that started spind ends");
  cli.set_version_flag("--version", "spind " + std::string(kVersion));
  cli.footer(kExamples);
}

}  // namespace

std::variant<DaemonOptions, int> parse_options(int argc, char** argv) {
  DaemonOptions options;
  std::int64_t lease_seconds = 0;
  CLI::App cli("spind, the coordinator of spin: keeps sweeps and jobs, and hands jobs to workers", "spind");
  add_options(cli, options, lease_seconds);
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return usage_exit(cli, error, complain);
  }
  if (options.app.listen.empty()) options.app.listen.push_back(default_listen_address());
  if (options.app.artifacts.empty()) options.app.artifacts = options.app.database.string() + ".artifacts";
  if (options.app.backups.empty()) options.app.backups = options.app.database.string() + ".backups";
  options.app.settings.lease_ms = lease_seconds * 1000;
  options.app.settings.heartbeat_ms = options.app.settings.lease_ms / kHeartbeatsPerLease;
  return options;
}

}  // namespace spin
