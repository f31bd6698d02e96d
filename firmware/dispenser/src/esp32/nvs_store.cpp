#include "nvs_store.h"

#include <nvs_flash.h>

#include <cstring>

namespace yaguts {

namespace {

constexpr char kPartition[] = "journal";
constexpr char kNamespace[] = "j";

// A value of eight bytes is kept as a number: one entry of 32 bytes, where a blob takes three.
constexpr size_t kNumberBytes = sizeof(uint64_t);

}  // namespace

bool NvsStore::open() {
  esp_err_t result = nvs_flash_init_partition(kPartition);
  if (result == ESP_ERR_NVS_NO_FREE_PAGES || result == ESP_ERR_NVS_NEW_VERSION_FOUND) {
    result = nvs_flash_erase_partition(kPartition);
    if (result == ESP_OK) result = nvs_flash_init_partition(kPartition);
  }
  return result == ESP_OK && nvs_open_from_partition(kPartition, kNamespace, NVS_READWRITE, &handle_) == ESP_OK;
}

uint32_t NvsStore::free_entries() const {
  nvs_stats_t stats;
  return nvs_get_stats(kPartition, &stats) == ESP_OK ? stats.free_entries : 0;
}

bool NvsStore::erase() { return nvs_erase_all(handle_) == ESP_OK && nvs_commit(handle_) == ESP_OK; }

int NvsStore::get(const char* key, void* out, size_t cap) {
  uint64_t number = 0;
  esp_err_t result = nvs_get_u64(handle_, key, &number);
  if (result == ESP_OK) {
    if (cap < kNumberBytes) return kBroken;
    memcpy(out, &number, kNumberBytes);
    return kNumberBytes;
  }
  size_t len = 0;
  result = nvs_get_blob(handle_, key, nullptr, &len);
  if (result == ESP_ERR_NVS_NOT_FOUND) return kAbsent;
  if (result != ESP_OK || len > cap || len > kMaxValueBytes) return kBroken;
  return nvs_get_blob(handle_, key, out, &len) == ESP_OK ? static_cast<int>(len) : kBroken;
}

bool NvsStore::put(const char* key, const void* data, size_t len) {
  if (len > kMaxValueBytes) return false;
  // A key keeps its type in NVS. Of the journal's values only `ep` could change between eight bytes and
  // another length; without it the ring is sent once more, no worse.
  size_t old_blob = 0;
  uint64_t old_number = 0;
  const bool is_blob = nvs_get_blob(handle_, key, nullptr, &old_blob) == ESP_OK;
  const bool is_number = nvs_get_u64(handle_, key, &old_number) == ESP_OK;
  if (len == kNumberBytes ? is_blob : is_number) nvs_erase_key(handle_, key);
  esp_err_t result;
  if (len == kNumberBytes) {
    uint64_t number;
    memcpy(&number, data, sizeof number);
    result = nvs_set_u64(handle_, key, number);
  } else {
    result = nvs_set_blob(handle_, key, data, len);
  }
  return result == ESP_OK && nvs_commit(handle_) == ESP_OK;
}

bool NvsStore::del(const char* key) {
  const esp_err_t result = nvs_erase_key(handle_, key);
  return result == ESP_ERR_NVS_NOT_FOUND || (result == ESP_OK && nvs_commit(handle_) == ESP_OK);
}

}  // namespace yaguts
