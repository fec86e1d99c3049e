// Judges an output: check INPUT ANSWER FEEDBACK/ < OUTPUT. Ends with 42 to accept and with 43 to reject.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>
#include <string>

static std::string folder;

static void reject(const std::string &why) {
    std::ofstream(folder + "/judgemessage.txt") << why << '\n';
    std::exit(43);
}

// A word of the output as a number; nothing else may be in it.
static long long number(const std::string &word) {
    std::size_t digits = word[0] == '-' ? 1 : 0;
    bool fits = word.size() > digits && word.size() <= 8;
    for (std::size_t i = digits; fits && i < word.size(); i++) fits = word[i] >= '0' && word[i] <= '9';
    long long value = fits ? std::atoll(word.c_str()) : 0;
    if (!fits || value < -1000000 || value > 1000000) reject("`" + word.substr(0, 20) + "` is no integer from -1000000 to 1000000");
    return value;
}

int main(int argc, char **argv) {
    if (argc < 4) return 1;
    folder = argv[3];
    long long n, sum = 0;
    if (!(std::ifstream(argv[1]) >> n)) return 1;
    std::set<long long> values;
    std::string word;
    while (std::cin >> word) {
        long long value = number(word);
        if (!values.insert(value).second) reject(word + " is there twice");
        sum += value;
    }
    if (static_cast<long long>(values.size()) != n) reject(std::to_string(values.size()) + " numbers and not " + std::to_string(n));
    if (sum != 0) reject("the sum is " + std::to_string(sum));
    return 42;
}
