import java.io.InputStreamReader;
import java.io.StreamTokenizer;

public class Main {
    static long[] days;

    public static void main(String[] args) throws Exception {
        StreamTokenizer in = new StreamTokenizer(new InputStreamReader(System.in));
        in.nextToken();
        days = new long[(int) in.nval];
        for (int i = 0; i < days.length; i++) {
            in.nextToken();
            days[i] = (long) in.nval;
        }
        System.out.println(best(0, days.length));
    }

    /** In the left half, in the right half, or over the middle. */
    static long best(int from, int to) {
        if (to - from == 1) return days[from];
        int middle = (from + to) / 2;
        long left = Long.MIN_VALUE, right = Long.MIN_VALUE, sum = 0;
        for (int i = middle - 1; i >= from; i--) left = Math.max(left, sum += days[i]);
        sum = 0;
        for (int i = middle; i < to; i++) right = Math.max(right, sum += days[i]);
        return Math.max(left + right, Math.max(best(from, middle), best(middle, to)));
    }
}
