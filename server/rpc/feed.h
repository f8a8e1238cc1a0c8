#pragma once

#include <functional>
#include <vector>

#include "schema/base/result.h"
#include "schema/job/views.h"

namespace spin {

/// What grows while somebody follows it.
template <class T>
class Feed {
 public:
  /// Asks for nothing any more: an answer that is still due may come or not.
  virtual ~Feed() = default;
  struct Page {
    std::vector<T> items;  ///< may be empty in the last page only
    bool last = false;     ///< none follow
  };
  using Ready = std::function<void(Result<Page>)>;
  /// Asks for what came since the last page. Never blocks; `ready` is called once, as soon as there is
  /// something, on a thread that may do a little work. One question at a time.
  virtual void next(Ready ready) = 0;
};

/// A sweep's status whenever it changes, at most four a second.
using StatusFeed = Feed<SweepStatus>;
using LogFeed = Feed<LogLine>;

}  // namespace spin
