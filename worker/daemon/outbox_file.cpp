#include "worker/daemon/outbox_file.h"

#include <cstdint>
#include <optional>
#include <utility>

#include <boost/crc.hpp>

#include "proto/wire/fleet.h"

namespace spin::daemon {
namespace {

constexpr std::string_view kMark = "SPNR";
constexpr std::size_t kHeaderBytes = 12;
constexpr std::uint32_t kMaxPayloadBytes = 16U << 20;

std::string little_endian(std::uint32_t value) {
  std::string bytes(4, '\0');
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<char>((value >> (8 * i)) & 0xffU);
  return bytes;
}

std::uint32_t read_little_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return value;
}

std::uint32_t checksum(std::string_view length, std::string_view payload) {
  boost::crc_32_type crc;
  crc.process_bytes(length.data(), length.size());
  crc.process_bytes(payload.data(), payload.size());
  return crc.checksum();
}

Result<SequencedReport> decode(std::string_view payload) {
  v1::Report message;
  if (!message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return Error{ErrorCode::data_loss, "not a report"};
  }
  SPIN_ASSIGN(Report report, wire::from_wire(message));
  return SequencedReport{message.sequence(), std::move(report)};
}

/// Length of the record at the start of `bytes`, if there is a whole and sound one.
std::optional<std::size_t> sound_record(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes || bytes.substr(0, 4) != kMark) return std::nullopt;
  const std::uint32_t length = read_little_endian(bytes.substr(4));
  if (length > kMaxPayloadBytes || length > bytes.size() - kHeaderBytes) return std::nullopt;
  const std::uint32_t expected = read_little_endian(bytes.substr(8));
  if (checksum(bytes.substr(4, 4), bytes.substr(kHeaderBytes, length)) != expected) return std::nullopt;
  return kHeaderBytes + length;
}

/// Whether `bytes`, up to the end of the file, can be a record that was not written to its end.
bool is_torn(std::string_view bytes) {
  if (bytes.substr(0, 4) != kMark.substr(0, bytes.size())) return false;
  return bytes.size() < kHeaderBytes || read_little_endian(bytes.substr(4)) > bytes.size() - kHeaderBytes;
}

std::size_t next_sound_record(std::string_view bytes, std::size_t from) {
  for (std::size_t at = bytes.find(kMark, from); at != std::string_view::npos;
       at = bytes.find(kMark, at + 1)) {
    if (sound_record(bytes.substr(at))) return at;
  }
  return bytes.size();
}

}  // namespace

std::string outbox_record(const SequencedReport& report) {
  v1::Report message;
  wire::to_wire(report.report, &message);
  message.set_sequence(report.sequence);
  const std::string payload = message.SerializeAsString();
  const std::string length = little_endian(static_cast<std::uint32_t>(payload.size()));
  return std::string(kMark) + length + little_endian(checksum(length, payload)) + payload;
}

OutboxContent read_outbox(std::string_view bytes) {
  OutboxContent content;
  std::size_t at = 0;
  while (at < bytes.size()) {
    const auto length = sound_record(bytes.substr(at));
    if (!length) {
      const std::size_t next = next_sound_record(bytes, at + 1);
      const bool torn = next == bytes.size() && is_torn(bytes.substr(at));
      content.only_torn = content.only_torn && torn;
      content.problems.push_back(std::string(torn ? "a torn last record" : "a damaged record") + " at byte " +
                                 std::to_string(at) + " (" + std::to_string(next - at) + " bytes)");
      at = next;
      continue;
    }
    const std::string_view record = bytes.substr(at, *length);
    auto report = decode(record.substr(kHeaderBytes));
    if (report.ok()) {
      content.reports.push_back(std::move(report).value());
      content.good += record;
    } else {
      content.only_torn = false;
      content.problems.push_back("a record at byte " + std::to_string(at) +
                                 " is refused: " + report.error().message);
    }
    at += *length;
  }
  return content;
}

}  // namespace spin::daemon
