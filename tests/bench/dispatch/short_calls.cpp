#include "tests/bench/dispatch/short_calls.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iostream>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "schema/base/sha256.h"
#include "spin/v1/control.grpc.pb.h"
#include "spin/v1/fleet.grpc.pb.h"

namespace spin::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kChunkBytes = 256 << 10;
constexpr std::size_t kChunks = 16;  ///< of an artifact
/// Between two chunks of an upload: a hundred of them are 25 MB/s together.
constexpr std::chrono::milliseconds kChunkPause{1000};

/// Between two calls that pause or resume, by whomever.
constexpr std::chrono::milliseconds kSteerPause{10};

/// Durations in milliseconds. Thread-safe.
class Times {
 public:
  void add(Clock::duration time) {
    const std::lock_guard lock(mutex_);
    ms_.push_back(std::chrono::duration<double, std::milli>(time).count());
  }
  [[nodiscard]] nlohmann::json summary() {
    const std::lock_guard lock(mutex_);
    if (ms_.empty()) return nullptr;
    std::sort(ms_.begin(), ms_.end());
    const auto at = [this](double share) {
      return ms_[static_cast<std::size_t>(share * static_cast<double>(ms_.size() - 1))];
    };
    return {{"calls", ms_.size()}, {"p50", at(0.5)}, {"p99", at(0.99)}, {"max", ms_.back()}};
  }

 private:
  std::mutex mutex_;
  std::vector<double> ms_;
};

void must(const grpc::Status& status, const char* what) {
  if (!status.ok()) throw std::runtime_error(std::string(what) + ": " + status.error_message());
}

std::string name_of(const std::string& bytes) {
  const Digest digest = sha256(bytes);
  return {digest.bytes.begin(), digest.bytes.end()};
}

/// Contexts of calls that go on for long, to be ended together. Thread-safe.
class LongCalls {
 public:
  class Context {
   public:
    explicit Context(LongCalls& calls) : calls_(calls) {
      const std::lock_guard lock(calls_.mutex_);
      calls_.contexts_.insert(&context_);
      if (calls_.ended_) context_.TryCancel();
    }
    ~Context() {
      const std::lock_guard lock(calls_.mutex_);
      calls_.contexts_.erase(&context_);
    }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    [[nodiscard]] grpc::ClientContext* get() { return &context_; }

   private:
    LongCalls& calls_;
    grpc::ClientContext context_;
  };

  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    for (auto* context : contexts_) context->TryCancel();
  }

 private:
  std::mutex mutex_;
  // Behind the mutex.
  std::set<grpc::ClientContext*> contexts_;
  bool ended_ = false;
};

/// Everything that runs beside the short calls, until it is destroyed.
class Company {
 public:
  Company(const std::function<std::shared_ptr<grpc::Channel>()>& connect, const Crowd& crowd) {
    for (int i = 0; i < crowd.watchers; ++i)
      begin([this, channel = connect(), sweep = crowd.watched] { watch(channel, sweep); });
    for (int i = 0; i < crowd.transfers; ++i) begin([this, channel = connect(), i] { transfer(channel, i); });
    while (under_way_ < crowd.watchers + crowd.transfers && !failed_)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ~Company() {
    ending_ = true;
    calls_.end();
    for (auto& thread : threads_) thread.join();
  }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] long statuses() const { return statuses_; }
  [[nodiscard]] long chunks() const { return chunks_; }

 private:
  void begin(std::function<void()> work) { threads_.emplace_back(std::move(work)); }

  void watch(const std::shared_ptr<grpc::Channel>& channel, const std::string& sweep) {
    const auto stub = v1::Control::NewStub(channel);
    LongCalls::Context context(calls_);
    v1::WatchRequest request;
    request.set_sweep(sweep);
    const auto reader = stub->Watch(context.get(), request);
    bool first = true;
    for (v1::SweepStatus status; reader->Read(&status); ++statuses_)
      if (std::exchange(first, false)) ++under_way_;
    fail_unless_ending(reader->Finish(), "a watcher");
  }

  /// Up in steps, then down again, and the next one.
  void transfer(const std::shared_ptr<grpc::Channel>& channel, int number) {
    const auto stub = v1::Fleet::NewStub(channel);
    bool first = true;
    for (int round = 0; !ending_; ++round) {
      // The first ones differ in size, so that they do not all end at once for ever after.
      const std::size_t chunks = round == 0 ? 1 + static_cast<std::size_t>(number) % kChunks : kChunks;
      std::string bytes(chunks * kChunkBytes, static_cast<char>(number));
      const std::string mark = std::to_string(number) + "/" + std::to_string(round);
      bytes.replace(0, mark.size(), mark);
      const std::string name = name_of(bytes);
      LongCalls::Context up(calls_);
      v1::UploadArtifactResponse response;
      const auto writer = stub->UploadArtifact(up.get(), &response);
      v1::UploadArtifactRequest message;
      message.set_sha256(name);
      message.set_bytes(static_cast<std::int64_t>(bytes.size()));
      for (std::size_t at = 0; at < bytes.size() && !ending_; at += kChunkBytes, ++chunks_) {
        message.mutable_chunk()->set_offset(static_cast<std::int64_t>(at));
        message.mutable_chunk()->set_data(bytes.substr(at, kChunkBytes));
        if (!writer->Write(message)) break;
        if (std::exchange(first, false)) ++under_way_;
        std::this_thread::sleep_for(kChunkPause);
      }
      writer->WritesDone();
      if (!fail_unless_ending(writer->Finish(), "an upload")) return;
      LongCalls::Context down(calls_);
      v1::DownloadArtifactRequest request;
      request.set_sha256(name);
      const auto reader = stub->DownloadArtifact(down.get(), request);
      for (v1::ArtifactChunk chunk; reader->Read(&chunk);) ++chunks_;
      if (!fail_unless_ending(reader->Finish(), "a download")) return;
    }
  }

  /// False where the call came to nothing.
  bool fail_unless_ending(const grpc::Status& status, const char* what) {
    if (status.ok() || ending_) return status.ok();
    std::cerr << what << " was broken off: " << status.error_message() << '\n';
    failed_ = true;
    return false;
  }

  std::atomic<bool> ending_ = false, failed_ = false;
  std::atomic<int> under_way_ = 0;
  std::atomic<long> statuses_ = 0, chunks_ = 0;
  LongCalls calls_;
  std::vector<std::thread> threads_;
};

template <class Call>
void timed(Times& times, Call call) {
  const auto start = Clock::now();
  call();
  times.add(Clock::now() - start);
}

/// Returns once the connection stands, which is no part of a call.
void connected(v1::Control::Stub& control) {
  grpc::ClientContext context;
  v1::ListWorkersResponse response;
  must(control.ListWorkers(&context, {}, &response), "connecting");
}

void steer(v1::Control::Stub& control, const std::string& sweep, bool pause) {
  grpc::ClientContext context;
  v1::SteerRequest request;
  request.set_target(sweep);
  if (pause)
    request.mutable_pause();
  else
    request.mutable_resume();
  v1::SteerResponse response;
  must(control.Steer(&context, request, &response), pause ? "pause" : "resume");
}

}  // namespace

nlohmann::json short_calls(const std::function<std::shared_ptr<grpc::Channel>()>& connect,
                           const Crowd& crowd) {
  Company company(connect, crowd);
  Times pauses, statuses, workers, drains;
  const auto end = Clock::now() + std::chrono::duration<double>(crowd.seconds);
  std::vector<std::thread> callers;
  for (const auto& sweep : crowd.sweeps)
    callers.emplace_back([&, control = v1::Control::NewStub(connect())] {
      connected(*control);
      for (bool pause = true; Clock::now() < end || !pause; pause = !pause) {
        timed(pauses, [&] { steer(*control, sweep, pause); });
        // All at once, again and again.
        std::this_thread::sleep_for(kSteerPause * crowd.sweeps.size());
      }
    });
  const auto control = v1::Control::NewStub(connect());
  connected(*control);
  while (Clock::now() < end && !company.failed()) {
    timed(statuses, [&] {
      grpc::ClientContext context;
      v1::GetStatusResponse response;
      must(control->GetStatus(&context, {}, &response), "status");
    });
    timed(workers, [&] {
      grpc::ClientContext context;
      v1::ListWorkersResponse response;
      must(control->ListWorkers(&context, {}, &response), "workers");
    });
    timed(drains, [&] {
      grpc::ClientContext context;
      v1::DrainWorkerRequest request;
      request.set_worker("nobody");
      v1::DrainWorkerResponse response;
      if (control->Drain(&context, request, &response).error_code() != grpc::StatusCode::NOT_FOUND)
        throw std::runtime_error("a drain of nobody was no refusal");
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  for (auto& caller : callers) caller.join();
  if (company.failed()) throw std::runtime_error("a watcher or a transfer was broken off");
  return {{"pause_resume_ms", pauses.summary()}, {"status_ms", statuses.summary()},
          {"workers_ms", workers.summary()},     {"drain_ms", drains.summary()},
          {"statuses", company.statuses()},      {"chunks", company.chunks()}};
}

}  // namespace spin::bench
