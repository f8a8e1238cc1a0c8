#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/base/result.h"
#include "schema/job/session.h"

// Bytes of the outbox: records of {"SPNR", length, CRC-32 of length and payload, payload}, integers of 4
// bytes little endian; the payload is a serialized spin.v1.Report with its sequence.

namespace spin::daemon {

std::string outbox_record(const SequencedReport& report);

struct OutboxContent {
  std::vector<SequencedReport> reports;
  std::string good;                   ///< the records of `reports`
  std::vector<std::string> problems;  ///< a sentence for each stretch of bytes that is no record
  bool only_torn = true;              ///< the only problem is a last record that was not written to its end
};
/// Reads as much as can be read: a damaged record costs itself alone.
OutboxContent read_outbox(std::string_view bytes);

}  // namespace spin::daemon
