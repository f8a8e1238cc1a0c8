#include "server/store/doctor_checks.h"

namespace spin::doctor {
namespace {

constexpr char kStates[] =
    "SELECT m.dataset, coalesce(d.summary, r.data), count(*) FROM result r JOIN job j ON j.key = r.job"
    " JOIN demand m ON m.id = j.demand"
    " LEFT JOIN data_state d ON d.dataset = m.dataset AND d.fingerprint = r.data"
    " WHERE r.data <> '' GROUP BY m.dataset, r.data ORDER BY m.dataset, count(*) DESC, r.data";

struct Found {
  std::string dataset;
  std::string text;  ///< "3 results on 12 + 6 images ..., 1 result on ..."
  int states = 0;
};

void add(std::string& text, const Found& found) {
  if (found.states > 1) text += (text.empty() ? "" : "; ") + found.dataset + ": " + found.text;
}

}  // namespace

Result<CheckRow> check_data(Database& database) {
  SPIN_ASSIGN(auto statement, database.prepare(kStates));
  auto rows = statement.query();
  std::string mixed;
  Found found;
  std::int64_t data_sets = 0;
  while (rows.next()) {
    if (rows.text(0) != found.dataset) {
      add(mixed, found);
      found = {rows.text(0), "", 0};
      ++data_sets;
    }
    found.text +=
        (found.states++ == 0 ? "" : ", ") + counted(rows.integer(2), "result") + " on " + rows.text(1);
  }
  SPIN_TRY(rows.status());
  add(mixed, found);
  if (mixed.empty())
    return CheckRow{"", CheckState::ok,
                    counted(data_sets, "data set") + ", each the same for all of its results", ""};
  return CheckRow{"", CheckState::warning, "results of one data set rest on other data: " + mixed,
                  "put the old data back and train what came since anew, or train the rest anew: "
                  "spinctl submit SWEEP.yaml --retrain"};
}

}  // namespace spin::doctor
