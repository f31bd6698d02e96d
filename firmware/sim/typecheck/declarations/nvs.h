#pragma once
#include <stddef.h>
#include <stdint.h>
#include "esp_err.h"

using nvs_handle_t = uint32_t;
enum nvs_open_mode_t { NVS_READONLY, NVS_READWRITE };
struct nvs_stats_t {
  size_t used_entries;
  size_t free_entries;
  size_t total_entries;
  size_t namespace_count;
};
#define ESP_ERR_NVS_NOT_FOUND 0x1102
#define ESP_ERR_NVS_NO_FREE_PAGES 0x110d
#define ESP_ERR_NVS_NEW_VERSION_FOUND 0x1110
esp_err_t nvs_open_from_partition(const char* partition, const char* name, nvs_open_mode_t mode, nvs_handle_t* out);
esp_err_t nvs_get_u64(nvs_handle_t handle, const char* key, uint64_t* out);
esp_err_t nvs_set_u64(nvs_handle_t handle, const char* key, uint64_t value);
esp_err_t nvs_get_blob(nvs_handle_t handle, const char* key, void* out, size_t* length);
esp_err_t nvs_set_blob(nvs_handle_t handle, const char* key, const void* value, size_t length);
esp_err_t nvs_erase_key(nvs_handle_t handle, const char* key);
esp_err_t nvs_erase_all(nvs_handle_t handle);
esp_err_t nvs_commit(nvs_handle_t handle);
esp_err_t nvs_get_stats(const char* partition, nvs_stats_t* out);
