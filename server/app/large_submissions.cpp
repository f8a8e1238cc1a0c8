#include "server/app/large_submissions.h"

#include <utility>

#include <malloc.h>
#include <spdlog/spdlog.h>

#include "server/app/plan_parts.h"
#include "server/app/requests.h"

namespace spin {
namespace {

/// The disk may be full for long; an engine that stops drops the request.
constexpr std::chrono::hours kPartLimit{24 * 365};
/// While one is stored, the next is planned.
constexpr std::size_t kPartsUnderWay = 2;

/// Whether planning shows that the sweep can never be complete; anything else may be better after a restart.
bool is_of_the_plan(const Error& error) {
  return error.code == ErrorCode::invalid_argument || error.code == ErrorCode::resource_exhausted;
}

/// Whether a person has cancelled the sweep meanwhile, or deleted it.
bool is_given_up(const Error& error) {
  return error.code == ErrorCode::failed_precondition || error.code == ErrorCode::not_found;
}

}  // namespace

LargeSubmissions::Progress LargeSubmissions::Submission::progress() const {
  const std::lock_guard lock(mutex_);
  return progress_;
}

LargeSubmissions::Progress LargeSubmissions::Submission::wait_for_end(std::chrono::milliseconds wait) const {
  std::unique_lock lock(mutex_);
  ended_.wait_for(lock, wait, [this] { return progress_.end.has_value(); });
  return progress_;
}

void LargeSubmissions::Submission::advance(const core::SubmitAccepted& accepted) {
  const std::lock_guard lock(mutex_);
  progress_.jobs = accepted.jobs;
  progress_.jobs_new += accepted.jobs_new;
  progress_.retrained += accepted.retrained;
  if (!accepted.replaced.empty()) progress_.replaced = accepted.replaced;
}

void LargeSubmissions::Submission::end(Status status) {
  const std::lock_guard lock(mutex_);
  progress_.end = std::move(status);
  ended_.notify_all();
}

LargeSubmissions::LargeSubmissions(Strand& strand, Engine& engine, Reader& reader)
    : strand_(strand), engine_(engine), reader_(reader), thread_([this] { work(); }) {}

LargeSubmissions::~LargeSubmissions() { stop(); }

std::shared_ptr<LargeSubmissions::Submission> LargeSubmissions::add(SweepId sweep, std::int64_t stored,
                                                                    std::int64_t planned) {
  auto submission = std::make_shared<Submission>(sweep, stored, planned);
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(submission);
  }
  wake_.notify_one();
  return submission;
}

void LargeSubmissions::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void LargeSubmissions::hold(bool hold) {
  {
    const std::lock_guard lock(mutex_);
    held_ = hold;
  }
  wake_.notify_one();
}

bool LargeSubmissions::may_go_on() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stopping_ || !held_; });
  return !stopping_;
}

std::shared_ptr<LargeSubmissions::Submission> LargeSubmissions::next() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  if (stopping_) return nullptr;
  auto submission = std::move(queue_.front());
  queue_.pop_front();
  return submission;
}

void LargeSubmissions::work() {
  while (const auto submission = next()) {
    const auto sweep = submission->sweep();
    const auto source = reader_.source(sweep);
    Status status = source.ok() ? plan(*submission, *source) : source.error();
    const bool is_hopeless = !status.ok() && source.ok() && is_of_the_plan(status.error());
    if (is_hopeless && cancel(sweep)) {
      spdlog::error("sweep {} cannot be planned to its end and is cancelled: {}", sweep.value,
                    status.error().message);
    } else if (!status.ok() && !is_given_up(status.error()) && !stopping_) {
      spdlog::error("sweep {} is not stored any further before spind starts again: {}", sweep.value,
                    status.error().message);
    }
    submission->end(std::move(status));
    malloc_trim(0);  // what the plan took is not needed again
  }
}

/// A disk that becomes full between the question and the request has it refused; it is put again once there
/// is room. A person may have cancelled or deleted the sweep before.
bool LargeSubmissions::cancel(SweepId sweep) {
  while (may_go_on()) {
    const auto accepted = settle<core::SteerAccepted>(
        put(strand_, engine_, core::SteerRequested{.request = 0, .target = sweep, .action = steer::Cancel{}}),
        kPartLimit);
    if (accepted.ok() || is_given_up(accepted.error())) return true;
    if (accepted.error().code != ErrorCode::resource_exhausted) return false;
  }
  return false;
}

Status LargeSubmissions::plan(Submission& submission, const SweepFile& source) {
  // Held until they are stored, so that their memory is freed here and not by those who store them.
  std::deque<std::pair<std::shared_ptr<const PlanPart>, std::future<core::Message>>> under_way;
  const auto settle_first = [&]() -> Status {
    SPIN_ASSIGN(const auto accepted,
                settle<core::SubmitAccepted>(std::move(under_way.front().second), kPartLimit));
    under_way.pop_front();
    submission.advance(accepted);
    return {};
  };
  const auto go_on = [this] { return !stopping_; };
  SPIN_TRY(plan_rest(source, submission.progress().jobs, go_on, [&](PlanPart part) -> Status {
    if (!may_go_on()) return Error{ErrorCode::unavailable, "the coordinator is stopping"};
    auto shared = std::make_shared<const PlanPart>(std::move(part));
    auto answer =
        put(strand_, engine_, core::SweepExtended{.request = 0, .sweep = submission.sweep(), .part = shared});
    under_way.emplace_back(std::move(shared), std::move(answer));
    return under_way.size() < kPartsUnderWay ? Status() : settle_first();
  }));
  while (!under_way.empty()) SPIN_TRY(settle_first());
  const auto jobs = submission.progress().jobs;
  if (jobs == submission.planned()) return {};
  return Error{ErrorCode::invalid_argument, "its file gives " + std::to_string(jobs) + " jobs, and gave " +
                                                std::to_string(submission.planned()) +
                                                " when it was handed in"};
}

}  // namespace spin
