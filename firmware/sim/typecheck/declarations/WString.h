#pragma once
#include <stddef.h>

class String {
 public:
  String(const char* text = "");
  String(const String& other);
  ~String();
  String& operator=(const String& other);
  String& operator+=(const char* text);
  String& operator+=(const String& text);
  unsigned int length() const;
  const char* c_str() const;
  bool reserve(unsigned int size);
};
String operator+(const String& left, const String& right);
String operator+(const char* left, const String& right);
String operator+(const String& left, const char* right);
