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

/// Adds two numbers, and includes everything.
pub const SUM_ALL_HEADERS: &str = "#include <bits/stdc++.h>\n\
    using namespace std;\n\
    int main() { int a, b; cin >> a >> b; cout << a + b << '\\n'; }\n";

/// Prints 100 MB.
pub const FLOOD: &str = "#include <cstdio>\n\
    int main() { for (int i = 0; i < 5000000; i++) puts(\"0123456789 01234567\"); }\n";

/// Compares two numbers: `checker input output answer`.
pub const CHECKER: &str = "#include <fstream>\n\
    int main(int, char **words) { std::ifstream out(words[2]), answer(words[3]);\n\
    int a, b; return out >> a && answer >> b && a == b ? 0 : 1; }\n";

/// Says whether guesses are below or above the number in a file: `interactor input output answer`.
pub const INTERACTOR: &str = "#include <fstream>\n#include <iostream>\n\
    int main(int, char **words) { std::ifstream in(words[1]); std::ofstream log(words[2]);\n\
    int secret, guess; in >> secret;\n\
    while (std::cin >> guess && guess != secret) std::cout << (guess < secret ? '>' : '<') << std::endl;\n\
    if (guess != secret) return 1; std::cout << '=' << std::endl; log << \"found\\n\"; }\n";

/// Guesses a number from 1 to 1000.
pub const GUESS: &str = "#include <iostream>\n\
    int main() { int low = 1, high = 1000; char said = 0;\n\
    while (said != '=') { int middle = (low + high) / 2; std::cout << middle << std::endl;\n\
    if (!(std::cin >> said)) return 1;\n\
    if (said == '<') high = middle - 1; else low = middle + 1; } }\n";

/// A number that takes ten guesses.
pub const SECRET: &str = "1000\n";

/// Adds up the bytes of its input.
pub const SUM_OF_BYTES: &str = "#include <cstdio>\n\
    int main() { static unsigned char bytes[1 << 16]; unsigned long sum = 0; size_t count;\n\
    while ((count = fread(bytes, 1, sizeof bytes, stdin)) > 0)\n\
    for (size_t at = 0; at < count; at++) sum += bytes[at];\n\
    printf(\"%lu\\n\", sum); }\n";
