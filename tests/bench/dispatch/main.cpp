#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "spin/v1/control.grpc.pb.h"
#include "tests/bench/dispatch/noop_worker.h"
#include "tests/bench/dispatch/short_calls.h"

// The workers' side of tests/bench/dispatch.py: drives a spind that runs already, and prints what it saw as
// JSON.

namespace spin::bench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Options {
  std::string connect, tls_cert, tls_key, tls_ca, sweep;
  std::vector<std::string> sweeps;
  int workers = 4, slots = 256, epochs = 0, rounds = 200;
  int watchers = 0, transfers = 0;
  long jobs = 0;
  double seconds = 5;
};

std::string read_file(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::shared_ptr<grpc::Channel> connect(const Options& options) {
  grpc::ChannelArguments arguments;
  // Each worker has a connection of its own, as workers on hosts of their own have.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  if (options.tls_cert.empty())
    return grpc::CreateCustomChannel(options.connect, grpc::InsecureChannelCredentials(), arguments);
  const grpc::SslCredentialsOptions files{read_file(options.tls_ca), read_file(options.tls_key),
                                          read_file(options.tls_cert)};
  return grpc::CreateCustomChannel(options.connect, grpc::SslCredentials(files), arguments);
}

/// Connected workers, each with a thread of its own.
class Fleet {
 public:
  explicit Fleet(const Options& options) {
    for (int i = 0; i < options.workers; ++i)
      workers_.push_back(
          std::make_unique<NoopWorker>(connect(options), fmt::format("noop-{}", i), options.slots));
  }
  /// Runs `work` for each worker until one of them says false.
  void run(const std::function<bool(NoopWorker&)>& work) {
    std::vector<std::thread> threads;
    for (auto& worker : workers_)
      threads.emplace_back([this, &worker, &work] {
        while (work(*worker)) {
        }
        for (auto& each : workers_) each->cancel();
      });
    for (auto& thread : threads) thread.join();
  }

 private:
  std::vector<std::unique_ptr<NoopWorker>> workers_;
};

/// Runs `jobs` jobs to acknowledged results over all workers; the time counts from the first lease.
nlohmann::json drain(const Options& options) {
  Fleet fleet(options);
  std::atomic<long> left = options.jobs;
  std::once_flag first;
  Clock::time_point start;
  double seconds = 0;
  fleet.run([&](NoopWorker& worker) {
    if (worker.sent() == 0) worker.offer();
    const auto before = worker.acknowledged();
    if (!worker.read()) return false;
    if (!worker.leases().empty()) {
      std::call_once(first, [&] { start = Clock::now(); });
      for (const auto& lease : worker.leases()) worker.add_result(lease);
      worker.add_credits();
      worker.flush();
    }
    const auto newly = static_cast<long>(worker.acknowledged() - before);
    if (newly == 0 || left.fetch_sub(newly) > newly) return true;
    seconds = seconds_since(start);
    return false;
  });
  return {{"jobs", options.jobs}, {"seconds", seconds}, {"left", left.load()}};
}

/// Every worker fills its slots once, and reports `epochs` epochs of each job, in batches of its slots.
nlohmann::json report_epochs(const Options& options) {
  Fleet fleet(options);
  const long total = options.jobs * options.epochs;
  std::atomic<long> left = total;
  Clock::time_point start;
  std::once_flag first;
  double seconds = 0;
  fleet.run([&](NoopWorker& worker) {
    if (worker.sent() == 0) worker.offer();
    const auto before = worker.acknowledged();
    if (!worker.read()) return false;
    std::call_once(first, [&] { start = Clock::now(); });
    for (const auto& lease : worker.leases())
      for (int epoch = 1; epoch <= options.epochs; ++epoch) worker.add_epoch(lease, epoch);
    worker.flush();
    const auto newly = static_cast<long>(worker.acknowledged() - before);
    if (newly == 0 || left.fetch_sub(newly) > newly) return true;
    seconds = seconds_since(start);
    return false;
  });
  return {{"epochs", total}, {"seconds", seconds}};
}

double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values.at(static_cast<std::size_t>(share * static_cast<double>(values.size() - 1)));
}

/// A sweep of two jobs, of which the second starts from the first; the network differs with `round`.
std::string pair_sweep(int round) {
  return fmt::format(
      "version: 1\nname: pair-{}\ndataset: fashion-mnist\n"
      "network: {{family: convmixer, channels: 8, depth: 4, patch: 4, kernel: 3}}\n"
      "training: {{epochs: 1, lr: {}}}\nsharing: {{mapping: sequential, rate: 2}}\n"
      "fusion: {{strategy: mean, init: pretrained}}\n",
      round, 0.001 + round * 1e-6);
}

/// On an idle system: from the submission to the first lease at the worker, and from a result to the lease of
/// the job that waited for it.
nlohmann::json latency(const Options& options) {
  const auto control = v1::Control::NewStub(connect(options));
  NoopWorker worker(connect(options), "noop", 1);
  worker.offer();
  std::vector<double> submit_ms, ready_ms;
  const auto next_lease = [&] {
    while (worker.leases().empty() && worker.read()) {
    }
    return worker.leases().at(0);
  };
  const auto answer = [&](const v1::LeasedJob& lease) {
    const auto start = Clock::now();
    worker.add_result(lease);
    worker.add_credits();
    worker.flush();
    worker.read();
    return start;
  };
  for (int round = 0; round < options.rounds; ++round) {
    v1::SubmitRequest request;
    request.set_file_name("pair.yaml");
    request.set_text(pair_sweep(round));
    grpc::ClientContext context;
    auto start = Clock::now();
    std::thread submit([&] {
      const auto reader = control->Submit(&context, request);
      for (v1::SubmitProgress progress; reader->Read(&progress);) continue;
      if (const auto status = reader->Finish(); !status.ok())
        throw std::runtime_error(status.error_message());
    });
    worker.read();
    const auto first = next_lease();
    submit_ms.push_back(seconds_since(start) * 1e3);
    submit.join();
    start = answer(first);
    const auto second = next_lease();
    ready_ms.push_back(seconds_since(start) * 1e3);
    answer(second);
  }
  return {{"submit_to_start_ms", {{"p50", percentile(submit_ms, 0.5)}, {"p99", percentile(submit_ms, 0.99)}}},
          {"ready_to_start_ms", {{"p50", percentile(ready_ms, 0.5)}, {"p99", percentile(ready_ms, 0.99)}}}};
}

/// How long questions take for so many seconds, each in turn.
nlohmann::json ask(const Options& options) {
  const auto control = v1::Control::NewStub(connect(options));
  std::vector<double> status_ms, results_ms, query_ms;
  const auto timed = [](std::vector<double>& times, const auto& call) {
    const auto start = Clock::now();
    if (const grpc::Status status = call(); !status.ok()) throw std::runtime_error(status.error_message());
    times.push_back(seconds_since(start) * 1e3);
  };
  for (const auto start = Clock::now(); seconds_since(start) < options.seconds;) {
    timed(status_ms, [&] {
      grpc::ClientContext context;
      v1::GetStatusResponse response;
      return control->GetStatus(&context, {}, &response);
    });
    timed(results_ms, [&] {
      grpc::ClientContext context;
      v1::GetResultsRequest request;
      request.set_sweep(options.sweep);
      const auto reader = control->GetResults(&context, request);
      for (v1::ResultRow row; reader->Read(&row);) {
      }
      return reader->Finish();
    });
    timed(query_ms, [&] {
      grpc::ClientContext context;
      v1::QueryRequest request;
      request.set_sql("SELECT state, count(*) FROM jobs GROUP BY state");
      const auto reader = control->Query(&context, request);
      for (v1::QueryRows rows; reader->Read(&rows);) {
      }
      return reader->Finish();
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  const auto both = [](const std::vector<double>& times) {
    return nlohmann::json{
        {"calls", times.size()}, {"p50", percentile(times, 0.5)}, {"p99", percentile(times, 0.99)}};
  };
  return {{"status_ms", both(status_ms)}, {"results_ms", both(results_ms)}, {"query_ms", both(query_ms)}};
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("Workers without trainers, to measure a coordinator; see dispatch.py");
  app.add_option("--connect", options.connect)->required();
  app.add_option("--tls-cert", options.tls_cert);
  app.add_option("--tls-key", options.tls_key);
  app.add_option("--tls-ca", options.tls_ca);
  app.add_option("--workers", options.workers);
  app.add_option("--slots", options.slots, "of each worker");
  app.require_subcommand(1);
  auto* drain_verb = app.add_subcommand("drain", "runs jobs to acknowledged results");
  drain_verb->add_option("--jobs", options.jobs)->required();
  auto* epochs_verb = app.add_subcommand("epochs", "reports epochs of jobs that fill the slots");
  epochs_verb->add_option("--jobs", options.jobs)->required();
  epochs_verb->add_option("--epochs", options.epochs)->required();
  auto* latency_verb = app.add_subcommand("latency", "submits sweeps of two jobs one by one");
  latency_verb->add_option("--rounds", options.rounds);
  auto* ask_verb = app.add_subcommand("ask", "asks for status, results and a query again and again");
  ask_verb->add_option("--seconds", options.seconds)->required();
  ask_verb->add_option("--sweep", options.sweep)->required();
  auto* short_verb = app.add_subcommand("short", "short calls beside watchers and transfers");
  short_verb->add_option("--seconds", options.seconds)->required();
  short_verb->add_option("--sweeps", options.sweeps, "one for each caller")->required();
  short_verb->add_option("--watched", options.sweep)->required();
  short_verb->add_option("--watchers", options.watchers);
  short_verb->add_option("--transfers", options.transfers);
  CLI11_PARSE(app, argc, argv);
  const auto found = drain_verb->parsed()     ? drain(options)
                     : epochs_verb->parsed()  ? report_epochs(options)
                     : latency_verb->parsed() ? latency(options)
                     : short_verb->parsed()
                         ? short_calls([&] { return connect(options); }, {.watchers = options.watchers,
                                                                          .transfers = options.transfers,
                                                                          .seconds = options.seconds,
                                                                          .sweeps = options.sweeps,
                                                                          .watched = options.sweep})
                         : ask(options);
  std::cout << found.dump() << std::endl;
  return 0;
}

}  // namespace
}  // namespace spin::bench

int main(int argc, char** argv) { return spin::bench::run(argc, argv); }
