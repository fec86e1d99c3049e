// Crashes: finds the number and ends with an exit code that says that it failed.
#include <iostream>
#include <string>
using namespace std;

int main() {
    long long low = 1, high;
    cin >> high;
    string reply;
    while (reply != "correct") {
        long long guess = (low + high) / 2;
        cout << guess << endl;
        if (!(cin >> reply)) return 1;
        if (reply == "higher") low = guess + 1;
        if (reply == "lower") high = guess - 1;
    }
    return 3;
}
