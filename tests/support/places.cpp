#include "tests/support/places.h"

namespace spin {

std::string program(const std::string& name) { return SPIN_BIN_DIR "/" + name; }
std::string fake_trainer() { return SPIN_FAKE_TRAINER; }
std::string source_file(const std::string& path) { return SPIN_SOURCE_DIR "/" + path; }

}  // namespace spin
