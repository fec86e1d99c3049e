// Wrong: guesses 1, 2, 3, … and runs out of guesses.
#include <iostream>
#include <string>
using namespace std;

int main() {
    long long n;
    cin >> n;
    string reply;
    for (long long guess = 1; guess <= n && reply != "correct"; guess++) {
        cout << guess << endl;
        cin >> reply;
    }
}
