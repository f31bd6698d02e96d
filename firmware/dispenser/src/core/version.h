// The one place that names the firmware's version.
#pragma once

namespace yaguts {
constexpr char kFirmwareVersion[] = "1.0.0";
constexpr unsigned kSchemaVersion = 1;
}  // namespace yaguts
