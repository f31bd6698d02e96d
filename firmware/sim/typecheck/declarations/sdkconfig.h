#pragma once
// The chip is chosen on the command line: -DTYPECHECK_ESP32, …C3 or …S3.
#if defined(TYPECHECK_ESP32C3)
#define CONFIG_IDF_TARGET_ESP32C3 1
#define CONFIG_IDF_TARGET "esp32c3"
#define ARDUINO_USB_CDC_ON_BOOT 1  // as the profile asks
#elif defined(TYPECHECK_ESP32S3)
#define CONFIG_IDF_TARGET_ESP32S3 1
#define CONFIG_IDF_TARGET "esp32s3"
#else
#define CONFIG_IDF_TARGET_ESP32 1
#define CONFIG_IDF_TARGET "esp32"
#endif
