// A loop without end that the compiler is to run.
constexpr unsigned long forever() {
    unsigned long sum = 0;
    for (unsigned long i = 0;; i++) sum += i * i;
    return sum;
}

int main() { constexpr auto value = forever(); return value; }
