// Answers questions about a number: talk INPUT ANSWER FEEDBACK/. Ends with 42 when it was found, else with 43.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

static std::string folder;

static void end(int code, const std::string &why) {
    std::ofstream(folder + "/judgemessage.txt") << why << '\n';
    std::exit(code);
}

// The number in what the submission said, which is one question or one answer.
static long long number(const std::string &text) {
    if (text.empty() || text.size() > 7) end(43, "`" + text.substr(0, 20) + "` is no number from 1 to 1000000");
    for (char c : text) {
        if (c < '0' || c > '9') end(43, "`" + text + "` is no number from 1 to 1000000");
    }
    long long value = std::stoll(text);
    if (value < 1 || value > 1000000) end(43, text + " is not from 1 to 1000000");
    return value;
}

int main(int argc, char **argv) {
    if (argc < 4) return 1;
    folder = argv[3];
    long long secret;
    if (!(std::ifstream(argv[1]) >> secret)) return 1;
    std::string verb, text;
    for (int asked = 0; std::cin >> verb >> text; asked++) {
        long long value = number(text);
        if (verb == "!") {
            if (value != secret) end(43, "it said " + text + ", and it was " + std::to_string(secret));
            if (std::cin >> text) end(43, "it went on after it had said the number");
            end(42, "found with " + std::to_string(asked) + " questions");
        }
        if (verb != "?") end(43, "`" + verb.substr(0, 20) + "` is neither ? nor !");
        if (asked == 20) end(43, "it asked more than 20 questions");
        std::cout << (secret < value ? "yes" : "no") << std::endl;
    }
    end(43, "it ended and did not say the number");
}
