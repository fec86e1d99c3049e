// Templates without end: the compiler's own bound on depth stops them.
template <int n> struct Deeper { static const int value = Deeper<n + 1>::value; };

int main() { return Deeper<0>::value; }
