#pragma once

#include <string>

// Where the build put its programs and where the sources lie. They are asked for here, not defined for each
// file, so that a compiler cache serves one clone's objects to another.

namespace spin {

/// The program `name` of this build.
std::string program(const std::string& name);
/// Speaks the protocol of spin-train, and does what a test tells it to.
std::string fake_trainer();
/// The file at `path` below the root of the sources.
std::string source_file(const std::string& path);

}  // namespace spin
