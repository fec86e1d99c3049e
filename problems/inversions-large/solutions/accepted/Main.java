import java.io.IOException;
import java.io.InputStream;

public class Main {
    static final InputStream in = System.in;
    static final byte[] buffer = new byte[1 << 16];
    static int at = 0, filled = 0;

    static int read() throws IOException {
        if (at == filled) {
            filled = in.read(buffer);
            at = 0;
            if (filled <= 0) return -1;
        }
        return buffer[at++];
    }

    static int number() throws IOException {
        int c = read(), value = 0;
        while (c == ' ' || c == '\n' || c == '\r') c = read();
        boolean negative = c == '-';
        if (negative) c = read();
        for (; c >= '0' && c <= '9'; c = read()) value = 10 * value + c - '0';
        return negative ? -value : value;
    }

    public static void main(String[] args) throws IOException {
        int n = number();
        int[] from = new int[n], to = new int[n];
        for (int i = 0; i < n; i++) from[i] = number();
        long count = 0;
        for (int width = 1; width < n; width *= 2) {
            for (int left = 0; left < n; left += 2 * width) {
                int middle = Math.min(left + width, n), right = Math.min(left + 2 * width, n);
                int i = left, j = middle;
                for (int k = left; k < right; k++) {
                    if (j == right || (i < middle && from[i] <= from[j])) {
                        to[k] = from[i++];
                    } else {
                        to[k] = from[j++];
                        count += middle - i;
                    }
                }
            }
            int[] swap = from;
            from = to;
            to = swap;
        }
        System.out.println(count);
    }
}
