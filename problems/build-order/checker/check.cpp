// A checker in testlib's convention without testlib: check INPUT OUTPUT ANSWER.
// Exit code 0 accepts, 1 rejects, 2 says that the form is wrong, 3 that the judge itself is.
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

enum Outcome { OK = 0, WRONG = 1, FORM = 2, FAIL = 3 };

[[noreturn]] static void quit(Outcome outcome, const std::string &message) {
    const char *words[] = {"ok", "wrong answer", "wrong output format", "FAIL"};
    std::fprintf(stderr, "%s %s\n", words[outcome], message.c_str());
    std::exit(outcome);
}

// Words of a file, without ever holding more of it than one word of at most 20 characters.
class Reader {
    std::FILE *file;
    Outcome fault;  // What it means when this file is not as it should be.
    std::string name;

  public:
    Reader(const char *path, Outcome fault, const char *name)
        : file(std::fopen(path, "rb")), fault(fault), name(name) {
        if (!file) quit(FAIL, std::string("cannot read ") + path);
    }

    bool next(std::string &word) {
        int c;
        do c = std::getc(file);
        while (c != EOF && std::isspace(c));
        word.clear();
        for (; c != EOF && !std::isspace(c); c = std::getc(file)) {
            if (word.size() == 20) quit(fault, "the " + name + " has a word that is too long");
            word += static_cast<char>(c);
        }
        return !word.empty();
    }

    long long number(const std::string &word, long long low, long long high) {
        char *end = nullptr;
        long long value = std::strtoll(word.c_str(), &end, 10);
        if (word.empty() || *end || !(std::isdigit(static_cast<unsigned char>(word[0])) || word[0] == '-'))
            quit(fault, "`" + word + "` in the " + name + " is no whole number");
        if (value < low || value > high)
            quit(fault == FORM ? WRONG : fault, "there is no part " + word);
        return value;
    }

    long long number(long long low, long long high, const char *what) {
        std::string word;
        if (!next(word)) quit(fault, "the " + name + " ends before " + what);
        return number(word, low, high);
    }
};

int main(int argc, char **argv) {
    if (argc < 4) quit(FAIL, "usage: check INPUT OUTPUT ANSWER");
    Reader input(argv[1], FAIL, "input"), output(argv[2], FORM, "output"), answer(argv[3], FAIL, "answer");
    const long long n = input.number(1, 100000, "n"), m = input.number(0, 200000, "m");

    std::string jury, first;
    if (!answer.next(jury)) quit(FAIL, "the answer is empty");
    if (!output.next(first)) quit(FORM, "the output is empty");
    if (first == "impossible") {
        std::string more;
        if (output.next(more)) quit(FORM, "there is more after `impossible`");
        if (jury != "impossible") quit(WRONG, "it says `impossible`, but there is an order");
        quit(OK, "there is no order");
    }

    std::vector<long long> place(n + 1, 0);
    std::string word = first;
    for (long long i = 1; i <= n; i++) {
        const long long part = output.number(word, 1, n);
        if (place[part]) quit(WRONG, "part " + std::to_string(part) + " is built twice");
        place[part] = i;
        if (i < n && !output.next(word))
            quit(FORM, "only " + std::to_string(i) + " of " + std::to_string(n) + " parts");
    }
    if (output.next(word)) quit(FORM, "there is more after the last part");

    for (long long i = 0; i < m; i++) {
        const long long a = input.number(1, n, "a"), b = input.number(1, n, "b");
        if (place[a] >= place[b])
            quit(WRONG, "part " + std::to_string(a) + " must come before part " + std::to_string(b));
    }
    if (jury == "impossible") quit(FAIL, "it found an order where the jury has none");
    quit(OK, std::to_string(n) + " parts in a right order");
}
