// A segment tree from the bottom up.
import java.io.DataInputStream;
import java.io.IOException;

public class Main {
    static final DataInputStream in = new DataInputStream(System.in);
    static final byte[] buffer = new byte[1 << 16];
    static int at = 0, filled = 0;

    static int read() throws IOException {
        if (at == filled) {
            filled = in.read(buffer, 0, buffer.length);
            at = 0;
            if (filled <= 0) return -1;
        }
        return buffer[at++];
    }

    static int symbol() throws IOException {
        int c = read();
        while (c == ' ' || c == '\n' || c == '\r') c = read();
        return c;
    }

    static int number() throws IOException {
        int c = symbol(), value = 0;
        boolean negative = c == '-';
        if (negative) c = read();
        for (; c >= '0' && c <= '9'; c = read()) value = 10 * value + c - '0';
        return negative ? -value : value;
    }

    public static void main(String[] args) throws IOException {
        int n = number(), q = number();
        long[] tree = new long[2 * n];
        for (int i = 0; i < n; i++) tree[n + i] = number();
        for (int i = n - 1; i > 0; i--) tree[i] = tree[2 * i] + tree[2 * i + 1];
        StringBuilder out = new StringBuilder();
        while (q-- > 0) {
            boolean change = symbol() == '+';
            int a = number(), b = number();
            if (change) {
                for (int i = n + a - 1; i > 0; i /= 2) tree[i] += b;
            } else {
                long sum = 0;
                for (int l = n + a - 1, r = n + b; l < r; l /= 2, r /= 2) {
                    if (l % 2 == 1) sum += tree[l++];
                    if (r % 2 == 1) sum += tree[--r];
                }
                out.append(sum).append('\n');
            }
        }
        System.out.print(out);
    }
}
