/* Depth first, with a stack of its own; the order comes out backwards. */
#include <stdio.h>
#include <stdlib.h>

static int first[100001], state[100001], stack[100001], order[100001];
static int next_rule[200001], target[200001];

int main(void) {
    int n, m, done = 0;
    scanf("%d %d", &n, &m);
    for (int i = 1; i <= m; i++) {
        int a;
        scanf("%d %d", &a, &target[i]);
        next_rule[i] = first[a];
        first[a] = i;
    }
    for (int root = 1; root <= n; root++) {
        int depth = 0;
        if (state[root]) continue;
        state[root] = 1;
        stack[depth++] = root;
        while (depth) {
            int part = stack[depth - 1], rule = first[part];
            if (!rule) {
                state[part] = 2;
                order[done++] = part;
                depth--;
                continue;
            }
            first[part] = next_rule[rule];
            if (state[target[rule]] == 1) {
                puts("impossible");
                return 0;
            }
            if (!state[target[rule]]) {
                state[target[rule]] = 1;
                stack[depth++] = target[rule];
            }
        }
    }
    while (done) printf("%d ", order[--done]);
    puts("");
}
