//! The programs that are measured.

/// Adds two numbers.
pub const SUM_CPP: &str = "#include <iostream>\n\
    int main() { int a, b; std::cin >> a >> b; std::cout << a + b << '\\n'; }\n";

/// Adds two numbers.
pub const SUM_PYTHON: &str = "print(sum(map(int, input().split())))\n";

/// What they are given.
pub const SUM_INPUT: &str = "1 2\n";

/// What they answer.
pub const SUM_ANSWER: &str = "3\n";

/// Works through as many rounds as its input says; each is a multiplication that waits for the last.
pub const SPIN: &str = "#include <cstdio>\n\
    int main() { unsigned long n, x = 1; if (scanf(\"%lu\", &n) != 1) return 1;\n\
    for (unsigned long i = 0; i < n; i++) x = x * 6364136223846793005UL + 1442695040888963407UL;\n\
    printf(\"%lu\\n\", x); }\n";
