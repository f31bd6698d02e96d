#pragma once
#include "FreeRTOS.h"

struct tskTaskControlBlock;
using TaskHandle_t = tskTaskControlBlock*;
using TaskFunction_t = void (*)(void*);
BaseType_t xTaskCreatePinnedToCore(TaskFunction_t task, const char* name, uint32_t stack_bytes, void* argument,
                                   UBaseType_t priority, TaskHandle_t* handle, BaseType_t core);
void vTaskDelay(TickType_t ticks);
void vTaskDelete(TaskHandle_t task);
