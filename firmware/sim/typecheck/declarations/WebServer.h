#pragma once
#include <WiFi.h>
#include <functional>

enum HTTPMethod { HTTP_GET = 1, HTTP_POST = 3 };
class WebServer {
 public:
  explicit WebServer(int port = 80);
  void begin();
  void stop();
  void handleClient();
  void on(const char* path, HTTPMethod method, std::function<void()> handler);
  void onNotFound(std::function<void()> handler);
  String arg(const String& name);
  void sendHeader(const String& name, const String& value, bool first = false);
  void send(int code, const char* type, const String& content);
};
