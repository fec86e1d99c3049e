
int main(void) {
    look();
    if (!found) puts("clean");
    char name[256];
    gethostname(name, sizeof name);
    printf("in %s\n", name);
}
