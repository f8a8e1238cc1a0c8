#include "tests/property/describe.h"

namespace spin::core {
namespace {

std::string number(std::int64_t value) { return std::to_string(value); }
std::string text_of(const AttemptToken& token) {
  return number(token.boot_epoch) + "-" + number(token.sequence);
}
/// "1-7 on cuda:0"; without a device where it occupies none.
std::string text_of(const HeldAttempt& held) {
  return text_of(held.attempt) + (held.devices.empty() ? "" : " on " + held.devices.front());
}
std::string text_of(const JobId& id) { return {reinterpret_cast<const char*>(id.digest.bytes.data())}; }
std::string text_of(SessionId session) { return "session " + number(session.value); }

std::string text_of(const Report& report) {
  static constexpr const char* kKinds[] = {"started", "epoch", "checkpoint", "finished", "failed", "log"};
  return std::string(kKinds[report.body.index()]) + " of " + text_of(report.job) + " by " +
         text_of(report.attempt);
}

struct MessageText {
  std::string operator()(const WorkerHello& hello) const { return "hello " + hello.name; }
  std::string operator()(const Credits& credits) const {
    std::string text = "free slots:";
    for (const int free : credits.free) text += " " + number(free);
    return text;
  }
  std::string operator()(const Heartbeat& heartbeat) const {
    std::string text = "heartbeat";
    for (const auto& held : heartbeat.running) text += " " + text_of(held);
    return text;
  }
  std::string operator()(const SequencedReport& report) const {
    return "report " + number(static_cast<std::int64_t>(report.sequence)) + ": " + text_of(report.report);
  }
  std::string operator()(const Progress& progress) const { return "progress " + text_of(progress.attempt); }
  std::string operator()(const Draining&) const { return "draining"; }
  std::string operator()(const Welcome&) const { return "welcome"; }
  std::string operator()(const Lease& lease) const { return "lease " + text_of(lease.jobs.at(0).attempt); }
  std::string operator()(const ReportAck& ack) const {
    return "acknowledged " + number(static_cast<std::int64_t>(ack.sequence));
  }
  std::string operator()(const StopAttempt& stop) const {
    return (stop.keep ? "stop and keep " : "stop ") + text_of(stop.attempt);
  }
  std::string operator()(const DrainRequest&) const { return "drain"; }
};

struct EventText {
  std::string operator()(const SweepSubmitted& event) const {
    std::string text = "submit " + event.plan->name + " priority " + number(event.plan->priority) +
                       (event.replace ? " replace:" : ":");
    for (const auto& job : event.plan->jobs) text += " " + event.plan->cell_of(job).network;
    return text;
  }
  std::string operator()(const SweepExtended& event) const {
    std::string text =
        "extend sweep " + number(event.sweep.value) + " from " + number(event.part->first_job) + ":";
    for (const auto& job : event.part->jobs) text += " " + event.part->cell_of(job).network;
    return text;
  }
  std::string operator()(const SteerRequested& event) const {
    static constexpr const char* kActions[] = {"cancel", "pause", "resume", "retry", "set the priority of",
                                               "delete"};
    const auto* sweep = std::get_if<SweepId>(&event.target);
    return std::string(kActions[event.action.index()]) +
           (sweep != nullptr ? " sweep " + number(sweep->value)
                             : " job " + number(std::get<JobKey>(event.target).value));
  }
  std::string operator()(const WorkerAttached& event) const {
    std::string text = "attach " + event.hello.name + " as " + text_of(event.session) + " holding";
    for (const auto& held : event.hello.held) text += " " + text_of(held);
    return text;
  }
  std::string operator()(const WorkerDetached& event) const { return "detach " + text_of(event.session); }
  std::string operator()(const WorkerSaid& event) const {
    return text_of(event.session) + " says " + std::visit(MessageText{}, event.message);
  }
  std::string operator()(const DrainRequested& event) const { return "drain " + event.worker; }
  std::string operator()(const LeaseFailed& event) const {
    return "the lease " + text_of(event.attempt) + " of job " + number(event.job.value) + " cannot be read";
  }
  std::string operator()(const HoldLeases& event) const {
    return event.hold ? "hold leases" : "grant leases again";
  }
  std::string operator()(const SettleOn&) const { return "settle on"; }
  std::string operator()(const TimePassed&) const { return "time passed"; }
};

struct ToldText {
  std::string operator()(const SendLease& lease) const {
    return "lease of job " + number(lease.job.value) + " to " + text_of(lease.session) + ": " +
           text_of(lease.attempt);
  }
  std::string operator()(const SendMessage& send) const {
    return "to " + text_of(send.session) + ": " + std::visit(MessageText{}, send.message);
  }
  std::string operator()(const CloseSession& close) const {
    return "close " + text_of(close.session) + ": " + close.error.message;
  }
  std::string operator()(const SubmitAccepted& accepted) const {
    return "accepted as sweep " + number(accepted.sweep.value);
  }
  std::string operator()(const SteerAccepted& accepted) const { return number(accepted.jobs) + " jobs"; }
  std::string operator()(const DrainAccepted&) const { return "drains"; }
  std::string operator()(const RequestRefused& refused) const { return "refused: " + refused.error.message; }
};

}  // namespace

std::string describe(const Event& event) { return std::visit(EventText{}, event); }
std::string describe(const Message& message) { return std::visit(ToldText{}, message); }

}  // namespace spin::core
