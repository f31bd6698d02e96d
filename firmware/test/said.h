// One message of every device row as the core really says it, for the test in shared/ that holds each of them
// against its schema: so the firmware's words and the api's ears cannot drift apart.
#pragma once

#include <string>

namespace test {

// Lines of topic, QoS, retain (0 or 1) and payload, separated by tabs.
std::string everything_said();

}  // namespace test
