// Makes room for 1000 points.
import java.util.Scanner;

public class Main {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        int n = in.nextInt();
        long[] x = new long[1000], y = new long[1000];
        double best = Double.MAX_VALUE;
        for (int i = 0; i < n; i++) {
            x[i] = in.nextLong();
            y[i] = in.nextLong();
            for (int j = 0; j < i; j++) best = Math.min(best, Math.hypot(x[i] - x[j], y[i] - y[j]));
        }
        System.out.println(best);
    }
}
