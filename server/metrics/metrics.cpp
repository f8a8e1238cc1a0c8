#include "server/metrics/metrics.h"

#include <mutex>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace spin {
namespace {

prometheus::Counter& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

/// Counters of the core are totals; those of Prometheus grow.
void raise_to(prometheus::Counter& counter, std::int64_t total) {
  const double missing = static_cast<double>(total) - counter.Value();
  if (missing > 0) counter.Increment(missing);
}

}  // namespace

struct Metrics::Families {
  std::mutex mutex;  ///< one scrape at a time
  prometheus::Registry registry;
  prometheus::Counter& leases = counter(registry, "spin_leases_total", "Jobs handed to workers.");
  prometheus::Counter& results = counter(registry, "spin_results_total", "Results accepted.");
  prometheus::Counter& duplicates =
      counter(registry, "spin_duplicate_results_total", "Results of jobs that had one already.");
  prometheus::Counter& failures =
      counter(registry, "spin_failed_attempts_total", "Attempts that ended in an error.");
  prometheus::Counter& lost =
      counter(registry, "spin_lost_attempts_total", "Attempts of which nothing was heard for a whole lease.");
  prometheus::Counter& epochs = counter(registry, "spin_epochs_total", "Epochs reported.");
  prometheus::Counter& defects = counter(registry, "spin_defects_total",
                                         "Transitions of jobs that were refused: defects of spin itself.");
  prometheus::Counter& calls_cut_off =
      counter(registry, "spin_calls_cut_off_total",
              "Calls that were ended because their peer neither read nor sent anything for long.");
  prometheus::Family<prometheus::Gauge>& jobs =
      prometheus::BuildGauge()
          .Name("spin_jobs")
          .Help("Jobs by state, summed over sweeps: a job of two sweeps counts twice.")
          .Register(registry);
  prometheus::Family<prometheus::Gauge>& workers =
      prometheus::BuildGauge().Name("spin_workers").Help("Attached workers by state.").Register(registry);
  prometheus::Gauge& slots_busy = prometheus::BuildGauge()
                                      .Name("spin_slots_busy")
                                      .Help("Slots of attached workers that run a job.")
                                      .Register(registry)
                                      .Add({});
  prometheus::Histogram& commits =
      prometheus::BuildHistogram()
          .Name("spin_commit_seconds")
          .Help("Time from handing changes to the store until they were durable.")
          .Register(registry)
          .Add({}, prometheus::Histogram::BucketBoundaries{0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1,
                                                           0.2, 0.5, 1, 5});
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {}
Metrics::~Metrics() = default;

void Metrics::commit_took(std::chrono::steady_clock::duration time) {
  families_->commits.Observe(std::chrono::duration<double>(time).count());
}

std::string Metrics::text(const MetricsSnapshot& snapshot) {
  const std::lock_guard lock(families_->mutex);
  raise_to(families_->leases, snapshot.counters.leases);
  raise_to(families_->results, snapshot.counters.results);
  raise_to(families_->duplicates, snapshot.counters.duplicates);
  raise_to(families_->failures, snapshot.counters.failures);
  raise_to(families_->lost, snapshot.counters.lost_attempts);
  raise_to(families_->epochs, snapshot.counters.epochs);
  raise_to(families_->defects, snapshot.counters.defects);
  raise_to(families_->calls_cut_off, snapshot.calls_cut_off);
  for (const auto& facts : kJobStates)
    families_->jobs.Add({{"state", std::string(facts.name)}})
        .Set(static_cast<double>(snapshot.jobs.*facts.count));
  for (const char* state : {"online", "draining", "quarantined"}) {
    const auto found = snapshot.workers.find(state);
    families_->workers.Add({{"state", state}}).Set(found == snapshot.workers.end() ? 0 : found->second);
  }
  families_->slots_busy.Set(snapshot.slots_busy);
  return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

}  // namespace spin
