// Gigabytes of diagnostics: the file includes itself twice, 26 levels deep.
#define TEN(text) text text text text text text text text text text
#pragma message(TEN(TEN(TEN("0123456789"))))
#if __INCLUDE_LEVEL__ < 26
#include __FILE__
#include __FILE__
#endif
