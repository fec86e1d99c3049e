import java.util.Scanner;

public class Main {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        StringBuilder out = new StringBuilder();
        for (int t = in.nextInt(); t > 0; t--) out.append(split(in.nextInt())).append('\n');
        System.out.print(out);
    }

    static String split(int n) {
        for (int a = (int) Math.sqrt(n); a >= 0; a--)
            for (int b = 0; b <= a && a * a + b * b <= n; b++)
                for (int c = 0; c <= b && a * a + b * b + c * c <= n; c++) {
                    int rest = n - a * a - b * b - c * c, d = (int) Math.round(Math.sqrt(rest));
                    if (d * d == rest) return c + " " + d + " " + a + " " + b;
                }
        throw new IllegalStateException("Lagrange was wrong");
    }
}
