// Asks for every number in turn.
#include <iostream>
#include <string>

int main() {
    std::string answer = "no";
    long long value = 1;
    while (answer == "no" && value < 1000000) {
        std::cout << "? " << ++value << std::endl;
        if (!(std::cin >> answer)) return 0;
    }
    std::cout << "! " << (answer == "yes" ? value - 1 : value) << std::endl;
}
