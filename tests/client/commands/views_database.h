#pragma once

#include <memory>
#include <string>
#include <vector>

#include "schema/job/query.h"

struct sqlite3;

namespace spin::cli {

/// A coordinator's database in memory, with every table and view and no rows.
class ViewsDatabase {
 public:
  ViewsDatabase();

  struct Answer {
    std::string error;  ///< SQLite's; empty where there is none
    std::vector<std::string> columns;
    std::vector<QueryRow> rows;
  };
  [[nodiscard]] Answer ask(const std::string& sql);
  /// Makes rows; throws where SQLite refuses.
  void change(const std::string& sql);

 private:
  struct Closer {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Closer> database_;
};

}  // namespace spin::cli
