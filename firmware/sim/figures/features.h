// Stands in for glibc's features.h when a bare-metal compiler borrows the host's
// C++ headers, which ask it one question.
#pragma once
#define __GLIBC_PREREQ(major, minor) 0
