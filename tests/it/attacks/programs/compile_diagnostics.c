// Gigabytes of diagnostics: the file includes itself twice, 26 levels deep.
#warning "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
#if __INCLUDE_LEVEL__ < 26
#include __FILE__
#include __FILE__
#endif
