// Says whether an input is as the statement promises: 42 yes, 43 no.
#include <cstdio>
#include <cstdlib>
#include <string>

static void refuse(const std::string &why) {
    std::fprintf(stderr, "%s\n", why.c_str());
    std::exit(43);
}

// An integer without a sign too many, leading zeros or blanks.
static long long integer(const char *name, long long least, long long most) {
    std::string text;
    int c = std::getchar();
    while (c == '-' || (c >= '0' && c <= '9')) {
        text += static_cast<char>(c);
        if (text.size() > 18) refuse(std::string(name) + " is too long");
        c = std::getchar();
    }
    std::ungetc(c, stdin);
    long long value = text.empty() ? 0 : std::atoll(text.c_str());
    if (text != std::to_string(value)) refuse(std::string(name) + " is no integer: `" + text + "`");
    if (value < least || value > most) refuse(std::string(name) + " is out of range: " + text);
    return value;
}

static void expect(int c, const char *what) {
    if (std::getchar() != c) refuse(std::string(what) + " is missing");
}

int main() {
    integer("n", 2, 100000);
    expect('\n', "the end of the line");
    expect(EOF, "the end of the file");
    return 42;
}
