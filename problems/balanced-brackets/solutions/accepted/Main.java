import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;

public class Main {
    static boolean balanced(String line) {
        char[] expected = new char[line.length()];
        int depth = 0;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            switch (c) {
                case '(' -> expected[depth++] = ')';
                case '[' -> expected[depth++] = ']';
                case '{' -> expected[depth++] = '}';
                default -> {
                    if (depth == 0 || expected[--depth] != c) return false;
                }
            }
        }
        return depth == 0;
    }

    public static void main(String[] args) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        int k = Integer.parseInt(in.readLine().trim());
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < k; i++) out.append(balanced(in.readLine().trim()) ? "yes\n" : "no\n");
        System.out.print(out);
    }
}
